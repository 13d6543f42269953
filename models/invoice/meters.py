"""The meters of a scope that follow its usage: pinned, or found by trying each of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from models.invoice.invoiced import InvoiceRow, Meter, ReadSpan, amounts_by_day, by_meter
from models.invoice.ledger import LedgerSettings, ScopeLedger, Usage
from models.invoice.rate import PLAUSIBLE, find_rate
from models.reference.prices import PriceOf

ANY_PRICE = (1e-7, 1.0)  # of a recipient, in a currency whose list price nobody knows


def ledgers(
    tenant: str,
    scope: str,
    rows: Sequence[InvoiceRow],
    usages: Sequence[Usage],
    price_of: Callable[[date, str], Decimal | None],
    span: ReadSpan,
    settings: LedgerSettings,
) -> list[ScopeLedger]:
    """The scope's ledger in each currency that it is invoiced in; currencies never mix.

    usages: all accounts, and those of each billing policy; the one that the amounts follow holds.
    """
    settled = []
    for currency in sorted({row.currency or "" for row in rows}):
        in_currency = [row for row in rows if (row.currency or "") == currency]
        priced = _priced(price_of, currency)
        blank = ScopeLedger(
            tenant, scope, currency or None, usages[0], (), (), tuple(by_meter(in_currency)), False,
            None, priced, span, settings,
        )  # fmt: skip
        settled.append(_settled(blank, in_currency, usages))
    return settled


def _settled(
    blank: ScopeLedger, rows: Sequence[InvoiceRow], usages: Sequence[Usage]
) -> ScopeLedger:
    """The ledger with the meters that are pinned, or else follow the usage best."""
    pinned = [row for row in rows if row.is_hve]
    groups = by_meter(rows)
    if pinned:
        meters = tuple(sorted({row.meter for row in pinned}))
        tried = [_tried(blank, pinned, meters, usage, None) for usage in usages]
    elif any(row.is_hve is False for row in rows):
        return blank  # a filter is pinned, and nothing of this scope passes it
    else:
        tried = [
            _tried(
                blank, of_meter, (meter,), usage, PLAUSIBLE if blank.has_list_price else ANY_PRICE
            )
            for usage in usages
            for meter, of_meter in groups.items()
            if _may_follow(blank, of_meter, usage)
        ]
        named = [ledger for ledger in tried if ledger.meters[0].sounds_like_hve]
        if not any(ledger.rate is not None for ledger in tried):
            return _without_meter(named[0] if named else blank, groups)
    best = max(tried, key=_fit)
    return _without_meter(best, groups)


def _may_follow(blank: ScopeLedger, rows: Sequence[InvoiceRow], usage: Usage) -> bool:
    """Whether a meter's days are near enough to the usage's list cost to be worth a search."""
    if not blank.has_list_price or rows[0].meter.sounds_like_hve:
        return True
    costs = usage.hours.exact_costs(("delivered",), 0, blank.price_of)
    used = amounts_by_day(row for row in rows if not row.is_credit)
    compared = [(used[day], costs[day]) for day in used if costs.get(day)]
    near = sum(cost / 10 <= amount <= cost * 5 for amount, cost in compared)
    return near * 3 >= len(compared)


def _tried(
    blank: ScopeLedger,
    rows: Sequence[InvoiceRow],
    meters: tuple[Meter, ...],
    usage: Usage,
    plausible: tuple[float, float] | None,
) -> ScopeLedger:
    """The ledger of some meters with the rate at which they follow a usage."""
    ledger = replace(
        blank, usage=usage, rows=tuple(rows), meters=meters, is_pinned=plausible is None
    )
    newest = ledger.newest
    complete = {day: amount for day, amount in ledger.used.items() if newest and day < newest}
    pinned = ledger.settings.pinned
    rate = find_rate(usage.hours, complete, ledger.list_price, ledger.digits, pinned, plausible)
    return replace(ledger, rate=rate)


def _fit(ledger: ScopeLedger) -> tuple[float, int, bool]:
    if ledger.rate is None:
        return -1.0, 0, ledger.meters[0].sounds_like_hve
    return -ledger.rate.tolerance, ledger.rate.agreeing_days, ledger.meters[0].sounds_like_hve


def _without_meter(ledger: ScopeLedger, groups: Mapping[Meter, object]) -> ScopeLedger:
    return replace(ledger, foreign=tuple(sorted(set(groups) - set(ledger.meters))))


def _priced(price_of: Callable[[date, str], Decimal | None], currency: str) -> PriceOf:
    return lambda day: price_of(day, currency)
