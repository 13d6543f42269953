"""`hve trace` and `hve readiness` as an administrator types them."""

from __future__ import annotations

import csv
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec import structs

from cli.text.delivery import traces
from models.delivery.conditions import TraceFilter
from models.delivery.meaning import meaning
from models.delivery.search import DeliverySearch, SearchedWindow
from models.usage.coverage import CoverageReport
from tests.unit.conftest import CSV, Hve, Prepared
from tests.unit.formulas import FORMULAS, cells, running

NOW = ("--now", "2026-11-24T08:00:00Z")
CONFIG = """\
[[tenants]]
name = "contoso"
tenant_id = "t"
managed_identity = true
accounts = ["hr@contoso.com"]
"""


@pytest.fixture
def mail(hve: Hve, prepared: Prepared, monkeypatch: pytest.MonkeyPatch) -> Hve:
    """Two imported rows of one sender."""

    def fill() -> str:
        Path("traces.csv").write_text(CSV)
        assert hve("import", "traces.csv", *NOW).code == 0
        return ""

    prepared.enter("mail", monkeypatch, fill)
    return hve


def test_pages_and_their_ends(mail: Hve) -> None:
    first = mail("trace", "--limit", "1", "--json", *NOW).json
    assert (len(first["rows"]), first["truncated"], first["next_offset"]) == (1, True, 1)
    last = mail("trace", "--limit", "1", "--offset", "1", "--json", *NOW).json
    assert (last["truncated"], last["next_offset"]) == (False, None)
    assert first["rows"] != last["rows"]
    assert "--offset 1" in mail("trace", "--limit", "1", *NOW).out


def test_an_export_is_a_file_with_every_row(mail: Hve) -> None:
    document = mail("trace", "--out", "rows.csv", "--json", *NOW).json
    assert document["rows"] == 2
    assert len(Path("rows.csv").read_text(encoding="utf-8-sig").splitlines()) == 3
    assert "2 rows in rows.csv" in mail("trace", "--out", "rows.csv", *NOW).out


def test_an_export_runs_nothing_in_a_spreadsheet(hve: Hve, tmp_path: Path) -> None:
    with (tmp_path / "traces.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "sender", "recipient", "received_at", "status", "subject"])
        fixed = ("hr@contoso.com", "reader@fabrikam.com", "2026-11-23T07:00:00Z", "delivered")
        rows.writerows([f"t{place}", *fixed, text] for place, text in enumerate(FORMULAS))
    assert hve("import", "traces.csv", *NOW).code == 0
    assert hve("trace", "--out", "rows.csv", "--json", *NOW).json["rows"] == len(FORMULAS)
    document = (tmp_path / "rows.csv").read_bytes()
    assert running(document) == []
    assert {"'=1+1", "'＝1+1", "'\u00a0=1+1"} <= set(cells(document))


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("--limit", "0"), "--limit 0"),
        (("--offset", "-1"), "--offset -1"),
        (("--events", "--summary"), "--events and --summary"),
        (("--out", "gone/rows.csv"), "--out gone/rows.csv: cannot be written"),
        (("--summary", "--message-id", "x"), "--message-id"),
    ],
)
def test_what_does_not_fit_is_one_line(mail: Hve, arguments: tuple[str, ...], text: str) -> None:
    ended = mail("trace", *arguments, *NOW)
    assert ended.code == 2
    assert text in ended.err
    assert len(ended.err.splitlines()) == 1


def test_an_empty_answer_never_says_more_than_was_read(mail: Hve) -> None:
    said = mail("trace", "--recipient", "nobody@contoso.com", *NOW).out
    assert "nothing found" not in said
    assert "imported files" in said
    stranger = mail("trace", "--sender", "ceo@contoso.com", *NOW).out
    assert "imported files" in stranger
    assert "belongs to none" not in stranger
    gap = CoverageReport(complete=False, gaps=[], as_of=datetime(2026, 11, 24, 8, tzinfo=UTC))
    window = SearchedWindow(since=None, until=gap.as_of)
    document = DeliverySearch(
        rows=[], truncated=False, offset=0, next_offset=None, searched=window, coverage=gap,
        total=0, by_status={}, by_account={}, looked_for="", meaning=_nothing_of(gap),
    )  # fmt: skip
    assert "it may exist" in traces(document)
    read = structs.replace(gap, complete=True)
    document = structs.replace(document, coverage=read, meaning=_nothing_of(read))
    assert traces(document).startswith("nothing found")


def _nothing_of(coverage: CoverageReport) -> str:
    end = coverage.as_of
    return meaning(TraceFilter(), coverage, [], end, end, any_rows=False)


def test_events_of_a_tenant_of_files_cannot_be_asked_for(mail: Hve) -> None:
    document = mail("trace", "--events", "--json", *NOW).json
    states = {
        recipient["state"]
        for message in document["messages"]
        for recipient in message["recipients"]
    }
    assert (states, document["queued"]) == ({"no_source"}, 0)


def test_events_that_are_not_there_are_queued(mail: Hve) -> None:
    Path("hve.toml").write_text(CONFIG)
    assert mail("import", "traces.csv", *NOW).code == 0
    document = mail("trace", "--tenant", "contoso", "--events", "--json", *NOW).json
    assert document["queued"] == 2
    assert "2 recipients queued" in mail("trace", "--tenant", "contoso", "--events", *NOW).out
    with sqlite3.connect("data/local/state.db") as state:
        rows = state.execute("select tenant, trace_id from event_requests order by 2").fetchall()
    state.close()
    assert rows == [("contoso", "t1"), ("contoso", "t2")]


def test_figures_of_an_account(mail: Hve) -> None:
    (account,) = mail("trace", "--summary", "--sender", "HR@contoso.com", "--json", *NOW).json[
        "accounts"
    ]
    assert (account["delivery_rate"], account["failed"]) == (0.5, 1)
    assert "50.0 % of 2 recipients" in mail("trace", "--summary", *NOW).out
    assert mail("trace", "--summary", "--sender", "it@contoso.com", "--json", *NOW).json[
        "accounts"
    ] == []  # fmt: skip


def test_readiness_tells_findings_and_fails_for_a_failed_check(mail: Hve) -> None:
    document = mail("readiness", "--json", *NOW).json
    checks = {finding["check"]: finding["status"] for finding in document["findings"]}
    assert checks["security_defaults"] == "unknown"
    assert checks["endpoint"] == "pass"
    assert mail("readiness", *NOW).code == 0
    wrong = '[endpoints]\nsmtp = "smtp.office365.com:587"\n'
    Path("hve.toml").write_text(wrong)
    assert mail("build", *NOW).code == 0
    ended = mail("readiness", *NOW)
    assert ended.code == 3
    assert "535 5.7.57" in ended.out
    assert max(map(len, ended.out.splitlines())) <= 100
    whole = mail("readiness", "--wide", *NOW).out.splitlines()
    assert max(map(len, whole)) > 100
    assert len(whole) < len(ended.out.splitlines())
    history = mail("readiness", "--check", "endpoint", "--history", "--json", *NOW).json["history"]
    assert [day["status"] for day in history] == ["pass", "fail"]
    assert mail("readiness", "--check", "nothing", *NOW).code == 2
