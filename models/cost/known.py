"""What is known of a count and of its cost, where statuses are missing or days were not read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pandas as pd

from models.cost.documents import KnownPart

NOTHING = Decimal(0)
Key = tuple[str, str]  # tenant and account


@dataclass
class Sums:
    """Sums of some rows; money is None where a price is missing."""

    rows: int = 0
    known_rows: int = 0
    recipients: int = 0
    unknown: int = 0
    cost: Decimal | None = NOTHING
    unknown_cost: Decimal | None = NOTHING

    def add(
        self,
        is_known: bool,
        recipients: int,
        unknown: int,
        cost: Decimal | None,
        unknown_cost: Decimal | None,
    ) -> None:
        """Counts one row."""
        self.rows += 1
        self.known_rows += is_known
        self.recipients += recipients
        self.unknown += unknown
        self.cost = None if self.cost is None or cost is None else self.cost + cost
        if self.unknown_cost is not None:
            self.unknown_cost = None if unknown_cost is None else self.unknown_cost + unknown_cost

    def join(self, other: Sums) -> None:
        """Counts the rows of the other as well."""
        self.rows += other.rows
        self.known_rows += other.known_rows
        self.recipients += other.recipients
        self.unknown += other.unknown
        self.cost = _sum(self.cost, other.cost)
        self.unknown_cost = _sum(self.unknown_cost, other.unknown_cost)

    @property
    def is_status_unknown(self) -> bool:
        """Whether there are rows, and none carries a status."""
        return self.rows > 0 and not self.known_rows


def _sum(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return None if one is None or other is None else one + other


def sums_of(rows: pd.DataFrame) -> Sums:
    """Of models.cost.daily.priced."""
    sums = Sums()
    for values in _columns(rows):
        sums.add(*values)
    return sums


def sums_by_account(rows: pd.DataFrame) -> dict[str, Sums]:
    """Of the same, for each account."""
    sums: dict[str, Sums] = {}
    for account, values in zip(rows["account"].tolist(), _columns(rows), strict=True):
        sums.setdefault(account, Sums()).add(*values)
    return sums


def _columns(rows: pd.DataFrame) -> Iterator[tuple[Any, ...]]:
    names = ("is_known", "recipients", "unknown", "cost", "unknown_cost")
    return zip(*(rows[name].tolist() for name in names), strict=True)


def known_part(sums: Sums, unread_days: int, days: int) -> KnownPart:
    """The known part of `days` days of an account, or of several accounts.

    Days that were read and have no row are 0.
    """
    is_unread = not sums.rows and unread_days >= days > 0
    is_nothing = is_unread or sums.is_status_unknown
    cost, more = sums.cost, sums.unknown_cost
    most = None if cost is None or more is None else cost + more
    return KnownPart(
        billable_recipients=None if is_nothing else sums.recipients,
        cost=None if is_nothing else cost,
        unknown_recipients=sums.unknown,
        unread_days=unread_days,
        range=(None, None) if is_unread or most is None else (cost, most),
    )


def sum_of(costs: pd.Series) -> Decimal | None:
    """Exact sum; None where one of them is unknown."""
    amounts = costs.tolist()
    return None if any(amount is None for amount in amounts) else sum(amounts, NOTHING)


@dataclass(frozen=True)
class AccountNames:
    """Names that tell accounts apart; shared: those of accounts that several tenants have."""

    shared: frozenset[str]

    @classmethod
    def of_keys(cls, keys: Iterable[Key]) -> AccountNames:
        """The names of these accounts."""
        times = Counter(account for _, account in set(keys))
        return cls(frozenset(account for account, count in times.items() if count > 1))

    def of(self, tenant: str | None, account: str) -> str:
        """The account's own name, followed by its tenant where several have it."""
        return f"{account} {tenant}".lower() if account in self.shared else account

    def apart(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Rows (tenant, account) with these names as their accounts; null stays null."""
        if not self.shared:
            return rows
        pairs = zip(rows["tenant"], rows["account"], strict=True)
        names = [self.of(*pair) if isinstance(pair[1], str) else None for pair in pairs]
        return rows.assign(account=pd.Series(names, rows.index, dtype="object"))


@dataclass(frozen=True)
class UnreadDays:
    """The UTC days of each account that were not read wholly, until today."""

    by_account: Mapping[Key, Collection[date]]

    def named(self, names: AccountNames) -> dict[str, Collection[date]]:
        """The same by the name that tells accounts apart."""
        return {names.of(*key): days for key, days in self.by_account.items()}

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
        return known_part(sums_of(rows), unread, max((self.last - self.first).days + 1, 0))
