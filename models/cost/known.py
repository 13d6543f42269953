"""What is known of a count and of its cost, where statuses are missing or days were not read."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pandas as pd

from models.cost.documents import KnownPart

NOTHING = Decimal(0)
Key = tuple[str, str]  # tenant and account


def known_part(rows: pd.DataFrame, unread_days: int, days: int) -> KnownPart:
    """The known part of `days` days of an account, or of several accounts.

    rows: recipients, unknown (recipients), is_known, cost, unknown_cost (models.cost.daily). Days
    that were read and have no row are 0.
    """
    known = rows.loc[rows["is_known"]]
    is_nothing = known.empty and (len(rows) > 0 or unread_days >= days > 0)
    cost, more = sum_of(known["cost"]), sum_of(rows["unknown_cost"])
    most = None if cost is None or more is None else cost + more
    is_open = more is None or (is_nothing and rows.empty)
    return KnownPart(
        billable_recipients=None if is_nothing else int(known["recipients"].sum()),
        cost=None if is_nothing else cost,
        unknown_recipients=int(rows["unknown"].sum()),
        unread_days=unread_days,
        range=(None, None) if is_open else (cost, most),
    )


def sum_of(costs: pd.Series) -> Decimal | None:
    """Exact sum; None where one of them is unknown."""
    amounts = costs.tolist()
    return None if any(amount is None for amount in amounts) else sum(amounts, NOTHING)


@dataclass(frozen=True)
class UnreadDays:
    """The UTC days of each account that were not read wholly, until today."""

    by_account: Mapping[Key, Collection[date]]

    def named(self) -> dict[str, frozenset[date]]:
        """The same by the account's name alone."""
        days: dict[str, frozenset[date]] = {}
        for (_, account), unread in self.by_account.items():
            days[account] = days.get(account, frozenset()) | frozenset(unread)
        return days

    def count(self, keys: Collection[Key], first: date, last: date) -> int:
        """Days from `first` to `last` of which some of the accounts lack something.

        Without accounts: those of all.
        """
        missing: set[date] = set()
        for key in keys or self.by_account:
            missing.update(self.by_account.get(key, ()))
        return sum(first <= day <= last for day in missing)


@dataclass(frozen=True)
class CountedMonth:
    """The rows of a month (models.cost.daily.priced), and which of its days were not read.

    last: of its days until today; before `first` where none has come. accounts: every account that
    is known, of whatever time.
    """

    rows: pd.DataFrame
    unread: UnreadDays
    first: date
    last: date
    accounts: frozenset[str] = frozenset()

    def counted(self, rows: pd.DataFrame, accounts: Collection[str]) -> KnownPart:
        """What is known of some accounts, whose rows these are."""
        keys = {key for key in self.unread.by_account if key[1] in accounts}
        unread = self.unread.count(keys, self.first, self.last) if keys or not accounts else 0
        return known_part(rows, unread, max((self.last - self.first).days + 1, 0))
