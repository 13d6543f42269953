"""Ten exports of the same mail say the same, to the row, as a count that knows no export."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from ingest.files.formats.containers import members
from ingest.files.formats.reading import Reader, Rows
from tests.unit.conftest import Hve
from tests.unit.ingest.files.same_mail import FILES, made
from warehouse.connection import compute

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
COLUMNS = ["id", "recipient", "sender", "at", "status", "subject", "size"]
FEW, MANY = 400, 14_428
PRICE, CHARGED_FROM = Decimal("0.000042"), "2026-06-01"


@pytest.fixture(scope="module")
def few() -> pd.DataFrame:
    return made(FEW)


@pytest.mark.parametrize("name", FILES)
def test_every_row_is_read_as_it_is(name: str, few: pd.DataFrame, tmp_path: Path) -> None:
    file = tmp_path / name
    file.write_bytes(FILES[name](few))
    tables = []
    with compute(tmp_path / "spill", "500MB", 1) as connection:
        reader = Reader(connection, NOW)
        for member in members(file):
            for part in reader.read(member):
                assert isinstance(part, Rows)
                assert part.broken == []
                tables.append(part.table.to_pandas())
    read = pd.concat(tables).rename(
        columns={"trace_id": "id", "received_at": "at", "size_bytes": "size"}
    )
    assert read["reason"].isna().all()
    read["subject"] = read["subject"].fillna("")
    assert _sorted(read).equals(_sorted(few))


def _sorted(rows: pd.DataFrame) -> pd.DataFrame:
    plain = rows[COLUMNS].assign(at=rows["at"].map(lambda moment: moment.isoformat()))
    texts = plain.assign(subject=plain["subject"].str.replace("\r\n", "\n"))
    return texts.astype(str).sort_values(["id", "recipient"]).reset_index(drop=True)


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_counts_money_and_rows_of_a_whole_import(name: str, hve: Hve, tmp_path: Path) -> None:
    mail = made(MANY)
    (tmp_path / name).write_bytes(FILES[name](mail))
    at_now = ("--now", "2026-11-25T12:00:00Z", "--json")
    assert hve("import", name, *at_now).json["rows_new"] == MANY
    since = ("--since", "2025-11-01")
    usage = pd.DataFrame(hve("usage", "--by", "account,day", *since, *at_now).json["rows"])
    _same_counts(usage, mail)
    for month, rows in mail.groupby(mail["at"].dt.strftime("%Y-%m")):
        cost = hve("cost", "--month", month, *at_now).json["month_to_date"]
        delivered = int((rows["status"] == "Delivered").sum())
        charged = delivered if month >= CHARGED_FROM[:7] else 0
        assert cost["billable_recipients"] == delivered
        assert Decimal(cost["cost"]) == charged * PRICE
    traces = hve("trace", "--limit", str(2 * MANY), *since, *at_now).json["rows"]
    assert {(row["id"], row["recipient"]) for row in traces} == set(
        zip(mail["id"], mail["recipient"], strict=True)
    )
    assert len(traces) == MANY
    assert hve("verify", *at_now).code == 0


def _same_counts(usage: pd.DataFrame, mail: pd.DataFrame) -> None:
    """Per account, day and status."""
    groups = {"delivered": "Delivered", "failed": "Failed", "quarantined": "Quarantined",
              "filtered_as_spam": "FilteredAsSpam", "pending": "Pending",
              "expanded": "Expanded"}  # fmt: skip
    keys = [mail["sender"].rename("account"), mail["at"].dt.strftime("%Y-%m-%d").rename("day_utc")]
    counted = pd.DataFrame(
        {name: (mail["status"] == status).groupby(keys).sum() for name, status in groups.items()}
    )
    counted["messages"] = mail.groupby(keys)["id"].nunique()
    counted["recipients"] = (mail["status"] != "Expanded").groupby(keys).sum()
    found = usage.set_index(["account", "day_utc"])[list(counted)].sort_index().astype(int)
    assert found.loc[counted.sort_index().index].equals(counted.sort_index().astype(int))
    assert found.drop(counted.index).to_numpy().sum() == 0
