"""What a planned change would cost: so many sends to so many recipients, from a day on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from math import ceil

import pandas as pd

from hve_monitor.errors import ConfigError
from models.cost.budgets import BudgetLine
from models.cost.documents import (
    ChangeCost,
    ChangedBudget,
    ChangeMessages,
    ChangeMonth,
    ChangeTotal,
    MonthlyChange,
)
from models.money import MICRO, times
from models.periods import MONTHS, end_of_month
from models.reference.limits import recipients_per_message
from models.reference.prices import PriceOf

_USUAL_DAYS = 90
_MONTHS_SHOWN = 12
_DAYS_A_YEAR = Decimal("365.25")
# Sends a month for one send a day, a week, a month.
_A_MONTH = {"day": _DAYS_A_YEAR / 12, "week": _DAYS_A_YEAR / 84, "month": Decimal(1)}


@dataclass(frozen=True)
class PlannedChange:
    """`sends` sends every day, week or month (None: once) in [first, last] to `recipients` each."""

    account: str
    recipients: int
    sends: int
    every: str | None
    first: date
    last: date | None = None

    def sends_a_month(self) -> Decimal | None:
        """On average over the year; None when it happens once."""
        return None if self.every is None else self.sends * _A_MONTH[self.every]

    def days(self, until: date) -> list[date]:
        """Day of every send up to `until`, spread evenly over each day, week or month."""
        if self.every is None:
            return [self.first] * self.sends
        end = until if self.last is None else min(self.last, until)
        days: list[date] = []
        begin, period = self.first, 0
        while begin <= end:
            period += 1
            after = self._period(period)
            length = (after - begin).days
            days += [begin + timedelta(days=n * length // self.sends) for n in range(self.sends)]
            begin = after
        return [day for day in days if day <= end]

    def _period(self, number: int) -> date:
        """First day of a later day, week or month, counted from the first send."""
        if self.every == "month":
            year, month = divmod(self.first.year * 12 + self.first.month - 1 + number, 12)
            start = date(year, month + 1, 1)
            return start.replace(day=min(self.first.day, end_of_month(start).day))
        return self.first + timedelta(days=number * (7 if self.every == "week" else 1))


def change_of(
    account: str,
    recipients: int,
    sends: int,
    every: str | None,
    days: tuple[str | None, str | None],
    today: date,
) -> PlannedChange:
    """The change of a command line: once, or else from today on for good.

    days: the first and the last day as text (YYYY-MM-DD), None where they are left open.

    Raises: ConfigError.
    """
    if every is not None and every not in _A_MONTH:
        raise ConfigError(f"--every {every}: use one of {', '.join(_A_MONTH)}")
    first, last = _day_of(days[0], "--from") or today, _day_of(days[1], "--until")
    if last is not None and last < first:
        raise ConfigError(f"--until {last}: it is before --from {first}")
    return PlannedChange(account.strip().lower(), recipients, sends, every, first, last)


def _day_of(text: str | None, flag: str) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"{flag} {text}: write it as 2026-12-01") from None


def what_if(
    change: PlannedChange,
    price_of: PriceOf,
    currency: str,
    usual: pd.DataFrame,
    budgets: Sequence[BudgetLine],
    today: date,
) -> ChangeCost:
    """Cost of the change, by month and in all, and what it does to budgets.

    usual: account, day, recipients of the past; the level of its last 90 days is what budgets
    bear already.
    """
    price = price_of(change.first)
    months = _months(change, price_of)
    return ChangeCost(
        account=change.account,
        currency=currency,
        unit_price=price,
        recipients_per_send=change.recipients,
        sends=change.sends,
        every=change.every,
        first=change.first,
        last=change.last,
        cost_per_send=_money(price, Decimal(change.recipients)),
        per_month=_per_month(change, price),
        months=months,
        total=_total(months),
        messages=_messages(change),
        budgets=[
            _budget(line, change, price, usual, today) for line in budgets if _is_of(line, change)
        ],
    )


def _per_month(change: PlannedChange, price: Decimal | None) -> MonthlyChange | None:
    sends = change.sends_a_month()
    if sends is None:
        return None
    recipients = sends * change.recipients
    return MonthlyChange(
        sends=round(float(sends), 2), recipients=round(recipients), cost=_money(price, recipients)
    )


def _months(change: PlannedChange, price_of: PriceOf) -> list[ChangeMonth]:
    """Months from that of the first send on, each send at the price of its day."""
    last = change.first.replace(day=1) + timedelta(days=31 * _MONTHS_SHOWN)
    by_month: dict[str, list[date]] = {}
    for day in change.days(last.replace(day=1) - timedelta(days=1)):
        by_month.setdefault(f"{day:%Y-%m}", []).append(day)
    return [
        ChangeMonth(
            month=month,
            sends=len(days),
            recipients=len(days) * change.recipients,
            cost=_sum(times(price_of(day), change.recipients) for day in days),
        )
        for month, days in list(by_month.items())[:_MONTHS_SHOWN]
    ]


def _total(months: Sequence[ChangeMonth]) -> ChangeTotal:
    return ChangeTotal(
        sends=sum(month.sends for month in months),
        recipients=sum(month.recipients for month in months),
        cost=_sum(month.cost for month in months),
    )


def _sum(costs: Iterable[Decimal | None]) -> Decimal | None:
    """Exact sum; None where one is unknown."""
    amounts = list(costs)
    known = [amount for amount in amounts if amount is not None]
    return sum(known, Decimal(0)) if len(known) == len(amounts) else None


def _messages(change: PlannedChange) -> ChangeMessages:
    limit, monthly = recipients_per_message(change.first), change.sends_a_month()
    per_send = ceil(change.recipients / limit)
    return ChangeMessages(
        recipients_per_message=limit,
        per_send=per_send,
        per_month=None if monthly is None else round(per_send * monthly),
        one_list=1,
    )


def _is_of(line: BudgetLine, change: PlannedChange) -> bool:
    return line.accounts is None or change.account in line.accounts


def _budget(
    line: BudgetLine,
    change: PlannedChange,
    price: Decimal | None,
    usual: pd.DataFrame,
    today: date,
) -> ChangedBudget:
    """A whole period of the budget, at the usual level and with the change."""
    months, monthly = MONTHS[line.period], change.sends_a_month()
    sends = Decimal(change.sends) if monthly is None else monthly * months
    level, added = _usual_a_month(line, usual, today), sends * change.recipients
    before = None if level is None else level * months
    after = None if before is None else before + added
    ratios = [_ratio(price, count, line.amount) for count in (before, after)]
    return ChangedBudget(
        name=line.name,
        period=line.period,
        amount=line.amount,
        usual=_money(price, before),
        added=_money(price, added),
        together=_money(price, after),
        used_ratio_before=ratios[0],
        used_ratio_after=ratios[1],
        passes=None if ratios[0] is None or ratios[1] is None else ratios[0] < 1.0 <= ratios[1],
    )


def _ratio(price: Decimal | None, recipients: Decimal | None, amount: Decimal) -> float | None:
    if price is None or recipients is None:
        return None
    return round(float(price * recipients / amount), 4)


def _usual_a_month(line: BudgetLine, usual: pd.DataFrame, today: date) -> Decimal | None:
    """Recipients a month of the budget's accounts, mean of up to 90 whole days; None: no day."""
    whole = usual[usual["day"] < today] if len(usual) else usual
    if whole.empty:
        return None
    first = max(min(whole["day"]), today - timedelta(days=_USUAL_DAYS))
    rows = whole[whole["day"] >= first]
    if line.accounts is not None:
        rows = rows[rows["account"].isin(list(line.accounts))]
    days: int = (today - first).days
    return Decimal(int(rows["recipients"].sum())) / days * _A_MONTH["day"]


def _money(price: Decimal | None, recipients: Decimal | None) -> Decimal | None:
    """Rounded to a millionth; averages over a year have no exact amount."""
    if price is None or recipients is None:
        return None
    return (price * recipients).quantize(MICRO)
