from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from simulator import SimulatedTenant
from simulator.mail.block import DELIVERED
from simulator.mail.instant import DAY, HOUR, day_of, micros
from simulator.world.invoice import UNIT_PRICE
from tests.unit.simulator.conftest import NOW


def small(seed: int = 7, **options: object) -> SimulatedTenant:
    usual = {"seed": seed, "now": NOW, "days": 12, "staff": 60}
    return SimulatedTenant(**usual | options)  # type: ignore[arg-type] # the tests' own options


def test_complete_days_charge_the_delivered_recipients_of_the_truth() -> None:
    tenant = small()
    delivered: dict[str, int] = {}
    for row in tenant.truth():
        delivered[row["day_utc"]] = delivered.get(row["day_utc"], 0) + row["delivered"]
    assert tenant.azure.terms.day_starts_at_hours == 0
    told = [day for day in tenant.azure.truth()["days"] if day["complete"]]
    assert len(told) >= 8
    assert all(day["recipients"] == delivered[day["day_utc"]] for day in told)


def test_amounts_follow_from_what_was_drawn() -> None:
    for seed in range(1, 9):
        truth = small(seed).azure.truth()
        price = UNIT_PRICE * (1 - Decimal(truth["discount_ratio"]))
        for day in truth["days"]:
            exact = price * day["recipients"] + Decimal(day["credit_usd"])
            rounding = Decimal(1).scaleb(-truth["rounding_digits"]) / 2
            assert abs(Decimal(day["amount_usd"]) - exact) <= rounding


def test_usage_shows_after_the_lag_and_does_not_change() -> None:
    tenant = small()
    before = {day["day_utc"]: day for day in tenant.azure.truth()["days"]}
    posted = datetime.fromisoformat(tenant.azure.truth()["posted_until"])
    hours = (NOW - posted) / timedelta(hours=1)
    assert 0 <= hours - tenant.azure.truth()["lag_hours"] < 4
    tenant.advance(timedelta(days=2))
    after = {day["day_utc"]: day for day in tenant.azure.truth()["days"]}
    assert len(after) == len(before) + 2
    assert all(after[day] == row for day, row in before.items() if row["complete"])


def test_every_kind_of_terms_occurs_and_a_seed_keeps_its_own() -> None:
    drawn = [small(seed, days=3).azure.terms for seed in range(40)]
    assert {terms.unit_block for terms in drawn} == {1, 1_000_000}
    assert len({terms.discount for terms in drawn}) == 4
    assert len({terms.names for terms in drawn}) == 3
    assert all(8 <= terms.lag_hours <= 48 for terms in drawn)
    assert small(3, days=3).azure.terms == drawn[3]


def test_there_is_one_credit_once_its_day_is_posted() -> None:
    negative = [
        charge for charge in small(days=30).azure.charges(0, day_of(micros(NOW))) if charge.cost < 0
    ]
    assert len(negative) <= 1
    totals = [small(seed, days=20).azure.truth()["days"] for seed in range(6)]
    assert any(Decimal(day["credit_usd"]) < 0 for days in totals for day in days)


def test_nothing_is_charged_before_june() -> None:
    tenant = SimulatedTenant(seed=2, now=datetime(2026, 6, 5, 12, tzinfo=NOW.tzinfo), days=20)
    assert tenant.azure.truth()["days"][0]["day_utc"] == "2026-06-01"


def test_billing_days_begin_where_the_terms_say_and_one_may_be_missing() -> None:
    starts, missing = set(), set()
    for seed in range(20):
        truth = small(seed, days=20, staff=10).azure.truth()
        starts.add(truth["day_starts_at_hours"])
        shown = {day["day_utc"] for day in truth["days"]}
        assert truth["missing_day"] not in shown
        missing.add(truth["missing_day"])
    assert {0, 8} <= starts
    assert len(missing) > 5


def test_hours_move_to_the_billing_day_that_holds_them() -> None:
    shifted = next(
        tenant
        for tenant in (small(seed) for seed in range(20))
        if tenant.azure.terms.day_starts_at_hours not in (0,)
    )
    told = shifted.azure.truth()
    begin = told["day_starts_at_hours"] * HOUR
    day = next(day for day in told["days"][3:] if day["complete"])
    first = micros(datetime.fromisoformat(f"{day['day_utc']}T00:00:00+00:00")) + begin
    traffic = shifted.traffic
    counted = sum(
        int(
            (
                (block.final == DELIVERED)
                & (block.received >= first)
                & (block.received < first + DAY)
            ).sum()
        )
        for account in traffic.hve_accounts
        for utc_day in (day_of(first), day_of(first) + 1)
        for block in [traffic.block(account.index, utc_day)]
    )
    assert day["recipients"] == counted
