"""A month of the ledgers: its days, sums per scope, and the invoice by payer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal

import pandas as pd

from models.invoice.causes import causes
from models.invoice.documents import (
    AccountShare,
    CenterShare,
    DayReconciliation,
    InvoicedMonth,
    MonthReconciliation,
)
from models.invoice.ledger import DayLine, ScopeLedger
from models.invoice.undocumented import discoveries
from models.money import CENT, MICRO, shares, whole
from models.periods import end_of_month
from models.reference.cost_centers import Centers

NOTHING = Decimal(0)
RESIDUAL, UNALLOCATED = "residual", "unallocated"


def days_of_month(ledger: ScopeLedger, first: date) -> list[DayLine]:
    """The ledger's days of the month that begins with `first`."""
    return [line for line in ledger.days() if first <= line.day <= end_of_month(first)]


def day_rows(ledgers: Sequence[ScopeLedger], first: date) -> list[DayReconciliation]:
    """The days of the month that begins with `first`, oldest first."""
    rows = [
        _day_row(ledger, line)
        for ledger in ledgers
        if ledger.meters
        for line in days_of_month(ledger, first)
    ]
    return sorted(rows, key=lambda row: (row.day_utc, row.tenant, row.scope))


def _day_row(ledger: ScopeLedger, line: DayLine) -> DayReconciliation:
    invoiced, estimated = line.invoiced, line.estimated
    return DayReconciliation(
        tenant=ledger.tenant,
        scope=ledger.scope,
        billing_policy=ledger.usage.policy,
        currency=ledger.currency,
        day_utc=line.day,
        estimated=estimated,
        invoiced=invoiced,
        difference=None if invoiced is None or estimated is None else invoiced - estimated,
        expected=line.expected,
        credit=line.credit,
        residual=line.residual,
        status=line.status,
        causes=causes(ledger, line),
    )


def month_rows(ledgers: Sequence[ScopeLedger], first: date) -> list[MonthReconciliation]:
    """One row per scope and currency: the month before its days."""
    return [_month_row(ledger, first) for ledger in ledgers]


def _month_row(ledger: ScopeLedger, first: date) -> MonthReconciliation:
    lines = days_of_month(ledger, first)
    estimated = [line.estimated for line in lines]
    residual = _total(line.residual for line in lines if line.status != "late")
    return MonthReconciliation(
        tenant=ledger.tenant,
        scope=ledger.scope,
        billing_policy=ledger.usage.policy,
        currency=ledger.currency,
        month=f"{first:%Y-%m}",
        meters=ledger.meters,
        estimated=None if None in estimated else _total(estimated),
        expected=_total(line.expected for line in lines),
        invoiced=_sum_of_known(line.invoiced for line in lines),
        credits=_total(line.credit for line in lines),
        late=_total(-line.residual for line in lines if line.status == "late"),
        residual=residual,
        status=_month_status(ledger, lines, residual),
        findings=discoveries(ledger, (first, end_of_month(first))),
    )


def _month_status(ledger: ScopeLedger, lines: Sequence[DayLine], residual: Decimal) -> str:
    """The month first: days that differ by what their neighbours make good are no difference."""
    if not lines:
        return "unavailable"
    if not ledger.meters:
        return "unexplained"
    statuses = {line.status for line in lines}
    slack = _total(ledger.slack(line.day) for line in lines)
    if "unexplained" in statuses and abs(residual) > slack:
        return "unexplained"
    return next((status for status in ("late", "credit") if status in statuses), "matched")


def invoice(
    ledgers: Sequence[ScopeLedger],
    first: date,
    month: pd.DataFrame,
    centers: Centers,
    currency: str,
) -> InvoicedMonth | None:
    """What Azure invoiced in the month, by account and by cost center, None without any amount.

    month: tenant, account, recipients, cost (list, Decimal or None) per day of the month.
    The share of an account is its list cost; what usage does not explain is the residual, a line
    of its own. Lines of accounts and residual add up to the invoice exactly, those of cost centers
    in whole cents to the invoice in cents.
    """
    billed = [ledger for ledger in ledgers if ledger.meters and ledger.currency == currency]
    days = [(ledger, days_of_month(ledger, first)) for ledger in billed]
    lines = [line for _, of_ledger in days for line in of_ledger]
    if all(line.invoiced is None for line in lines):
        return None
    amounts: dict[str, Decimal] = {}
    for ledger, of_ledger in days:
        due = _total(map(_explained, of_ledger)).quantize(MICRO)
        for account, amount in shares(due, _weights(ledger, month), MICRO).items():
            amounts[account] = amounts.get(account, NOTHING) + amount
    total = _total(line.invoiced for line in lines)
    residual = total - _total(amounts.values())
    return InvoicedMonth(
        currency=currency,
        invoiced=total,
        by_account=_account_lines(amounts, centers),
        by_cost_center=_center_lines(amounts, residual, total, centers),
        residual=residual,
        credits=_total(line.credit for line in lines),
        rounding="accounts to a millionth, cost centers to a cent, by largest remainder",
    )


def _explained(line: DayLine) -> Decimal:
    """Usage of the day that recipients explain: never more than was charged."""
    usage = line.usage or NOTHING
    return min(usage, line.expected) if line.status == "unexplained" else usage


def _weights(ledger: ScopeLedger, month: pd.DataFrame) -> dict[str, Decimal]:
    """List cost of each account that the scope pays for; recipients where no price is known."""
    rows = month[month["tenant"] == ledger.tenant]
    if ledger.usage.accounts is not None:
        rows = rows[rows["account"].isin(list(ledger.usage.accounts))]
    weights: dict[str, Decimal] = {}
    for account, recipients, cost in zip(
        rows["account"], rows["recipients"].tolist(), rows["cost"], strict=True
    ):
        weight = cost if ledger.has_list_price and cost is not None else Decimal(recipients)
        weights[account] = weights.get(account, NOTHING) + weight
    return weights


def _account_lines(amounts: Mapping[str, Decimal], centers: Centers) -> list[AccountShare]:
    """The largest share first."""
    return [
        AccountShare(
            account=account,
            cost_center=center.name if (center := centers.of(account)) else None,
            amount=amount,
        )
        for account, amount in sorted(amounts.items(), key=lambda item: (-item[1], item[0]))
    ]


def _center_lines(
    by_account: Mapping[str, Decimal], residual: Decimal, total: Decimal, centers: Centers
) -> list[CenterShare]:
    """Cost centers, then what nobody pays for, then the residual."""
    sums: dict[tuple[int, str], Decimal] = {}
    for account, amount in by_account.items():
        center = centers.of(account)
        key = (0, center.name) if center else (1, UNALLOCATED)
        sums[key] = sums.get(key, NOTHING) + amount
    sums[2, RESIDUAL] = residual
    names = {f"{kind}{name}": (kind, name) for kind, name in sums}
    cents = whole({text: sums[key] for text, key in names.items()}, total, CENT)
    return [
        CenterShare(
            cost_center=name if kind == 0 else None,
            kind=("cost_center", UNALLOCATED, RESIDUAL)[kind],
            amount=sums[kind, name],
            booked=f"{cents[text]:.2f}",
        )
        for text, (kind, name) in sorted(names.items())
    ]


def _sum_of_known(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """Exact sum; None where none is known."""
    known = [amount for amount in amounts if amount is not None]
    return sum(known, NOTHING) if known else None


def _total(amounts: Iterable[Decimal | None]) -> Decimal:
    return sum((amount for amount in amounts if amount is not None), NOTHING)
