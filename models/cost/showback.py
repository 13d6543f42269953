"""What each cost center caused in a month: mail, money, and what incidents added to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

import msgspec
import pandas as pd

from hve_monitor.files import sql
from models.cost.documents import CenterCost, UnitEconomics
from models.cost.known import CountedMonth
from models.engine.sql import records
from models.money import MICRO
from models.periods import end_of_month
from models.reference.cost_centers import Center, Centers
from warehouse.reading import Published


class IncidentCost(NamedTuple):
    """Recipients beyond what was expected of an account, and what they cost; None is unknown."""

    recipients: int
    cost: Decimal | None


@dataclass
class Caused:
    """Days of some accounts in a month (models.cost.daily.priced), and what incidents added.

    accounts: with mail or incidents in it; silent: others that are known.
    """

    accounts: set[str] = field(default_factory=set)
    silent: set[str] = field(default_factory=set)
    rows: list[pd.DataFrame] = field(default_factory=list)
    incidents: list[IncidentCost] = field(default_factory=list)

    def units(self, month: CountedMonth) -> UnitEconomics:
        """The sums with the cost of a message and of 1,000 recipients."""
        rows = pd.concat(self.rows) if self.rows else month.rows.iloc[:0]
        counted = month.counted(rows, self.accounts | self.silent)
        is_unread = rows.empty and counted.billable_recipients is None
        messages, cost = int(rows["messages"].sum()), counted.cost
        known = None if counted.unknown_recipients else cost
        return UnitEconomics(
            **msgspec.structs.asdict(counted),
            messages=None if is_unread else messages,
            cost_per_message=_cost_per(1, known, messages),
            cost_per_1000_recipients=_cost_per(1000, cost, counted.billable_recipients or 0),
            incident_recipients=sum(added.recipients for added in self.incidents),
            incident_cost=None if cost is None else _total(self.incidents),
        )


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
    return {row["account"]: IncidentCost(row["recipients"], row["cost"]) for row in rows}


def by_cost_center(
    month: CountedMonth, centers: Centers, incidents: Mapping[str, IncidentCost]
) -> list[CenterCost]:
    """A row per cost center, the dearest first; what nobody pays for comes last, as null.

    A center is there also where nothing of its accounts is known in the month.
    """
    caused: dict[Center | None, Caused] = {}
    for account in sorted(month.accounts & centers.by_account.keys()):
        caused.setdefault(centers.of(account), Caused()).silent.add(account)
    for name, rows in month.rows.groupby("account"):
        of_center = caused.setdefault(centers.of(str(name)), Caused())
        of_center.accounts.add(str(name))
        of_center.rows.append(rows)
    for account, added in incidents.items():
        of_center = caused.setdefault(centers.of(account), Caused())
        of_center.accounts.add(account)
        of_center.incidents.append(added)
    costs = [_center_cost(center, sums, month) for center, sums in caused.items()]
    return sorted(
        costs, key=lambda row: (row.cost_center is None, -(row.cost or 0), row.cost_center or "")
    )


def _center_cost(center: Center | None, caused: Caused, month: CountedMonth) -> CenterCost:
    return CenterCost(
        **msgspec.structs.asdict(caused.units(month)),
        cost_center=center.name if center else None,
        owner=center.owner or None if center else None,
        accounts=sorted(caused.accounts),
    )


def unit_economics(month: CountedMonth, incidents: Mapping[str, IncidentCost]) -> UnitEconomics:
    """What a message and 1,000 recipients cost over all accounts, and what incidents cost.

    Nothing is claimed of recipients that never read: traces do not show it.
    """
    return Caused(rows=[month.rows], incidents=list(incidents.values())).units(month)


def _total(incidents: Iterable[IncidentCost]) -> Decimal | None:
    """Exact sum; None where one is unknown."""
    costs = [added.cost for added in incidents]
    known = [cost for cost in costs if cost is not None]
    return sum(known, Decimal(0)) if len(known) == len(costs) else None


def _cost_per(size: int, cost: Decimal | None, count: int) -> Decimal | None:
    """To a millionth; None where nothing is known or was sent."""
    return None if cost is None or not count else (cost * size / count).quantize(MICRO)
