"""What a planned change would cost: so many sends to so many recipients, from a day on."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from math import ceil
from typing import Any

import pandas as pd

from hve_monitor.document import plain
from hve_monitor.errors import ConfigError
from hve_monitor.files import REFERENCE
from models.cost.budgets import BudgetLine
from models.money import MICRO
from models.periods import MONTHS, end_of_month

_USUAL_DAYS = 90
_MONTHS_SHOWN = 12
_DAYS_A_YEAR = Decimal("365.25")
# Sends a month for one send a day, a week, a month.
_A_MONTH = {"day": _DAYS_A_YEAR / 12, "week": _DAYS_A_YEAR / 84, "month": Decimal(1)}
PriceOf = Callable[[date], Decimal | None]


@dataclass(frozen=True)
class Change:
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
        found: list[date] = []
        begin, period = self.first, 0
        while begin <= end:
            period += 1
            after = self._period(period)
            length = (after - begin).days
            found += [begin + timedelta(days=n * length // self.sends) for n in range(self.sends)]
            begin = after
        return [day for day in found if day <= end]

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
) -> Change:
    """The change as a command line says it: once, or from today for good, unless told.

    Raises: ConfigError.
    """
    if every is not None and every not in _A_MONTH:
        raise ConfigError(f"--every {every}: use one of {', '.join(_A_MONTH)}")
    first, last = _day_of(days[0], "--from") or today, _day_of(days[1], "--until")
    if last is not None and last < first:
        raise ConfigError(f"--until {last}: it is before --from {first}")
    return Change(account.strip().lower(), recipients, sends, every, first, last)


def _day_of(text: str | None, flag: str) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"{flag} {text}: write it as 2026-12-01") from None


def what_if(
    change: Change,
    price_of: PriceOf,
    currency: str,
    usual: pd.DataFrame,
    budgets: Sequence[BudgetLine],
    today: date,
) -> dict[str, Any]:
    """Cost of the change, by month and in all, and what it does to budgets, as JSON.

    usual: account, day, recipients of the past; the level of its last 90 days is what budgets
    bear already.
    JSON: account, currency, unit_price (of the first send), recipients_per_send, sends, every
    (day | week | month | null: once), from, until; cost_per_send; per_month: sends, recipients,
    cost (averages of a year; null when it happens once); months: month, sends, recipients, cost
    (the first twelve); total: the sum of those months; messages: recipients_per_message,
    per_send, per_month and one_list (messages through a distribution list; its members cost the
    same); budgets: name, period, amount, usual, added, together (cost of a whole period),
    used_ratio_before, used_ratio_after, passes (the amount, only because of the change).
    Money is null where the currency has no price, and what needs the usual level where no day
    is known.
    """
    price = price_of(change.first)
    monthly = change.sends_a_month()
    recipients = None if monthly is None else monthly * change.recipients
    months = _months(change, price_of)
    return {
        "account": change.account,
        "currency": currency,
        "unit_price": plain(price),
        "recipients_per_send": change.recipients,
        "sends": change.sends,
        "every": change.every,
        "from": str(change.first),
        "until": None if change.last is None else str(change.last),
        "cost_per_send": _money(price, Decimal(change.recipients)),
        "per_month": None
        if monthly is None or recipients is None
        else {
            "sends": round(float(monthly), 2),
            "recipients": round(recipients),
            "cost": _money(price, recipients),
        },
        "months": months,
        "total": _total(months),
        "messages": _messages(change, monthly),
        "budgets": [
            _budget(line, change, price, usual, today) for line in budgets if _is_of(line, change)
        ],
    }


def _months(change: Change, price_of: PriceOf) -> list[dict[str, Any]]:
    """Months from that of the first send on, each send at the price of its day."""
    last = change.first.replace(day=1) + timedelta(days=31 * _MONTHS_SHOWN)
    by_month: dict[str, list[date]] = {}
    for day in change.days(last.replace(day=1) - timedelta(days=1)):
        by_month.setdefault(f"{day:%Y-%m}", []).append(day)
    rows = []
    for month, days in list(by_month.items())[:_MONTHS_SHOWN]:
        prices = [price_of(day) for day in days]
        known = [price * change.recipients for price in prices if price is not None]
        cost = plain(sum(known, Decimal(0))) if len(known) == len(days) else None
        recipients = len(days) * change.recipients
        rows.append({"month": month, "sends": len(days), "recipients": recipients, "cost": cost})
    return rows


def _total(months: list[dict[str, Any]]) -> dict[str, Any]:
    costs = [month["cost"] for month in months]
    known = None if None in costs else plain(sum(map(Decimal, costs), Decimal(0)))
    counts = {name: sum(month[name] for month in months) for name in ("sends", "recipients")}
    return {**counts, "cost": known}


def _messages(change: Change, monthly: Decimal | None) -> dict[str, Any]:
    limit = recipients_per_message()
    per_send = ceil(change.recipients / limit)
    return {
        "recipients_per_message": limit,
        "per_send": per_send,
        "per_month": None if monthly is None else round(per_send * monthly),
        "one_list": 1,
    }


def _is_of(line: BudgetLine, change: Change) -> bool:
    return line.accounts is None or change.account in line.accounts


def _budget(
    line: BudgetLine, change: Change, price: Decimal | None, usual: pd.DataFrame, today: date
) -> dict[str, Any]:
    """A whole period of the budget, at the usual level and with the change."""
    months, monthly = MONTHS[line.period], change.sends_a_month()
    sends = Decimal(change.sends) if monthly is None else monthly * months
    level, added = _usual_a_month(line, usual, today), sends * change.recipients
    before = None if level is None else level * months
    after = None if before is None else before + added
    ratios = [_ratio(price, count, line.amount) for count in (before, after)]
    return {
        "name": line.name,
        "period": line.period,
        "amount": plain(line.amount),
        "usual": _money(price, before),
        "added": _money(price, added),
        "together": _money(price, after),
        "used_ratio_before": ratios[0],
        "used_ratio_after": ratios[1],
        "passes": None if ratios[0] is None or ratios[1] is None else ratios[0] < 1.0 <= ratios[1],
    }


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
    mine = rows if line.accounts is None else rows[rows["account"].isin(list(line.accounts))]
    days: int = (today - first).days
    return Decimal(int(mine["recipients"].sum())) / days * _A_MONTH["day"]


def _money(price: Decimal | None, recipients: Decimal | None) -> str | None:
    """Rounded to a millionth; averages over a year have no exact amount."""
    if price is None or recipients is None:
        return None
    return plain((price * recipients).quantize(MICRO))


@cache
def recipients_per_message() -> int:
    """Recipients that HVE takes in one message (data/reference/limits.csv)."""
    with (REFERENCE / "limits.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["name"] == "recipients_per_message"]
    return int(max(rows, key=lambda row: row["effective_from"])["value"])
