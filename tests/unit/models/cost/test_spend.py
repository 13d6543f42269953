"""The cost report with Azure's amounts, payers, corrections and closed months."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from hve_monitor.config import Budget, Config, CostCenter, MeteringRule, PriceOverride, Tenant
from hve_monitor.document import encoded
from hve_monitor.errors import ConfigError
from models.build import build
from models.cost.passed_thresholds import budgets_by_currency, note_budget_alerts
from models.cost.spend import close, past, planned_change, spend
from models.cost.whatif import PlannedChange
from models.reference.book import reference_of
from tests.unit.models.conftest import NOW, TENANT, KeptStores, Workbench, at, trace
from warehouse.records.costs import Cost, CostRange, record_costs
from warehouse.records.coverage import record_coverage
from warehouse.records.money import freeze_month
from warehouse.windows import Window

PRICE = Decimal("0.000042")
SCOPE = "/subscriptions/s1"
SENDERS = {"hr@contoso.com": 3, "it@contoso.com": 2, "old@contoso.com": 1}
DECEMBER = datetime(2026, 12, 6, 8, tzinfo=NOW.tzinfo)
DAYS = [date(2026, 11, 1) + timedelta(days=number) for number in range(23)]


def count(sender: str, day: date) -> int:
    """Delivered recipients of a sender on a day: no two days alike."""
    return SENDERS[sender] * (1 + day.day * 7 % 5)


def config_of(bench: Workbench, **more: Any) -> Config:
    usual = {"warehouse": {"path": bench.store.root}, "tenants": (TENANT,)}
    return Config(**usual | more)


def land(bench: Workbench) -> None:
    bench.land(
        *(
            trace(f"{sender}-{day}", f"r{i}@contoso.com", f"{day}T09:00:00", sender=sender)
            for day in DAYS
            for sender in SENDERS
            for i in range(count(sender, day))
        )
    )


def charge(bench: Workbench, extra: dict[date, Decimal] | None = None) -> None:
    """Azure charges nine tenths of the list price for every day, and something more."""
    costs = [
        Cost(
            SCOPE, day, "Exchange", "Mail", "Bulk", "Recipients", "rg", '{"ChargeType": "Usage"}',
            "USD", sum(count(sender, day) for sender in SENDERS) * PRICE * Decimal("0.9")
            + (extra or {}).get(day, Decimal(0)),
        )
        for day in DAYS
    ]  # fmt: skip
    read = CostRange(SCOPE, date(2026, 11, 1), date(2026, 12, 31))
    record_costs(bench.store, TENANT.name, costs, [read], lambda _: None, NOW)
    start = datetime(2026, 11, 1, tzinfo=NOW.tzinfo)
    record_coverage(bench.store.state, TENANT.name, "azure_costs", SCOPE, Window(start, DECEMBER))


def fill(bench: Workbench) -> Workbench:
    """Three senders of 23 November days, charged by Azure."""
    land(bench)
    charge(bench)
    bench.build()
    return bench


@pytest.fixture(scope="module")
def november(shared_bench: Workbench) -> Workbench:
    """For tests that only read."""
    return fill(shared_bench)


@pytest.fixture
def own_november(kept_stores: KeptStores) -> Iterator[Workbench]:
    """For tests that go on from there."""
    with kept_stores.open(fill) as bench:
        yield bench


def report(bench: Workbench, now: datetime = NOW, **more: Any) -> dict[str, Any]:
    month = more.pop("month", None)
    return encoded(spend(config_of(bench, **more), now, month=month))


HR = CostCenter(name="HR", owner="Ada", accounts=("HR@contoso.com",))
IT = CostCenter(name="IT", accounts=("it@contoso.com",))


def test_the_invoice_is_allocated_to_the_millionth_and_to_the_cent(november: Workbench) -> None:
    document = report(november, cost_centers=(HR, IT))["invoice"]
    total = Decimal(document["invoiced"])
    assert total == sum(count(s, d) for s in SENDERS for d in DAYS) * PRICE * Decimal("0.9")
    accounts = sum(Decimal(line["amount"]) for line in document["by_account"])
    assert accounts + Decimal(document["residual"]) == total
    booked = [Decimal(line["booked"]) for line in document["by_cost_center"]]
    assert sum(booked) == total.quantize(Decimal("0.01"))
    assert [line["kind"] for line in document["by_cost_center"]] == [
        "cost_center",
        "cost_center",
        "unallocated",
        "residual",
    ]
    hr, it = document["by_account"][0], document["by_account"][1]
    assert (hr["account"], hr["cost_center"]) == ("hr@contoso.com", "HR")
    assert abs(Decimal(hr["amount"]) / Decimal(it["amount"]) - Decimal("1.5")) < Decimal("0.01")


def test_what_nothing_explains_is_the_residual(bench: Workbench) -> None:
    land(bench)
    charge(bench, {date(2026, 11, 10): Decimal("0.5")})
    bench.build()
    document = report(bench)
    assert Decimal(document["invoice"]["residual"]) == Decimal("0.5")
    (odd,) = [row for row in document["reconciliation"] if row["status"] == "unexplained"]
    assert (odd["day_utc"], odd["residual"]) == ("2026-11-10", "0.5")
    (month,) = document["reconciliation_months"]
    assert (month["status"], month["residual"]) == ("unexplained", "0.5")


def test_a_past_month_is_judged_by_its_own_days(own_november: Workbench) -> None:
    config = config_of(own_november)
    january = datetime(2027, 1, 20, 8, tzinfo=NOW.tzinfo)
    start = datetime(2026, 11, 1, tzinfo=NOW.tzinfo)
    record_coverage(
        own_november.store.state, TENANT.name, "azure_costs", SCOPE, Window(start, january)
    )
    own_november.build(january)
    (month,) = encoded(spend(config, january, month="2026-11"))["reconciliation_months"]
    kinds = {finding["kind"] for finding in month["findings"]}
    assert month["status"] == "matched"
    assert kinds == {"meter", "effective_price"}


def test_reconciliation_rows_are_those_of_the_contract(november: Workbench) -> None:
    rows = report(november)["reconciliation"]
    assert {row["status"] for row in rows} == {"matched"}
    for row, day in zip(rows, DAYS, strict=True):
        estimated = sum(count(sender, day) for sender in SENDERS) * PRICE
        assert row["day_utc"] == str(day)
        assert Decimal(row["estimated"]) == estimated
        assert Decimal(row["difference"]) == Decimal(row["invoiced"]) - estimated


def test_payers_add_up_and_nobody_is_forgotten(november: Workbench) -> None:
    document = report(november, cost_centers=(HR, IT))
    rows = document["by_cost_center"]
    assert [row["cost_center"] for row in rows] == ["HR", "IT", None]
    assert [row["owner"] for row in rows] == ["Ada", None, None]
    assert rows[2]["accounts"] == ["old@contoso.com"]
    total = sum(Decimal(row["cost"]) for row in rows)
    assert total == Decimal(document["month_to_date"]["cost"])
    assert total == sum(Decimal(line["month_to_date"]) for line in document["by_account"])
    units = document["unit_economics"]
    assert units["messages"] == len(DAYS) * len(SENDERS)
    assert Decimal(units["cost_per_1000_recipients"]) == PRICE * 1000


def test_a_price_change_splits_the_month(own_november: Workbench) -> None:
    changed = (
        PriceOverride(effective_from=date(2026, 11, 10), unit_price=Decimal("0.00003")),
        PriceOverride(
            effective_from=date(2026, 11, 20),
            effective_until=date(2026, 11, 22),
            unit_price=Decimal(0),
        ),
    )
    config = config_of(own_november, prices=changed)
    build(own_november.store, [TENANT], NOW, lambda *_: None, reference=reference_of(config))
    document = encoded(spend(config, NOW))
    parts = [(part["from"], part["to"], part["unit_price"]) for part in document["price_parts"]]
    assert parts == [
        ("2026-11-01", "2026-11-09", "0.000042"),
        ("2026-11-10", "2026-11-19", "0.00003"),
        ("2026-11-20", "2026-11-21", "0"),
        ("2026-11-22", "2026-11-30", "0.00003"),
    ]
    total = sum(Decimal(part["cost"]) for part in document["price_parts"])
    assert total == Decimal(document["month_to_date"]["cost"])
    marts = own_november.query("select sum(cost) from marts.hve_cost_daily")
    assert marts == [(total,)]


def test_quarantined_recipients_count_when_the_rule_says_so(bench: Workbench) -> None:
    bench.land(
        trace("m1", "a@contoso.com", "2026-11-02T09:00:00"),
        trace("m1", "b@contoso.com", "2026-11-02T09:00:00", status="quarantined"),
        trace("m2", "b@contoso.com", "2026-11-12T09:00:00", status="quarantined"),
        trace("m2", "list@contoso.com", "2026-11-12T09:00:00", status="expanded"),
    )
    bench.build()
    assert report(bench)["month_to_date"]["billable_recipients"] == 1
    rule = MeteringRule(status="quarantined", effective_from=date(2026, 11, 10), is_billable=True)
    config = config_of(bench, metering_rules=(rule,))
    build(bench.store, [TENANT], NOW, lambda *_: None, reference=reference_of(config))
    document = encoded(spend(config, NOW))
    assert document["month_to_date"]["billable_recipients"] == 2
    assert document["metering"]["billable_statuses"] == ["delivered", "quarantined"]
    (correction,) = document["corrections"]
    assert (correction["reason"], correction["change"]) == ("metering rules changed", 1)
    build(bench.store, [TENANT], NOW, lambda *_: None)
    assert report(bench)["month_to_date"]["billable_recipients"] == 1


def test_a_day_that_gets_its_statuses_later_was_unknown_and_not_0(bench: Workbench) -> None:
    day = "2026-11-22T09:00:00"
    bench.land(trace("m1", "a@contoso.com", day, status=None), now=at("2026-11-22T10:00:00"))
    bench.build(at("2026-11-22T10:00:00"))
    bench.land(trace("m1", "a@contoso.com", day), now=NOW)
    bench.build()
    bench.build(full=True)
    (correction,) = report(bench)["corrections"]
    names = ("billable_before", "billable_after", "change", "cost_change")
    assert [correction[name] for name in names] == [None, 1, None, None]
    assert correction["statuses"]["delivered"] is None


def test_a_late_status_corrects_its_day_and_says_so(bench: Workbench) -> None:
    day = "2026-11-22T09:00:00"
    bench.land(
        trace("m1", "a@contoso.com", day),
        trace("m1", "b@contoso.com", day, status="pending"),
        now=at("2026-11-22T10:00:00"),
    )
    bench.build(at("2026-11-22T10:00:00"))
    bench.land(trace("m1", "b@contoso.com", day), now=NOW)
    bench.build()
    document = report(bench)
    assert document["month_to_date"]["billable_recipients"] == 2
    (correction,) = document["corrections"]
    assert correction == {
        "tenant": "contoso",
        "account": "hr@contoso.com",
        "day_utc": "2026-11-22",
        "corrected_at": "2026-11-24T08:00:00Z",
        "billable_before": 1,
        "billable_after": 2,
        "change": 1,
        "cost_change": "0.000042",
        "statuses": {"delivered": 1, "pending": -1},
        "reason": "statuses or rows changed",
    }
    assert encoded(spend(config_of(bench), at("2026-11-23T08:00:00")))["corrections"] == []
    bench.build(full=True)
    assert len(report(bench)["corrections"]) == 1


def test_a_closed_month_stays_and_later_changes_are_restatements(
    own_november: Workbench,
) -> None:
    config = config_of(own_november)
    with pytest.raises(ConfigError, match="is not over"):
        encoded(close(config, NOW, None, "2026-11"))
    document = encoded(close(config, DECEMBER, None, "2026-11"))
    assert document["closed"][0]["closed_at"] == "2026-12-06T08:00:00Z"
    assert document["restatements"] == []
    with pytest.raises(ConfigError, match="closed since 2026-12-06"):
        encoded(close(config, DECEMBER, None, "2026-11"))
    own_november.land(
        trace("late", "x@contoso.com", "2026-11-23T20:00:00", sender="it@contoso.com"),
        now=DECEMBER,
    )
    own_november.build(DECEMBER)
    later = encoded(spend(config, DECEMBER, month="2026-11"))
    changes = {
        (line["what"], line["account"]): line["difference"] for line in later["restatements"]
    }
    assert changes == {("account", "it@contoso.com"): "0.000042", ("estimate", None): "0.000042"}
    assert encoded(spend(config, DECEMBER, month="2026-12"))["closed"] is None


def test_a_month_that_an_earlier_release_closed_is_read(own_november: Workbench) -> None:
    frozen = {
        "month": "2026-11",
        "currency": "USD",
        "month_to_date": {"billable_recipients": 1, "cost": "0.000042"},
        "by_cost_center": [],
        "invoice": {"currency": "USD", "invoiced": "0.5", "by_account": [], "residual": "0"},
        "reconciliation_months": [],
        "by_account": [
            {"account": "gone@contoso.com", "billable_recipients": 1, "month_to_date": "0.000042"},
            {"account": "free@contoso.com", "billable_recipients": 0, "month_to_date": None},
        ],
        "open_days": ["2026-11-30"],
    }
    freeze_month(own_november.store.state, TENANT.name, "2026-11", DECEMBER, frozen)
    document = encoded(spend(config_of(own_november), DECEMBER, month="2026-11"))
    assert document["closed"] == [
        {"tenant": "contoso", "closed_at": "2026-12-06T08:00:00Z", "open_days": ["2026-11-30"]}
    ]
    changes = {(line["what"], line["account"]): line for line in document["restatements"]}
    assert changes["account", "gone@contoso.com"] == {
        "what": "account",
        "account": "gone@contoso.com",
        "closed": "0.000042",
        "now": None,
        "difference": "-0.000042",
    }
    assert ("account", "free@contoso.com") not in changes
    assert changes["invoice", None]["closed"] == "0.5"


def test_a_month_of_which_nothing_is_known_cannot_be_closed(november: Workbench) -> None:
    with pytest.raises(ConfigError, match="nothing is known"):
        encoded(close(config_of(november), DECEMBER, None, "2026-09"))


def test_a_threshold_is_told_once_for_its_period(own_november: Workbench) -> None:
    budget = Budget(name="hr", cost_center="HR", amount=Decimal("0.003"), thresholds=(0.5, 1.0, 9))
    config = config_of(own_november, budgets=(budget,), cost_centers=(HR,))
    first = encoded(note_budget_alerts(own_november.store.state, config, NOW))
    assert [(alert["threshold"], alert["period_start"]) for alert in first] == [
        (0.5, "2026-11-01"),
        (1.0, "2026-11-01"),
    ]
    assert first[0]["passed_on"] < first[1]["passed_on"]
    assert encoded(note_budget_alerts(own_november.store.state, config, NOW)) == []
    lines = encoded(spend(config, NOW))["budgets"][0]["thresholds"]
    assert [line["passed_on"] for line in lines][:2] == [alert["passed_on"] for alert in first]


def test_a_budget_over_several_currencies_is_a_mistake() -> None:
    tenants = (TENANT, Tenant(name="fabrikam", accounts="files", currency="EUR"))
    budgets = (
        Budget(name="all", amount=Decimal(1)),
        Budget(name="good", tenant="fabrikam", amount=Decimal(1)),
    )
    with pytest.raises(ConfigError) as error:
        budgets_by_currency(Config(tenants=tenants, budgets=budgets))
    assert [line.split(": ")[1] for line in str(error.value).splitlines()] == ["all"]
    good = Config(tenants=tenants, budgets=budgets[1:])
    assert list(budgets_by_currency(good)) == ["EUR"]


def test_a_budget_of_another_tenant_is_left_out(november: Workbench) -> None:
    budgets = (
        Budget(name="mine", tenant="contoso", amount=Decimal(1)),
        Budget(name="other", tenant="fabrikam", amount=Decimal(1)),
    )
    both = (TENANT, Tenant(name="fabrikam", accounts="files"))
    config = config_of(november, budgets=budgets, tenants=both)
    document = encoded(spend(config, NOW, "contoso"))["budgets"]
    assert [budget["name"] for budget in document] == ["mine"]
    assert document[0]["used_ratio"] > 0


def test_a_budget_of_no_cost_center_is_a_mistake(november: Workbench) -> None:
    budget = Budget(name="hr", cost_center="HX", amount=Decimal(1))
    with pytest.raises(ConfigError, match="there is no cost center 'HX'"):
        report(november, budgets=(budget,), cost_centers=(HR,))


def test_a_tenant_that_is_not_there_is_named_with_the_nearest(november: Workbench) -> None:
    config = config_of(november)
    for ask in (spend, past):
        with pytest.raises(ConfigError, match=r"--tenant contos: no such tenant .* 'contoso'\?"):
            ask(config, NOW, "contos")


def test_budgets_are_those_of_the_chosen_month(november: Workbench) -> None:
    config = config_of(november, budgets=(Budget(name="all", amount=Decimal(1)),))
    (running,) = spend(config, NOW).budgets
    assert (running.first, running.used) == (
        date(2026, 11, 1),
        spend(config, NOW).month_to_date.cost,
    )
    (before,) = spend(config, NOW, month="2026-10").budgets
    assert (before.first, before.last) == (date(2026, 10, 1), date(2026, 10, 31))
    assert before.used is before.expected is None  # no file is of October


def test_whatif_adds_to_the_projection_of_the_cost_report(november: Workbench) -> None:
    config = config_of(november, budgets=(Budget(name="all", amount=Decimal(1)),))
    change = PlannedChange("hr@contoso.com", 1_000, 1, None, NOW.date())
    (changed,) = planned_change(config, NOW, None, change).budgets
    report = spend(config, NOW)
    assert changed.usual == report.projection.month_end == report.budgets[0].expected
    assert changed.together == changed.usual + 1_000 * PRICE
    assert changed.spent == report.month_to_date.cost
