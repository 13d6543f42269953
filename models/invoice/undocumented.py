"""What the amounts of a scope show of undocumented rules, with the key that pins each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from math import log10
from typing import TypeAlias

from hve_monitor.document import decimal_text
from hve_monitor.plural import plural
from models.invoice.causes import causes
from models.invoice.ledger import DayLine, ScopeLedger

UNITS_NEAR = 0.05
Value: TypeAlias = str | int | float | list[str] | dict[str, str | None] | None


@dataclass(frozen=True)
class Discovery:
    """A kind that programs can count, its value, a sentence, and the key to pin it by."""

    kind: str
    value: Value
    text: str
    pin: str | None = None


def discoveries(ledger: ScopeLedger, month: tuple[date, date] | None = None) -> list[Discovery]:
    """Everything in which the scope differs from list price × delivered × UTC days.

    Credits and missing days are those of the month (first and last day), or all.
    """
    first, last = month or (date.min, date.max)
    lines = [line for line in ledger.days() if first <= line.day <= last]
    return [
        *_meters(ledger),
        *(_rules(ledger) if ledger.rate else []),
        *_unit(ledger),
        *_credits(ledger, lines),
        *_missing(ledger, lines),
    ]


def _meters(ledger: ScopeLedger) -> Iterator[Discovery]:
    if not ledger.meters:
        yield Discovery(
            "meter_unknown",
            [str(meter) for meter in ledger.foreign],
            "no meter of this scope follows the usage",
            "azure_cost.filter",
        )
        return
    if not ledger.is_pinned:
        meter = ledger.meters[0]
        yield Discovery(
            "meter",
            {"Meter": meter.name},
            f"{meter} follows the usage; it is taken for HVE until a filter is pinned",
            "azure_cost.filter",
        )
    if ledger.foreign:
        names = [str(meter) for meter in ledger.foreign]
        yield Discovery("foreign_meters", names, f"left out: {', '.join(names)}")


def _rules(ledger: ScopeLedger) -> Iterator[Discovery]:
    rate = ledger.applied_rate
    price = ledger.list_price(ledger.span.last.date()) or Decimal(0)
    if rate.ratio != 1:
        yield Discovery(
            "effective_price",
            decimal_text(price * rate.ratio),
            f"Azure charges {decimal_text(price * rate.ratio)} {ledger.currency} a recipient"
            + (f", {decimal_text(rate.ratio)} of the list price" if ledger.has_list_price else ""),
            "azure_cost.price_ratio" if ledger.has_list_price else "prices",
        )
    if rate.starts:
        yield Discovery(
            "day_boundary",
            rate.starts,
            f"Azure's days begin {rate.starts:+d} hours from midnight UTC",
            "azure_cost.day_starts_at_hours",
        )
    if rate.counted != ("delivered",):
        extra = [status for status in rate.counted if status != "delivered"]
        yield Discovery("counted_statuses", extra, f"also charged: {', '.join(extra)}", "metering")
    if rate.tolerance:
        within = f"{100 * rate.tolerance:.1f} %"
        yield Discovery("inexact", rate.tolerance, f"days agree only within {within} of the amount")
    yield from _rounding(ledger)
    yield from _lag(ledger)


def _rounding(ledger: ScopeLedger) -> Iterator[Discovery]:
    """Only where rounding changed an amount."""
    changed = any(
        amount != ledger.expected_on(day)
        for day, amount in ledger.used.items()
        if abs(amount - ledger.expected_on(day)) <= ledger.slack(day)
    )
    if changed and ledger.digits < 10:
        yield Discovery(
            "rounding",
            ledger.digits,
            f"amounts are rounded to {ledger.digits} decimals",
            "azure_cost.rounding_digits",
        )


def _lag(ledger: ScopeLedger) -> Iterator[Discovery]:
    lag = ledger.lag_hours
    if lag is not None:
        yield Discovery(
            "lag",
            round(lag, 1),
            f"at the last reading Azure was {plural(lag, 'hour')} behind",
            "azure_cost.lag_hours",
        )


def _unit(ledger: ScopeLedger) -> Iterator[Discovery]:
    """Recipients per unit of the meter, from days that have a quantity."""
    counted = ledger.usage.hours.recipients(ledger.applied_rate.counted, ledger.applied_rate.starts)
    newest = ledger.newest
    rows = [
        row
        for row in ledger.rows
        if row.quantity and not row.is_credit and newest and row.day < newest
    ]
    units = sum((row.quantity for row in rows if row.quantity), Decimal(0))
    recipients = sum(counted.get(day, 0) for day in {row.day for row in rows})
    if not recipients or units <= 0:
        return
    measured = recipients / float(units)
    unit = 10 ** round(log10(measured))
    size = unit if abs(measured / unit - 1) <= UNITS_NEAR else round(measured)
    pinned = ledger.settings.recipients_per_unit
    if pinned is not None and pinned != size:
        text = f"the meter counts {plural(size, 'recipient')} as one unit, not {pinned} as pinned"
    else:
        text = f"one unit of the meter is {plural(size, 'recipient')}"
    yield Discovery("meter_unit", size, text, "azure_cost.recipients_per_unit")


def _credits(ledger: ScopeLedger, lines: list[DayLine]) -> Iterator[Discovery]:
    for line in lines:
        if line.credit:
            amount = decimal_text(line.credit)
            yield Discovery(
                "credit",
                {"day_utc": str(line.day), "amount": amount},
                f"{amount} {ledger.currency} were given back for {line.day}",
            )


def _missing(ledger: ScopeLedger, lines: list[DayLine]) -> Iterator[Discovery]:
    for line in lines:
        if any(cause.kind == "missing_day" for cause in causes(ledger, line)):
            yield Discovery("missing_day", str(line.day), f"{line.day} was sent and never invoiced")
