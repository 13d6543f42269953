"""FOCUS rows: every column, costs that follow from prices, and the official check."""

from __future__ import annotations

import csv
import shutil
import subprocess
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from hve_monitor.config import Config
from hve_monitor.document import encoded
from hve_monitor.errors import ConfigError
from models.cost.spend import spend
from publish.exports.exports import Export, export
from publish.exports.focus import COLUMNS, write_focus
from tests.places import SHARED
from tests.unit.formulas import FORMULAS, cells, running
from tests.unit.models.conftest import NOW

CHECK = SHARED / "tools/focus_check.sh"


def rows_of(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


def test_no_cell_runs(tmp_path: Path) -> None:
    rows = [dict.fromkeys(COLUMNS) | {"ResourceName": text} for text in FORMULAS]
    (file,) = write_focus(rows, tmp_path / "focus.csv")
    assert [cell for cell in cells(file.read_bytes()) if cell] == [f"'{text}" for text in FORMULAS]
    assert running(file.read_bytes()) == []


@pytest.fixture(params=[False, True], ids=["estimated", "invoiced"])
def folder(request: pytest.FixtureRequest, config: Config, tmp_path: Path) -> Path:
    export(config, NOW, "focus", Export(tmp_path, "2026-11", invoiced=request.param))
    return tmp_path


def test_a_folder_gets_both_files_with_the_same_rows(folder: Path) -> None:
    (text,), (binary,) = folder.glob("*.csv"), folder.glob("*.parquet")
    rows, table = rows_of(text), pq.read_table(binary)
    assert tuple(rows[0]) == tuple(table.column_names) == COLUMNS
    assert len(rows) == table.num_rows > 0
    assert sum(Decimal(row["BilledCost"]) for row in rows) == sum(
        row["BilledCost"] for row in table.to_pylist()
    )


def test_costs_are_unit_price_times_quantity(folder: Path) -> None:
    for row in rows_of(next(folder.glob("*.csv"))):
        for cost, price in (
            ("ListCost", "ListUnitPrice"),
            ("ContractedCost", "ContractedUnitPrice"),
        ):
            product = Decimal(row[price]) * Decimal(row["PricingQuantity"])
            assert abs(product - Decimal(row[cost])) < Decimal("1e-9")
        assert row["ProviderName"] == row["ServiceProviderName"] == "Microsoft"
        assert row["ChargePeriodStart"] < row["ChargePeriodEnd"]


def test_estimates_add_up_to_the_cost_report(config: Config, tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    export(config, NOW, "focus", Export(file, "2026-11"))
    rows = rows_of(file)
    assert sum(Decimal(row["BilledCost"]) for row in rows) == Decimal(
        encoded(spend(config, NOW))["month_to_date"]["cost"]
    )
    assert {row["InvoiceId"] for row in rows} == {""}
    tags = {row["ResourceId"]: row["Tags"] for row in rows}
    assert "Ada" in tags["hr@contoso.com"]
    assert tags["it@contoso.com"] == "{}"


def test_another_suffix_is_refused(config: Config, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"\.csv or \.parquet"):
        export(config, NOW, "focus", Export(tmp_path / "x.xlsx"))


@pytest.mark.slow
@pytest.mark.skipif(not CHECK.exists(), reason="the official FOCUS check is not beside this folder")
def test_the_official_check_passes(folder: Path) -> None:
    shell = shutil.which("bash")
    assert shell
    for file in folder.iterdir():
        done = subprocess.run(
            [shell, str(CHECK.resolve()), str(file)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
