"""A month of the ledgers as JSON: days, sums per scope, findings, and the invoice by payer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Any

import pandas as pd

from hve_monitor.document import plain
from models.invoice.causes import causes
from models.invoice.ledger import DayLine, ScopeLedger
from models.invoice.undocumented import findings
from models.money import CENT, MICRO, shares, whole
from models.periods import end_of_month
from models.reference.cost_centers import Centers

NOTHING = Decimal(0)
RESIDUAL, UNALLOCATED = "residual", "unallocated"


def days_of_month(ledger: ScopeLedger, first: date) -> list[DayLine]:
    """The ledger's days of the month that begins with `first`."""
    return [line for line in ledger.days() if first <= line.day <= end_of_month(first)]


def day_rows(ledgers: Sequence[ScopeLedger], first: date) -> list[dict[str, Any]]:
    """The contract's reconciliation rows, oldest first."""
    rows = [
        _day_row(ledger, line)
        for ledger in ledgers
        if ledger.meters
        for line in days_of_month(ledger, first)
    ]
    return sorted(rows, key=lambda row: (row["day_utc"], row["tenant"], row["scope"]))


def _day_row(ledger: ScopeLedger, line: DayLine) -> dict[str, Any]:
    invoiced = line.invoiced
    both = invoiced is not None and line.estimated is not None
    return {
        "tenant": ledger.tenant,
        "scope": ledger.scope,
        "billing_policy": ledger.usage.policy,
        "currency": ledger.currency,
        "day_utc": str(line.day),
        "estimated": plain(line.estimated),
        "invoiced": plain(invoiced),
        "difference": plain(invoiced - line.estimated) if both else None,  # type: ignore[operator] # both says so
        "expected": plain(line.expected),
        "credit": plain(line.credit),
        "residual": plain((line.usage or NOTHING) - line.expected),
        "status": line.status,
        "causes": [asdict(cause) for cause in causes(ledger, line)],
    }


def month_rows(ledgers: Sequence[ScopeLedger], first: date) -> list[dict[str, Any]]:
    """One row per scope and currency: the month before its days."""
    return [_month_row(ledger, first) for ledger in ledgers]


def _month_row(ledger: ScopeLedger, first: date) -> dict[str, Any]:
    lines = days_of_month(ledger, first)
    closed = [line for line in lines if line.status != "late"]
    estimated = [line.estimated for line in lines]
    residual = sum(((line.usage or NOTHING) - line.expected for line in closed), NOTHING)
    return {
        "tenant": ledger.tenant,
        "scope": ledger.scope,
        "billing_policy": ledger.usage.policy,
        "currency": ledger.currency,
        "month": f"{first:%Y-%m}",
        "meters": [asdict(meter) for meter in ledger.meters],
        "estimated": None if None in estimated else plain(_total(estimated)),
        "expected": plain(_total(line.expected for line in lines)),
        "invoiced": plain(_total(line.invoiced for line in lines)),
        "credits": plain(_total(line.credit for line in lines)),
        "late": plain(
            _total(line.expected - (line.usage or 0) for line in lines if line.status == "late")
        ),
        "residual": plain(residual),
        "status": _month_status(ledger, lines, residual),
        "findings": [asdict(finding) for finding in findings(ledger, (first, end_of_month(first)))],
    }


def _month_status(ledger: ScopeLedger, lines: Sequence[DayLine], residual: Decimal) -> str:
    """The month first: days that differ by what their neighbours make good are no difference."""
    if not ledger.meters:
        return "unexplained" if lines else "unavailable"
    statuses = {line.status for line in lines}
    slack = _total(ledger.slack(line.day) for line in lines)
    if "unexplained" in statuses and abs(residual) > slack:
        return "unexplained"
    return next((each for each in ("late", "credit") if each in statuses), "matched")


def invoice(
    ledgers: Sequence[ScopeLedger],
    first: date,
    month: pd.DataFrame,
    centers: Centers,
    currency: str,
) -> dict[str, Any] | None:
    """What Azure invoiced in the month, by account and by cost center, None without any amount.

    month: tenant, account, recipients, cost (list, Decimal or None) per day of the month.
    The share of an account is its list cost; what usage does not explain is the residual, a line
    of its own. Lines of accounts and residual add up to the invoice exactly, those of cost centers
    in whole cents to the invoice in cents.
    """
    mine = [ledger for ledger in ledgers if ledger.meters and ledger.currency == currency]
    lines = {id(ledger): days_of_month(ledger, first) for ledger in mine}
    total = _total(line.invoiced for held in lines.values() for line in held)
    if not any(line.invoiced is not None for held in lines.values() for line in held):
        return None
    by_account: dict[str, Decimal] = {}
    for ledger in mine:
        due = _total(map(_explained, lines[id(ledger)])).quantize(MICRO)
        for account, amount in shares(due, _weights(ledger, month), MICRO).items():
            by_account[account] = by_account.get(account, NOTHING) + amount
    residual = total - _total(by_account.values())
    return {
        "currency": currency,
        "invoiced": plain(total),
        "by_account": [
            _account_line(account, amount, centers)
            for account, amount in sorted(by_account.items(), key=lambda item: (-item[1], item[0]))
        ],
        "by_cost_center": _center_lines(by_account, residual, total, centers),
        "residual": plain(residual),
        "credits": plain(_total(line.credit for held in lines.values() for line in held)),
        "rounding": "accounts to a millionth, cost centers to a cent, by largest remainder",
    }


def _explained(line: DayLine) -> Decimal:
    """Usage of the day that recipients explain: never more than was charged."""
    usage = line.usage or NOTHING
    return min(usage, line.expected) if line.status == "unexplained" else usage


def _weights(ledger: ScopeLedger, month: pd.DataFrame) -> dict[str, Decimal]:
    """List cost of each account that the scope pays for; recipients where no price is known."""
    mine = month[month["tenant"] == ledger.tenant]
    if ledger.usage.accounts is not None:
        mine = mine[mine["account"].isin(list(ledger.usage.accounts))]
    weights: dict[str, Decimal] = {}
    for account, recipients, cost in zip(
        mine["account"], mine["recipients"].tolist(), mine["cost"], strict=True
    ):
        weight = cost if ledger.has_list_price and cost is not None else Decimal(recipients)
        weights[account] = weights.get(account, NOTHING) + weight
    return weights


def _account_line(account: str, amount: Decimal, centers: Centers) -> dict[str, Any]:
    center = centers.of(account)
    return {
        "account": account,
        "cost_center": center.name if center else None,
        "amount": plain(amount),
    }


def _center_lines(
    by_account: Mapping[str, Decimal], residual: Decimal, total: Decimal, centers: Centers
) -> list[dict[str, Any]]:
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
        {
            "cost_center": name if kind == 0 else None,
            "kind": ("cost_center", UNALLOCATED, RESIDUAL)[kind],
            "amount": plain(sums[kind, name]),
            "booked": f"{cents[text]:.2f}",
        }
        for text, (kind, name) in sorted(names.items())
    ]


def _total(amounts: Iterable[Decimal | None]) -> Decimal:
    return sum((amount for amount in amounts if amount is not None), NOTHING)
