"""What Azure invoiced, as rows of meters: the side that estimates are compared with.

Microsoft does not document how HVE rows look, so a meter is whatever Azure distinguishes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from hve_monitor.files import sql
from models.engine.sql import records
from warehouse.reading import Published

CREDIT_TYPES = {"refund", "credit", "adjustment"}
HVE_NAMES = ("high volume email", "hve")


@dataclass(frozen=True, order=True)
class Meter:
    """What Azure calls a charge; empty texts where it has no name."""

    service: str
    category: str
    subcategory: str
    name: str
    resource_group: str

    @property
    def sounds_like_hve(self) -> bool:
        """Whether any of its names mentions High Volume Email; a hint, never a proof."""
        text = f"{self.service} {self.category} {self.subcategory} {self.name}".lower()
        return any(hint in text.split() or hint in text for hint in HVE_NAMES)

    def __str__(self) -> str:
        parts = (self.service, self.category, self.subcategory, self.name)
        return " / ".join(dict.fromkeys(part for part in parts if part)) or "unnamed meter"


@dataclass(frozen=True)
class InvoiceRow:
    """One invoiced amount of a billing day; negative for a credit."""

    tenant: str
    scope: str
    day: date
    meter: Meter
    charge_type: str
    currency: str | None
    amount: Decimal
    quantity: Decimal | None = None
    is_hve: bool | None = None

    @property
    def is_credit(self) -> bool:
        """Money given back: by its sign, or by what Azure calls it."""
        return self.amount < 0 or (self.amount > 0 and self.charge_type.lower() in CREDIT_TYPES)


@dataclass(frozen=True)
class ReadSpan:
    """First and last instant of a scope that was read; cut short when more is known after."""

    first: datetime
    last: datetime
    is_cut: bool = False


def invoice_rows(published: Published) -> list[InvoiceRow]:
    """Every amount that is known at `now`, without rows that are also part of a wider scope."""
    bounds = {"now": published.now, "tenant": published.tenant}
    rows = [
        _row(row) for row in records(published.connection, sql(__file__, "azure_costs"), bounds)
    ]
    return without_nested(rows)


def read_spans(published: Published) -> dict[tuple[str, str], ReadSpan]:
    """What was read of Azure, by tenant and scope."""
    reads = records(
        published.connection,
        sql(__file__, "azure_reads"),
        {"now": published.now, "tenant": published.tenant},
    )
    return {
        (read["tenant"], read["scope"]): ReadSpan(
            read["first_read"], min(read["last_read"], published.now)
        )
        for read in reads
    }


def without_nested(rows: Sequence[InvoiceRow]) -> list[InvoiceRow]:
    """The rows of scopes that lie in no other one: a resource group is part of its subscription."""
    scopes = {(row.tenant, row.scope) for row in rows}
    nested = {
        (tenant, scope)
        for tenant, scope in scopes
        for owner, wider in scopes
        if owner == tenant and wider != scope and _is_within(scope, wider)
    }
    return [row for row in rows if (row.tenant, row.scope) not in nested]


def by_meter(rows: Iterable[InvoiceRow]) -> dict[Meter, list[InvoiceRow]]:
    """The rows of each meter."""
    groups: dict[Meter, list[InvoiceRow]] = {}
    for row in rows:
        groups.setdefault(row.meter, []).append(row)
    return groups


def amounts_by_day(rows: Iterable[InvoiceRow]) -> dict[date, Decimal]:
    """Sums of the rows per billing day."""
    sums: dict[date, Decimal] = {}
    for row in rows:
        sums[row.day] = sums.get(row.day, Decimal(0)) + row.amount
    return sums


def _is_within(scope: str, wider: str) -> bool:
    return scope.lower().startswith(wider.lower().rstrip("/") + "/")


def _row(row: dict[str, Any]) -> InvoiceRow:
    names = ("service_name", "meter_category", "meter_subcategory", "meter", "resource_group")
    group = {name.lower(): value for name, value in json.loads(row["group_key"]).items()}
    return InvoiceRow(
        row["tenant"],
        row["scope"],
        row["day"],
        Meter(*(row[name] or "" for name in names)),
        group.get("chargetype") or "",
        row["currency"],
        row["cost"],
        row["quantity"],
        row["is_hve"],
    )
