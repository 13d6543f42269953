"""What a planned change would cost: so many sends to so many recipients, from a day on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from math import ceil

from msgspec.structs import asdict

from hve_monitor.addresses import address_of
from hve_monitor.errors import ConfigError
from models.cost.budgets import BudgetLine, passed_on
from models.cost.documents import (
    ChangeCost,
    ChangedBudget,
    ChangedPeriod,
    ChangeMessages,
    ChangeMonth,
    ChangeTotal,
    MonthlyChange,
    Range,
)
from models.cost.outlook import CostOutlook
from models.money import MICRO, times
from models.periods import end_of_month, period_of
from models.reference.limits import recipients_per_message
from models.reference.prices import PriceOf

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
    return PlannedChange(address_of(account).lower(), recipients, sends, every, first, last)


def _day_of(text: str | None, flag: str) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"{flag} {text}: write it as 2026-12-01") from None


def what_if(
    change: PlannedChange,
    price_of: PriceOf,
    currency: str,
    outlook: CostOutlook | None,
    budgets: Sequence[BudgetLine],
    today: date,
) -> ChangeCost:
    """Cost of the change, by month and in all, and what it does to budgets.

    outlook: what budgets bear without the change, None where nothing is known of it.
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
            _budget(line, change, price_of, outlook, today)
            for line in budgets
            if _is_of(line, change)
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
    price_of: PriceOf,
    outlook: CostOutlook | None,
    today: date,
) -> ChangedBudget:
    """The budget's period that holds the first send to come, and the next if the change goes on."""
    begin = max(change.first, today)
    running = _period(line, change, price_of, outlook, begin)
    goes_on = change.every is not None and (change.last is None or change.last > running.last)
    after = running.last + timedelta(days=1)
    return ChangedBudget(
        **asdict(running),
        name=line.name,
        period=line.period,
        amount=line.amount,
        next=_period(line, change, price_of, outlook, after) if goes_on else None,
    )


def _period(
    line: BudgetLine,
    change: PlannedChange,
    price_of: PriceOf,
    outlook: CostOutlook | None,
    begin: date,
) -> ChangedPeriod:
    """The budget's period that holds a day, with the sends from that day on."""
    first, last = period_of(begin, line.period)
    days = [day for day in change.days(last) if day >= begin]
    added = _sum(times(price_of(day), change.recipients) for day in days)
    period = None if outlook is None else outlook.period(first, last, line)
    usual = None if period is None else period.projected.end
    together = _sum([usual, added])
    before, after = _ratio(usual, line.amount), _ratio(together, line.amount)
    day = None if period is None else passed_on(period.rows, line.amount)
    ends = (None, None) if period is None else period.projected.range
    is_passed = True if day else _reaches(ends, line.amount)
    is_changed = _reaches(_with(ends, added), line.amount)
    return ChangedPeriod(
        first=first,
        last=last,
        spent=None if period is None else period.counted.cost,
        usual=usual,
        added=added,
        together=together,
        range=_with(ends, added),
        used_ratio_before=before,
        used_ratio_after=after,
        passes=False if is_passed else is_changed and (None if is_passed is None else True),
        passes_without=is_passed,
        passed_on=day,
    )


def _reaches(ends: Range, amount: Decimal) -> bool | None:
    """Whether a cost between the two ends reaches the amount; None where that is open."""
    low, high = ends
    if low is not None and low >= amount:
        return True
    return False if low is not None and high is not None and high < amount else None


def _with(ends: Range, added: Decimal | None) -> Range:
    return _sum([ends[0], added]), _sum([ends[1], added])


def _ratio(cost: Decimal | None, amount: Decimal) -> float | None:
    return None if cost is None else round(float(cost / amount), 4)


def _money(price: Decimal | None, recipients: Decimal | None) -> Decimal | None:
    """Rounded to a millionth; averages over a year have no exact amount."""
    if price is None or recipients is None:
        return None
    return (price * recipients).quantize(MICRO)
