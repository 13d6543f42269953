"""From Azure's answers over HTTPS to findings, payers, files and a closed month."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from actions.run import RunSummary, run_once
from hve_monitor.config import Config
from hve_monitor.document import encoded
from models.cost.spend import spend
from simulator.world.access import COSTS
from tests.contract.conftest import NOW, Site
from tests.forked import ended

pytestmark = pytest.mark.contract


def quiet(_what: str, _step: int, _steps: int) -> None:
    """No progress."""


def states(document: RunSummary) -> dict[str, str]:
    return {part.source: part.status for part in document.sources}


@pytest.mark.slow
@pytest.mark.parametrize("seed", [2, 4])
def test_a_run_names_what_this_tenant_drew(make_site: Callable[..., Site], seed: int) -> None:
    site = make_site(seed=seed, days=40)
    config, truth = site.config(), site.tenant.azure.truth()
    done = run_once(config, NOW, quiet)
    assert states(done.document)["azure_costs"] == "ok"
    found = encoded(spend(config, NOW))
    (month,) = found["reconciliation_months"]
    kinds = {finding["kind"]: finding["value"] for finding in month["findings"]}
    assert kinds["meter"] == {"Meter": truth["Meter"]}
    assert kinds.get("day_boundary", 0) == truth["day_starts_at_hours"]
    assert kinds["meter_unit"] == truth["unit_block"]
    price = Decimal("0.000042") * (1 - Decimal(truth["discount_ratio"]))
    assert Decimal(kinds.get("effective_price", "0.000042")) == price
    october = encoded(spend(config, NOW, month="2026-10"))["reconciliation_months"][0]["findings"]
    missing = [
        finding["value"]
        for finding in [*october, *month["findings"]]
        if finding["kind"] == "missing_day"
    ]
    assert missing == [truth["missing_day"]]
    assert "lag" in kinds
    assert_days(config, truth)


def assert_days(config: Config, truth: dict[str, Any]) -> None:
    """Every day of both months: matched, or what was drawn for it."""
    odd = {truth["missing_day"]: "unexplained"}
    odd |= {day["day_utc"]: "credit" for day in truth["days"] if Decimal(day["credit_usd"])}
    open_days = {day["day_utc"] for day in truth["days"] if not day["complete"]}
    shown = {day["day_utc"] for day in truth["days"]}
    for month in ("2026-10", "2026-11"):
        for row in encoded(spend(config, NOW, month=month))["reconciliation"]:
            day = row["day_utc"]
            if day in open_days or (day not in shown and day not in odd):
                assert row["status"] in ("late", "matched"), row
            else:
                assert row["status"] == odd.get(day, "matched"), row


@pytest.mark.slow
def test_amounts_without_a_quantity_are_reconciled_too(site: Site) -> None:
    config = site.config()
    site.tenant.azure.quantity_refused = True
    done = run_once(config, NOW, quiet)
    assert states(done.document)["azure_costs"] == "ok"
    (month,) = encoded(spend(config, NOW))["reconciliation_months"]
    kinds = {finding["kind"] for finding in month["findings"]}
    assert "meter" in kinds
    assert "meter_unit" not in kinds


@pytest.mark.slow
def test_a_missing_role_leaves_cost_without_reconciliation(site: Site) -> None:
    site.tenant.granted.discard(COSTS)
    config = site.config()
    run_once(config, NOW, quiet)
    found = encoded(spend(config, NOW))
    assert found["reconciliation"] == []
    assert found["invoice"] is None
    assert Decimal(found["month_to_date"]["cost"]) > 0


def hve(site: Site, *arguments: str) -> dict[str, Any]:
    """The JSON of a command as a user starts it."""
    code, out, errors = ended(*arguments, "--config", str(site.file), "--json")
    assert code == 0, errors
    document: dict[str, Any] = json.loads(out)
    return document


@pytest.mark.slow
def test_a_month_is_closed_and_exported_by_command(
    make_site: Callable[..., Site], tmp_path: Path
) -> None:
    site = make_site(days=40)
    run_once(site.config(), NOW, quiet)
    now = ("--now", "2026-11-24T08:00:00Z")
    closed = hve(site, "cost", "--close", "2026-10", *now)
    assert closed["month"] == "2026-10"
    assert closed["closed"][0]["tenant"] == "contoso"
    file = tmp_path / "focus.csv"
    done = hve(
        site, "export", "focus", "--out", str(file), "--month", "2026-10", "--invoiced", *now
    )
    with file.open(encoding="utf-8", newline="") as opened:
        rows = list(csv.DictReader(opened))
    assert done["rows"] == len(rows) > 0
    billed = sum(Decimal(row["BilledCost"]) for row in rows)
    assert billed == Decimal(closed["invoice"]["invoiced"])
