"""Cost is delivered × price, exactly; what is not known is null."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hve_monitor.config import Budget
from hve_monitor.document import decimal_text, encoded
from hve_monitor.errors import ConfigError
from models.cost.budgets import budget_lines
from models.cost.report import first_of_month, month_cost
from models.money import times
from models.periods import end_of_month, period_of
from models.reference.cost_centers import Center, Centers
from models.reference.prices import read_price_book
from tests.unit.models.conftest import NOW, Workbench, at, trace
from warehouse.reading import Published

PRICE = Decimal("0.000042")


def report(bench: Workbench, now: datetime = NOW, **options: Any) -> dict[str, Any]:
    with bench.reader() as connection:
        published = Published(connection, now, options.pop("tenant", None))
        return encoded(month_cost(published, options.pop("currency", "USD"), **options))


@pytest.fixture(scope="module")
def autumn(shared_bench: Workbench) -> Workbench:
    """100 delivered recipients a day by hr and 10 by it, from 1 October to 23 November."""
    days = [f"2026-10-{day:02d}" for day in range(1, 32)]
    days += [f"2026-11-{day:02d}" for day in range(1, 24)]
    rows = [
        trace(f"{sender}-{day}", f"r{i}@contoso.com", f"{day}T09:00:00", sender=sender)
        for day in days
        for sender, count in (("hr@contoso.com", 100), ("it@contoso.com", 10))
        for i in range(count)
    ]
    shared_bench.land(*rows)
    shared_bench.build()
    return shared_bench


def test_month_to_date_is_delivered_times_price_exactly(autumn: Workbench) -> None:
    document = report(autumn)
    assert document["month"] == "2026-11"
    assert document["unit_price"] == "0.000042"
    assert document["month_to_date"] == {
        "billable_recipients": 23 * 110,
        "cost": decimal_text(23 * 110 * PRICE),
        "unknown_recipients": 0,
        "unread_days": 1,
        "range": [decimal_text(23 * 110 * PRICE)] * 2,
    }


def test_accounts_add_up_to_the_tenant(autumn: Workbench) -> None:
    document = report(autumn)
    by_account = {
        line["account"]: Decimal(line["month_to_date"]) for line in document["by_account"]
    }
    assert by_account == {
        "hr@contoso.com": 23 * 100 * PRICE,
        "it@contoso.com": 23 * 10 * PRICE,
    }
    assert decimal_text(sum(by_account.values(), Decimal(0))) == document["month_to_date"]["cost"]


def test_a_steady_sender_ends_the_month_where_its_days_lead(autumn: Workbench) -> None:
    document = report(autumn)["projection"]
    expected = 30 * 110 * PRICE
    assert abs(Decimal(document["month_end"]) - expected) < expected / 20
    low, high = map(Decimal, document["p80"])
    assert low <= Decimal(document["month_end"]) <= high
    assert Decimal(document["p95"][0]) <= low


def test_a_past_month_is_what_it_was(autumn: Workbench) -> None:
    document = report(autumn, month="2026-10")
    total = decimal_text(31 * 110 * PRICE)
    assert document["month_to_date"]["cost"] == total
    assert document["projection"]["month_end"] == total
    assert document["projection"]["p80"] == [total, total]


def test_rows_without_a_status_cost_an_unknown_amount(bench: Workbench) -> None:
    bench.land(trace("m1", "a@contoso.com", "2026-11-02T07:00:00", status=None))
    bench.build()
    document = report(bench)
    assert document["month_to_date"]["billable_recipients"] is None
    assert document["month_to_date"]["cost"] is None
    assert document["month_to_date"]["unknown_recipients"] == 1
    assert document["projection"]["month_end"] is None
    assert [line["month_to_date"] for line in document["by_account"]] == [None]


def test_a_currency_without_a_price_is_unknown_and_not_free(autumn: Workbench) -> None:
    document = report(autumn, currency="EUR")
    assert document["unit_price"] is None
    assert document["month_to_date"]["billable_recipients"] == 23 * 110
    assert document["month_to_date"]["cost"] is None


def test_budgets_say_when_they_are_passed(autumn: Workbench) -> None:
    used = 23 * 110 * PRICE
    budgets = [
        Budget(name="small", amount=used / 2),
        Budget(name="large", amount=Decimal(100)),
        Budget(name="near", amount=used + 2 * 110 * PRICE),
        Budget(name="it", amount=Decimal(1), cost_center="IT", period="quarter"),
    ]
    centers = Centers({"it@contoso.com": Center("IT", "")})
    lines = report(autumn, budgets=budget_lines(budgets, centers))["budgets"]
    small, large, near, it = lines
    assert small["passed_on"] == "2026-11-12"
    assert small["thresholds_passed"] == [0.5, 0.8, 1.0]
    assert large["passed_on"] is large["passes_on_expected"] is None
    assert near["passes_on_expected"] in {"2026-11-25", "2026-11-26"}
    assert it["used"] == decimal_text((31 + 23) * 10 * PRICE)


def test_a_month_that_is_none_is_refused() -> None:
    assert first_of_month(None, NOW) == date(2026, 11, 1)
    with pytest.raises(ConfigError, match="2026-11"):
        first_of_month("2026-13", NOW)


def test_the_price_changes_on_its_day() -> None:
    prices = read_price_book()
    assert prices.unit_price(date(2026, 5, 31), "USD") == 0
    assert prices.unit_price(date(2026, 6, 1), "USD") == PRICE
    assert prices.unit_price(date(2026, 6, 1), "XXX") is None


@given(st.integers(0, 10**12))
def test_whole_recipients_cost_exactly(recipients: int) -> None:
    assert times(PRICE, recipients) == PRICE * recipients


def test_money_is_plain_text() -> None:
    assert decimal_text(Decimal("0.000042000")) == "0.000042"
    assert decimal_text(Decimal("1E+2")) == "100"
    assert decimal_text(Decimal(0)) == "0"
    assert decimal_text(None) is None


def test_periods_hold_their_day() -> None:
    assert period_of(date(2026, 11, 24), "quarter") == (date(2026, 10, 1), date(2026, 12, 31))
    assert period_of(date(2028, 2, 29), "month") == (date(2028, 2, 1), date(2028, 2, 29))
    assert period_of(date(2026, 11, 24), "year") == (date(2026, 1, 1), date(2026, 12, 31))
    assert end_of_month(date(2027, 2, 3)) == date(2027, 2, 28)


def test_what_was_sent_today_counts_up_to_now(bench: Workbench) -> None:
    bench.land(
        trace("m1", "a@contoso.com", "2026-11-24T07:00:00"),
        trace("m2", "a@contoso.com", "2026-11-24T09:00:00"),
    )
    bench.build(at("2026-11-24T10:00:00"))
    earlier = report(bench, now=at("2026-11-24T08:00:00"))
    assert earlier["month_to_date"]["billable_recipients"] == 1


def test_a_tenant_that_was_never_read_leaves_the_sum_of_all_a_part(bench: Workbench) -> None:
    bench.land(trace("m1", "a@contoso.com", "2026-11-24T07:00:00"))
    bench.store.state.record_now("fabrikam", NOW)
    bench.build()
    assert report(bench)["month_to_date"]["unread_days"] == NOW.day
    own = report(bench, tenant="contoso")["month_to_date"]
    assert (own["cost"], own["unread_days"]) == ("0.000042", NOW.day - 1)  # of one file's day
