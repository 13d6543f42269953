"""What a period costs so far and at its end: the one projection of every answer about money.

Cost, budgets, what-if and the pages read it from here. Where statuses are missing two forecasts
are made, without and with the recipients that have none: the truth lies between them.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd

from hve_monitor.clock import days_between
from hve_monitor.files import sql
from models.cost.budgets import BudgetLine
from models.cost.daily import billable_days, priced, unread_of
from models.cost.documents import KnownPart, Range
from models.cost.known import (
    NOTHING,
    AccountNames,
    Key,
    Sums,
    UnreadDays,
    known_part,
    sums_by_account,
    sums_of,
)
from models.forecast.history import HISTORY
from models.forecast.profiles import LEARNING, METHODS
from models.forecast.projection import Estimate, Forecast, forecast_of
from models.money import times
from models.periods import period_of
from models.reference.prices import Tariff, published_prices
from warehouse.reading import Published

_FEWEST_KNOWN, _OF_DAYS = 7, 28  # of the last days of the history
_NO_RANGE: Range = (None, None)
NO_STATUS = "no row carries a delivery status"
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class ProjectedCost:
    """The cost at the end of a period; None where it is not known, which `reason` says.

    end: from the known part. p80, p95 and range hold whatever the unknown recipients cost.
    """

    end: Decimal | None
    p80: Range
    p95: Range
    range: Range
    reason: str | None = None


@dataclass(frozen=True)
class PeriodCost:
    """Some accounts in a period: what is counted of it, and what its end will cost.

    rows: their days of the period, as models.cost.daily.priced. ahead: what is still expected on
    each day, in money; None where the end is not known.
    """

    first: date
    last: date
    rows: pd.DataFrame
    counted: KnownPart
    projected: ProjectedCost
    ahead: list[tuple[date, Decimal]] | None = None


class AccountPeriod(NamedTuple):
    """An account in a period: what is counted of it, what its end will cost, and from what."""

    counted: KnownPart
    projected: ProjectedCost
    method: str


@dataclass(frozen=True)
class CostOutlook:
    """Counted days with their cost, what was not read, and what is to come.

    spent: models.cost.daily.priced, with the name that tells accounts apart. `most` counts every
    unknown recipient as charged.
    """

    spent: pd.DataFrame
    unread: UnreadDays
    least: Forecast
    most: Forecast
    tariff: Tariff
    today: date

    def period(self, first: date, last: date, line: BudgetLine | None = None) -> PeriodCost:
        """The days `first` to `last` of the budget's accounts, or of all."""
        rows, names = self.spent, None
        if line is not None and not self.covers_all(line):
            rows, names = line.of(rows), self._names_of(line)
        own = _between(rows, first, last)
        sums = sums_of(own)
        is_all = line is None or (line.accounts is None and line.tenant is None)
        counted = self._counted(sums, () if is_all else keys_of(rows), first, last)
        least = self.least.period(first, last)
        estimates = least.together(names), self.most.period(first, last).together(names)
        price, reason = self.tariff.mean(rows)[0], self._reason(first, last)
        projected = projected_cost(sums, estimates, price, reason)
        if projected.end is None:
            return PeriodCost(first, last, own, counted, projected)
        ahead = [(day, times(price, n) or NOTHING) for day, n in least.expected_days(names)]
        return PeriodCost(first, last, own, counted, projected, ahead)

    def covers_all(self, line: BudgetLine) -> bool:
        """Whether the budget is about every account that is looked at."""
        return len(line.of(self.spent)) == len(self.spent)

    def by_account(self, first: date, last: date) -> dict[str, AccountPeriod]:
        """The same of each account, by the name that tells it apart."""
        rows = _between(self.spent, first, last)
        by_account = sums_by_account(rows.assign(account=rows["name"]))
        reason = self._reason(first, last)
        forecast, most = self.least.period(first, last), self.most.period(first, last).by_account()
        methods, costs = forecast.methods(), {}
        for account, least in forecast.by_account().items():
            sums = by_account.get(account, Sums())
            key = self._keys_of.get(account)
            counted = self._counted(sums, () if key is None else (key,), first, last)
            price = self.tariff.of(None if key is None else key[0])
            # An account of which no whole day is known has an end only where one was begun.
            is_blank = methods[account] == METHODS[LEARNING] and most[account].month_end == 0.0
            why = reason or (METHODS[LEARNING] if is_blank else None)
            projected = projected_cost(sums, (least, most[account]), price, why)
            method = f"unavailable: {projected.reason}" if projected.reason else methods[account]
            costs[account] = AccountPeriod(counted, projected, method)
        return costs

    def owner(self, account: str) -> str | None:
        """The one tenant whose account it is; None where several or none are."""
        tenants = {tenant for tenant, name in self._keys_of.values() if name == account}
        return tenants.pop() if len(tenants) == 1 else None

    def key(self, name: str) -> tuple[str | None, str]:
        """Tenant and account of a name; without a tenant where only plans know it."""
        return self._keys_of.get(name, (None, name))

    @cached_property
    def unavailable(self) -> str | None:
        """Why nothing can be projected from the known part; None where it can."""
        if not len(self.spent):
            return "no row was read"
        if not self.spent["is_known"].any():
            return NO_STATUS
        history = self.least.table.history
        recent = ~np.isnan(history.values[:, -_OF_DAYS:])
        known, days = int(recent.any(axis=0).sum()), recent.shape[1]
        if not known and history.values.size == 0 and self.spent["day"].min() < self.today:
            return "no whole day is known of any account"
        if days > _FEWEST_KNOWN > known:
            return f"{known} of the {days} days before {history.end} are known"
        return None

    @cached_property
    def _keys_of(self) -> dict[str, Key]:
        accounts = self.spent[["name", "tenant", "account"]].drop_duplicates("name")
        names, tenants, owned = (accounts[column].tolist() for column in accounts)
        return dict(zip(names, zip(tenants, owned, strict=True), strict=True))

    def _reason(self, first: date, last: date) -> str | None:
        """Why the end of a period is not known; None where it is."""
        days = (last - first).days + 1
        is_unread = self.unread.count((), first, last) == days
        if last < self.today and is_unread and _between(self.spent, first, last).empty:
            return f"nothing was read from {first} to {last}"
        return self.unavailable

    def _counted(self, sums: Sums, keys: Collection[Key], first: date, last: date) -> KnownPart:
        last = min(last, self.today)
        days = max((last - first).days + 1, 0)
        return known_part(sums, self.unread.count(keys, first, last), days)

    def _names_of(self, line: BudgetLine) -> set[str]:
        """The accounts of the budget, with those that only plans know."""
        planned = set(self.least.table.accounts) - set(self.spent["name"])
        owned = planned if line.accounts is None else planned & line.accounts
        return set(line.of(self.spent)["name"]) | owned


def cost_outlook(
    published: Published, currency: str, day: date, plans: pd.DataFrame | None = None
) -> CostOutlook:
    """The outlook as known at the published version's `now`, with the prices of `day`.

    plans: announced sends, as models.forecast.planned.plan_frame makes them.
    """
    today, begin = published.now.date(), period_of(day, "year")[0]
    unread = unread_of(published, min(begin, today - HISTORY), today)
    prices = published_prices(published.connection)
    spent = priced(billable_days(published), prices, currency)
    if spent.empty and not unread.by_account:
        unread = UnreadDays({("", ""): [*days_between(begin, today)]})  # no account is known
    tariff = Tariff(prices.of(published.tenant), currency, day, spent)
    return outlook_of(spent, published.now, tariff, unread, incident_extra(published), plans)


def outlook_of(
    spent: pd.DataFrame,
    now: datetime,
    tariff: Tariff,
    unread: UnreadDays,
    extra: pd.DataFrame | None = None,
    plans: pd.DataFrame | None = None,
) -> CostOutlook:
    """The outlook of counted days; extra: what incidents added to them."""
    names = AccountNames.of_keys({*keys_of(spent), *unread.by_account})
    named = spent.assign(name=names.apart(spent)["account"])
    more, planned = (None if rows is None else names.apart(rows) for rows in (extra, plans))

    def forecast(counts: pd.Series) -> Forecast:
        rows = named[["day"]].assign(account=named["name"], recipients=counts)
        return forecast_of(rows, now, more, planned, unread.named(names))

    least = forecast(spent["recipients"].where(spent["is_known"]))
    most = forecast(spent["recipients"] + spent["unknown"]) if spent["unknown"].any() else least
    return CostOutlook(named, unread, least, most, tariff, now.date())


def incident_extra(published: Published) -> pd.DataFrame:
    """tenant, account, day, recipients that incidents added: nothing to learn the future from."""
    return (
        published.connection.execute(
            sql(__file__, "incident_extra"), {"now": published.now, "tenant": published.tenant}
        )
        .df()
        .assign(day=lambda frame: pd.to_datetime(frame["day"]).dt.date)
    )


class _Ends(NamedTuple):
    """Money of an estimate: its end, and both ranges around it."""

    end: Decimal
    p80: tuple[Decimal, Decimal]
    p95: tuple[Decimal, Decimal]


def projected_cost(
    sums: Sums,
    estimates: tuple[Estimate, Estimate],
    price: Decimal | None,
    reason: str | None,
) -> ProjectedCost:
    """Money of two projected counts: without the unknown recipients, and with all of them.

    reason: why it is not known, None where it is.
    """
    low, high = sums.cost, sums.unknown_cost
    if price is None or low is None or high is None:
        return ProjectedCost(None, _NO_RANGE, _NO_RANGE, _NO_RANGE, "no price is known")
    least, most = (
        _ends(estimate, spent, price)
        for estimate, spent in zip(estimates, (low, low + high), strict=True)
    )
    if reason is None and sums.is_status_unknown:
        reason = NO_STATUS
    if reason:
        whole = (low, max(most.end, low)) if reason == NO_STATUS else _NO_RANGE
        return ProjectedCost(None, _NO_RANGE, _NO_RANGE, whole, reason)
    return ProjectedCost(
        least.end,
        (min(least.p80[0], most.p80[0]), max(least.p80[1], most.p80[1])),
        (min(least.p95[0], most.p95[0]), max(least.p95[1], most.p95[1])),
        (min(least.end, most.end), max(least.end, most.end)),
    )


def _ends(estimate: Estimate, spent: Decimal, price: Decimal) -> _Ends:
    """What is spent stays exact, only the rest is an estimate; rounding crosses no end."""

    def cost(recipients: float) -> Decimal:
        return spent + (times(price, max(0.0, recipients - estimate.actual)) or NOTHING)

    end = cost(estimate.month_end)

    def around(ends: tuple[float, float]) -> tuple[Decimal, Decimal]:
        return min(cost(ends[0]), end), max(cost(ends[1]), end)

    return _Ends(end, around(estimate.p80), around(estimate.p95))


def _between(rows: pd.DataFrame, first: date, last: date) -> pd.DataFrame:
    return rows[(rows["day"] >= first) & (rows["day"] <= last)]


def keys_of(rows: pd.DataFrame) -> set[Key]:
    """Tenant and account of every row."""
    pairs = rows[["tenant", "account"]].drop_duplicates()
    return set(zip(pairs["tenant"].tolist(), pairs["account"].tolist(), strict=True))
