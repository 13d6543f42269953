"""Reconciliation names what Azure does otherwise, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from models.invoice.causes import causes
from models.invoice.hour_counts import STATUSES, HourCounts
from models.invoice.invoiced import InvoiceRow, Meter, without_nested
from models.invoice.ledger import DayLine, LedgerSettings, ScopeLedger, Usage
from models.invoice.meters import ledgers
from models.invoice.rate import Pinned
from models.invoice.undocumented import discoveries
from models.reference.prices import read_price_book
from simulator import SimulatedTenant
from tests.unit.models.invoice.invoice_samples import NOW, SCOPE, SPAN, ledger_of

PRICE = Decimal("0.000042")
HVE = Meter("Exchange Online", "Mail", "Bulk", "Recipients", "rg-hve")
FIRST = date(2026, 10, 1)


@pytest.mark.parametrize("seed", range(20))
def test_every_injected_difference_is_named_and_none_is_invented(seed: int) -> None:
    tenant = SimulatedTenant(seed=seed, now=NOW, days=40, staff=60)
    truth, ledger = tenant.azure.truth(), ledger_of(tenant)
    values: dict[str, Any] = {}
    for finding in discoveries(ledger):
        values.setdefault(finding.kind, []).append(finding.value)
    assert values.pop("meter") == [{"Meter": truth["Meter"]}]
    (foreign,) = values.pop("foreign_meters")
    assert len(foreign) == len(truth["foreign_meters"])
    assert values.pop("meter_unit") == [truth["unit_block"]]
    assert 0 <= values.pop("lag")[0] - truth["lag_hours"] <= 5
    assert values == expected_findings(tenant, truth)
    assert_days(ledger, list(ledger.days()), truth)


def expected_findings(tenant: SimulatedTenant, truth: Mapping[str, Any]) -> dict[str, Any]:
    """What this seed drew, as discoveries."""
    days = [day for day in truth["days"] if day["complete"]]
    expected: dict[str, Any] = {}
    if Decimal(truth["discount_ratio"]):
        expected["effective_price"] = [f"{PRICE * (1 - Decimal(truth['discount_ratio'])):f}"]
        expected["effective_price"] = [expected["effective_price"][0].rstrip("0")]
    if truth["day_starts_at_hours"]:
        expected["day_boundary"] = [truth["day_starts_at_hours"]]
    exact = PRICE * (1 - Decimal(truth["discount_ratio"]))
    if truth["rounding_digits"] < 10 and any(
        Decimal(day["amount_usd"]) - Decimal(day["credit_usd"]) != exact * day["recipients"]
        for day in days
    ):
        expected["rounding"] = [truth["rounding_digits"]]
    given = [day for day in days if Decimal(day["credit_usd"])]
    if given:
        expected["credit"] = [
            {"day_utc": day["day_utc"], "amount": day["credit_usd"].rstrip("0")} for day in given
        ]
    if truth["missing_day"]:
        expected["missing_day"] = [truth["missing_day"]]
    return expected


def assert_days(ledger: ScopeLedger, lines: list[DayLine], truth: Mapping[str, Any]) -> None:
    """Each day has the status that what was drawn gives it."""
    posted = {day["day_utc"]: day for day in truth["days"]}
    for line in lines:
        day = posted.get(str(line.day))
        if str(line.day) == truth["missing_day"]:
            assert (line.status, causes(ledger, line)[0].kind) == ("unexplained", "missing_day")
        elif day is None or not day["complete"]:
            assert line.status in ("late", "matched"), line
        elif Decimal(day["credit_usd"]):
            assert line.status == "credit", line
        else:
            assert line.status == "matched", line


def hours(count: Callable[[int, int], int], days: int = 40, **others: int) -> HourCounts:
    """Delivered recipients by (day number, hour); others: so many of a status at noon."""
    delivered = [count(day, hour) for day in range(days) for hour in range(24)]
    counts = {status: np.zeros(days * 24, dtype=np.int64) for status in STATUSES}
    counts["delivered"] = np.array(delivered, dtype=np.int64)
    for status, number in others.items():
        counts[status][12::24] = number
    return HourCounts(FIRST, counts)


def uneven(day: int, hour: int) -> int:
    """No two days alike, no hour empty."""
    return (day * 37 + hour * hour * 11) % 97 + 1


def rows(usage: HourCounts, *statuses: str, meter: Meter = HVE, last: int = 38) -> list[InvoiceRow]:
    """List price × recipients of every UTC day."""
    counted = usage.recipients(statuses or ("delivered",), 0)
    days = sorted(counted)[:last]
    return [
        InvoiceRow("contoso", SCOPE, day, meter, "Usage", "USD", PRICE * counted[day])
        for day in days
    ]


def one(
    usage: HourCounts,
    charged: list[InvoiceRow],
    accounts: Mapping[str, int] | None = None,
    settings: LedgerSettings | None = None,
) -> ScopeLedger:
    side = Usage(None, usage, lambda _since, _until: accounts or {})
    price = read_price_book().unit_price
    span = replace(SPAN, last=datetime(2026, 11, 9, 12, tzinfo=NOW.tzinfo))
    return ledgers("contoso", SCOPE, charged, [side], price, span, settings or LedgerSettings())[0]


def changed(charged: list[InvoiceRow], day: date, amount: Decimal) -> list[InvoiceRow]:
    return [replace(row, amount=row.amount + amount) if row.day == day else row for row in charged]


def line(ledger: ScopeLedger, day: date) -> DayLine:
    return next(line for line in ledger.days() if line.day == day)


def test_quarantined_recipients_that_count_are_found() -> None:
    usage = hours(uneven, quarantined=5)
    ledger = one(usage, rows(usage, "delivered", "quarantined"))
    kinds = {finding.kind: finding.value for finding in discoveries(ledger)}
    assert kinds["counted_statuses"] == ["quarantined"]
    assert {line.status for line in ledger.days()} == {"matched"} | {"late"}


def test_quarantined_recipients_of_a_single_day_are_a_likely_cause() -> None:
    usage, day = hours(uneven, quarantined=5), date(2026, 10, 20)
    ledger = one(usage, changed(rows(usage), day, 5 * PRICE))
    odd = line(ledger, day)
    assert odd.status == "unexplained"
    assert causes(ledger, odd)[0].kind == "quarantined_counted"


def test_mail_that_azure_does_not_charge_names_its_account() -> None:
    usage, day = hours(uneven), date(2026, 10, 20)
    ledger = one(usage, changed(rows(usage), day, -7 * PRICE), {"hr@contoso.com": 7})
    cause = causes(ledger, line(ledger, day))[0]
    assert cause.kind == "sent_outside_hve"
    assert "hr@contoso.com" in cause.text


def test_days_that_make_each_other_good_are_a_boundary() -> None:
    usage, day = hours(uneven), date(2026, 10, 20)
    moved = changed(rows(usage), day, -3 * PRICE)
    moved = changed(moved, day + timedelta(days=1), 3 * PRICE)
    ledger = one(usage, moved)
    assert causes(ledger, line(ledger, day))[0].kind == "day_boundary"


def test_an_amount_of_azure_without_mail_of_ours_is_unexplained() -> None:
    usage, day = hours(lambda d, h: 0 if d == 19 else uneven(d, h)), date(2026, 10, 20)
    extra = InvoiceRow("contoso", SCOPE, day, HVE, "Usage", "USD", Decimal("0.5"))
    ledger = one(usage, [*rows(usage), extra])
    odd = line(ledger, day)
    assert (odd.status, causes(ledger, odd)[0].kind) == ("unexplained", "unread_account")


def test_a_day_whose_recipients_have_no_status_has_no_estimate() -> None:
    usage, day = hours(lambda d, h: 0 if d == 19 else uneven(d, h)), date(2026, 10, 20)
    usage.counts["unknown"][19 * 24 + 12] = 40
    extra = InvoiceRow("contoso", SCOPE, day, HVE, "Usage", "USD", 40 * PRICE)
    ledger = one(usage, [*rows(usage), extra])
    odd = line(ledger, day)
    assert (odd.estimated, odd.status) == (None, "unexplained")
    assert causes(ledger, odd)[0].text == "40 recipients of this day have no status"


def test_a_day_that_was_not_read_has_no_estimate_of_0() -> None:
    usage, day = hours(lambda d, h: 0 if d == 19 else uneven(d, h)), date(2026, 10, 20)
    extra = InvoiceRow("contoso", SCOPE, day, HVE, "Usage", "USD", 40 * PRICE)
    ledger = one(usage, [*rows(usage), extra])
    unread = replace(ledger, usage=replace(ledger.usage, gap_days=frozenset({day})))
    assert line(ledger, day).estimated == 0
    assert line(unread, day).estimated is None


def test_a_currency_without_list_price_tells_its_effective_price() -> None:
    usage = hours(uneven)
    euros = [
        replace(row, currency="EUR", amount=row.amount / PRICE * Decimal("0.000038"))
        for row in rows(usage)
    ]
    ledger = one(usage, euros)
    kinds = {finding.kind: finding.value for finding in discoveries(ledger)}
    assert kinds["effective_price"] == "0.000038"
    assert line(ledger, date(2026, 10, 20)).estimated is None
    assert line(ledger, date(2026, 10, 20)).status == "matched"


def test_currencies_never_mix() -> None:
    usage = hours(uneven)
    own = rows(usage)
    euros = [replace(row, currency="EUR") for row in own]
    side = Usage(None, usage, lambda _since, _until: {})
    price = read_price_book().unit_price
    both = ledgers("contoso", SCOPE, [*own, *euros], [side], price, SPAN, LedgerSettings())
    assert [ledger.currency for ledger in both] == ["EUR", "USD"]
    for ledger in both:
        assert {row.currency for row in ledger.rows} == {ledger.currency}


def test_what_is_pinned_is_not_looked_for() -> None:
    usage = hours(uneven)
    pinned = LedgerSettings(Pinned(starts=8))
    assert one(usage, rows(usage), settings=pinned).rate is None
    assert (
        one(usage, rows(usage), settings=LedgerSettings(Pinned(starts=0))).applied_rate.starts == 0
    )


def test_a_filter_that_passes_nothing_takes_no_meter() -> None:
    usage = hours(uneven)
    ledger = one(usage, [replace(row, is_hve=False) for row in rows(usage)])
    assert ledger.meters == ()
    assert [finding.kind for finding in discoveries(ledger)] == ["meter_unknown"]


def test_a_policy_whose_accounts_follow_the_amounts_is_found() -> None:
    own, others = hours(uneven), hours(lambda day, hour: (day * 13 + hour) % 50)
    both = HourCounts(FIRST, {name: own.counts[name] + others.counts[name] for name in STATUSES})
    usages = [
        Usage(policy, side, lambda _since, _until: {})
        for policy, side in ((None, both), ("p1", others), ("p2", own))
    ]
    price = read_price_book().unit_price
    (ledger,) = ledgers("contoso", SCOPE, rows(own), usages, price, SPAN, LedgerSettings())
    assert ledger.usage.policy == "p2"


def test_a_resource_group_inside_a_subscription_is_counted_once() -> None:
    inner = replace(rows(hours(uneven))[0], scope=f"{SCOPE}/resourceGroups/rg-hve")
    outer = replace(inner, scope=SCOPE.upper())
    assert without_nested([inner, outer]) == [outer]
    assert without_nested([inner]) == [inner]
