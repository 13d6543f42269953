"""What each cost center caused in a month: mail, money, and what incidents added to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

import msgspec
import pandas as pd

from hve_monitor.files import sql
from models.cost.documents import CenterCost, UnitEconomics
from models.engine.sql import records
from models.money import MICRO
from models.periods import end_of_month
from models.reference.cost_centers import Center, Centers
from warehouse.reading import Published

NOTHING = Decimal(0)


class IncidentCost(NamedTuple):
    """Recipients beyond what was expected of an account, and what they cost."""

    recipients: int
    cost: Decimal


@dataclass
class Caused:
    """Sums of some accounts in a month; money is exact list cost, None where no price is known."""

    accounts: set[str] = field(default_factory=set)
    messages: int = 0
    recipients: int = 0
    cost: Decimal | None = NOTHING
    incident_recipients: int = 0
    incident_cost: Decimal = NOTHING

    def units(self) -> UnitEconomics:
        """The sums with the cost of a message and of 1,000 recipients."""
        return UnitEconomics(
            messages=self.messages,
            billable_recipients=self.recipients,
            cost=self.cost,
            cost_per_message=_cost_per(1, self.cost, self.messages),
            cost_per_1000_recipients=_cost_per(1000, self.cost, self.recipients),
            incident_recipients=self.incident_recipients,
            incident_cost=self.incident_cost,
        )

    def add(self, account: str, messages: int, recipients: int, cost: Decimal | None) -> None:
        """Counts one account's day."""
        self.accounts.add(account)
        self.messages += messages
        self.recipients += recipients
        self.cost = None if self.cost is None or cost is None else self.cost + cost

    def add_incidents(self, account: str, added: IncidentCost) -> None:
        """Counts what incidents of an account added."""
        self.accounts.add(account)
        self.incident_recipients += added.recipients
        self.incident_cost += added.cost


def incident_costs(published: Published, first: date, currency: str) -> dict[str, IncidentCost]:
    """What incidents of the month that begins with `first` added, by account."""
    bounds = {
        "now": published.now,
        "tenant": published.tenant,
        "first": first,
        "last": end_of_month(first),
        "currency": currency,
    }
    rows = records(published.connection, sql(__file__, "incident_costs"), bounds)
    return {row["account"]: IncidentCost(row["recipients"], row["cost"] or NOTHING) for row in rows}


def by_cost_center(
    month: pd.DataFrame, centers: Centers, incidents: Mapping[str, IncidentCost]
) -> list[CenterCost]:
    """A row per cost center, the dearest first; what nobody pays for comes last, as null.

    month: account, messages, recipients, cost per day.
    """
    sums: dict[Center | None, Caused] = {}
    for account, messages, recipients, cost in _days(month):
        sums.setdefault(centers.of(account), Caused()).add(account, messages, recipients, cost)
    for account, added in incidents.items():
        sums.setdefault(centers.of(account), Caused()).add_incidents(account, added)
    order = sorted(
        sums, key=lambda center: (center is None, -(sums[center].cost or 0), center and center.name)
    )
    return [_center_cost(center, sums[center]) for center in order]


def _center_cost(center: Center | None, caused: Caused) -> CenterCost:
    return CenterCost(
        cost_center=center.name if center else None,
        owner=center.owner or None if center else None,
        accounts=sorted(caused.accounts),
        **msgspec.structs.asdict(caused.units()),
    )


def unit_economics(month: pd.DataFrame, incidents: Mapping[str, IncidentCost]) -> UnitEconomics:
    """What a message and 1,000 recipients cost over all accounts, and what incidents cost.

    Nothing is claimed of recipients that never read: traces do not show it.
    """
    caused = Caused()
    for account, messages, recipients, cost in _days(month):
        caused.add(account, messages, recipients, cost)
    for account, added in incidents.items():
        caused.add_incidents(account, added)
    return caused.units()


def _days(month: pd.DataFrame) -> list[tuple[str, int, int, Decimal | None]]:
    names = ("account", "messages", "recipients", "cost")
    columns = [month[name].tolist() for name in names]
    return list(zip(*columns, strict=True))


def _cost_per(size: int, cost: Decimal | None, count: int) -> Decimal | None:
    """To a millionth; None where nothing is known or was sent."""
    return None if cost is None or not count else (cost * size / count).quantize(MICRO)
