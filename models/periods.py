"""Calendar periods in UTC days."""

from __future__ import annotations

from datetime import date, timedelta

MONTHS = {"month": 1, "quarter": 3, "year": 12}


def end_of_month(day: date) -> date:
    """Last day of the month that holds the day."""
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def month_after(first: date, steps: int) -> date:
    """First day of the month so many months after the one that begins with `first`."""
    number = first.year * 12 + first.month - 1 + steps
    return date(number // 12, number % 12 + 1, 1)


def period_of(day: date, period: str) -> tuple[date, date]:
    """First and last day of the month, quarter or year that holds the day."""
    length = MONTHS[period]
    month = (day.month - 1) // length * length + 1
    return date(day.year, month, 1), end_of_month(date(day.year, month + length - 1, 1))
