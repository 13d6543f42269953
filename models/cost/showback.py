"""What each cost center caused in a month: mail, money, and what incidents added to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import pandas as pd

from hve_monitor.document import plain
from hve_monitor.files import sql
from models.engine.sql import records
from models.money import MICRO
from models.periods import end_of_month
from models.reference.cost_centers import Center, Centers
from warehouse.reading import Published

NOTHING = Decimal(0)


@dataclass
class Caused:
    """Sums of some accounts in a month; money is exact list cost, None where no price is known."""

    accounts: set[str] = field(default_factory=set)
    messages: int = 0
    recipients: int = 0
    cost: Decimal | None = NOTHING
    incident_recipients: int = 0
    incident_cost: Decimal = NOTHING

    def told(self) -> dict[str, Any]:
        """As JSON, with the cost of a message and of 1,000 recipients, to a millionth."""
        return {
            "accounts": sorted(self.accounts),
            "messages": self.messages,
            "billable_recipients": self.recipients,
            "cost": plain(self.cost),
            "cost_per_message": _each(self.cost, self.messages, 1),
            "cost_per_1000_recipients": _each(self.cost, self.recipients, 1000),
            "incident_recipients": self.incident_recipients,
            "incident_cost": plain(self.incident_cost),
        }

    def add(self, account: str, messages: int, recipients: int, cost: Decimal | None) -> None:
        """Counts one account's day."""
        self.accounts.add(account)
        self.messages += messages
        self.recipients += recipients
        self.cost = None if self.cost is None or cost is None else self.cost + cost


def incident_costs(
    published: Published, first: date, currency: str
) -> dict[str, tuple[int, Decimal]]:
    """Recipients and money by account that incidents of the month added to what was expected."""
    bounds = {
        "now": published.now,
        "tenant": published.tenant,
        "first": first,
        "last": end_of_month(first),
        "currency": currency,
    }
    rows = records(published.connection, sql(__file__, "incident_costs"), bounds)
    return {row["account"]: (row["recipients"], row["cost"] or NOTHING) for row in rows}


def by_cost_center(
    month: pd.DataFrame, centers: Centers, incidents: Mapping[str, tuple[int, Decimal]]
) -> list[dict[str, Any]]:
    """A row per cost center, the dearest first; what nobody pays for comes last, as null.

    month: account, messages, recipients, cost per day.
    """
    sums: dict[Center | None, Caused] = {}
    for account, messages, recipients, cost in _days(month):
        sums.setdefault(centers.of(account), Caused()).add(account, messages, recipients, cost)
    for account, (recipients, cost) in incidents.items():
        caused = sums.setdefault(centers.of(account), Caused())
        caused.accounts.add(account)
        caused.incident_recipients += recipients
        caused.incident_cost += cost
    order = sorted(sums, key=lambda one: (one is None, -(sums[one].cost or 0), one and one.name))
    return [
        {
            "cost_center": center.name if center else None,
            "owner": center.owner or None if center else None,
            **sums[center].told(),
        }
        for center in order
    ]


def unit_economics(
    month: pd.DataFrame, incidents: Mapping[str, tuple[int, Decimal]]
) -> dict[str, Any]:
    """What a message and 1,000 recipients cost over all accounts, and what incidents cost.

    Nothing is said of recipients that never read: traces do not show it.
    """
    caused = Caused()
    for account, messages, recipients, cost in _days(month):
        caused.add(account, messages, recipients, cost)
    for recipients, cost in incidents.values():
        caused.incident_recipients += recipients
        caused.incident_cost += cost
    told = caused.told()
    told.pop("accounts")
    return told


def _days(month: pd.DataFrame) -> list[tuple[str, int, int, Decimal | None]]:
    names = ("account", "messages", "recipients", "cost")
    columns = [month[name].tolist() for name in names]
    return list(zip(*columns, strict=True))


def _each(cost: Decimal | None, count: int, size: int) -> str | None:
    return None if cost is None or not count else plain((cost * size / count).quantize(MICRO))
