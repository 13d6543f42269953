"""Estimates beside Azure's amounts: per billing scope and day.

What Azure does not document (meter, unit, day boundary, lag, rounding, discount) is found by
grouping and reported, so that it can be pinned in the configuration. A day is matched, late (Azure
has not posted it yet), credit (matched beside money given back) or unexplained.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cached_property

from models.invoice.hour_counts import UNKNOWN, HourCounts
from models.invoice.invoiced import InvoiceRow, Meter, ReadSpan, amounts_by_day
from models.invoice.rate import Pinned, Rate, decimals_of
from models.reference.prices import PriceOf

DAY = timedelta(days=1)
LONGEST_LAG_HOURS = 72.0
NOTHING = Decimal(0)


@dataclass(frozen=True)
class Usage:
    """The estimated side of a scope: which accounts, and their recipients per hour."""

    policy: str | None
    hours: HourCounts
    accounts_between: Callable[[datetime, datetime], Mapping[str, int]]
    gap_days: frozenset[date] = frozenset()
    accounts: frozenset[str] | None = None


@dataclass(frozen=True)
class LedgerSettings:
    """What the configuration pins; None is looked for in the amounts."""

    pinned: Pinned = field(default_factory=Pinned)
    lag_hours: float | None = None
    recipients_per_unit: int | None = None
    rounding_digits: int | None = None


@dataclass(frozen=True)
class DayLine:
    """One billing day; amounts are null where nothing is known.

    estimated: list price × delivered of the UTC day; expected: by the rate of the ledger for the
    billing day; usage and credit: of Azure.
    """

    day: date
    estimated: Decimal | None
    expected: Decimal
    usage: Decimal | None
    credit: Decimal
    status: str

    @property
    def invoiced(self) -> Decimal | None:
        """Usage and credits together, None without any row."""
        if self.usage is None and not self.credit:
            return None
        return (self.usage or NOTHING) + self.credit

    @property
    def residual(self) -> Decimal:
        """Usage beyond what is expected; negative when something is missing."""
        return (self.usage or NOTHING) - self.expected


@dataclass(frozen=True)
class ScopeLedger:
    """Everything that is known of one scope in one currency."""

    tenant: str
    scope: str
    currency: str | None
    usage: Usage
    rows: tuple[InvoiceRow, ...]
    meters: tuple[Meter, ...]
    foreign: tuple[Meter, ...]
    is_pinned: bool
    rate: Rate | None
    price_of: PriceOf
    span: ReadSpan
    settings: LedgerSettings

    @property
    def applied_rate(self) -> Rate:
        """The rate of the meter, or list price and UTC days while it is unknown."""
        return self.rate or Rate(Decimal(1), 0, ("delivered",), 0.0, 0, 0)

    @property
    def has_list_price(self) -> bool:
        """Whether the price book knows the currency."""
        return self.price_of(self.span.last.date()) is not None

    def list_price(self, day: date) -> Decimal | None:
        """List price of the day; 1 where the book has none, so that rates are the price itself."""
        return self.price_of(day) if self.has_list_price else Decimal(1)

    @cached_property
    def digits(self) -> int:
        """Decimals that usage rows show."""
        if self.settings.rounding_digits is not None:
            return self.settings.rounding_digits
        return decimals_of([row.amount for row in self.rows if not row.is_credit])

    @cached_property
    def used(self) -> dict[date, Decimal]:
        """Usage per billing day that has a row."""
        return amounts_by_day(row for row in self.rows if not row.is_credit)

    @cached_property
    def credits(self) -> dict[date, Decimal]:
        """Credits per billing day."""
        return amounts_by_day(row for row in self.rows if row.is_credit)

    @cached_property
    def expected(self) -> dict[date, Decimal]:
        """Effective price × counted recipients per billing day, exact."""
        rate = self.applied_rate
        listed = self.usage.hours.exact_costs(rate.counted, rate.starts, self.list_price)
        return {day: cost * rate.ratio for day, cost in listed.items()}

    @cached_property
    def estimated(self) -> dict[date, Decimal]:
        """List price × delivered recipients per UTC day, exact; empty without a list price."""
        if not self.has_list_price:
            return {}
        return self.usage.hours.exact_costs(("delivered",), 0, self.price_of)

    @cached_property
    def unknown(self) -> dict[date, int]:
        """Recipients without a status per billing day."""
        return self.usage.hours.recipients((UNKNOWN,), self.applied_rate.starts)

    @property
    def newest(self) -> date | None:
        """Last billing day with usage: it may be posted in part."""
        return max((day for day, amount in self.used.items() if amount), default=None)

    def slack(self, day: date) -> Decimal:
        """How far usage may be from what is expected by rounding alone."""
        count = sum(1 for row in self.rows if row.day == day and not row.is_credit)
        half = Decimal(max(count, 1)) / 2 * Decimal(1).scaleb(-self.digits)
        return (
            half
            + Decimal("1e-9")
            + Decimal(repr(self.applied_rate.tolerance)) * self.expected_on(day)
        )

    def expected_on(self, day: date) -> Decimal:
        """What is expected of a billing day."""
        return self.expected.get(day, NOTHING)

    def begin(self, day: date) -> datetime:
        """The instant at which a billing day begins."""
        return datetime.combine(day, time(0), UTC) + timedelta(hours=self.applied_rate.starts)

    @cached_property
    def posted_until(self) -> datetime | None:
        """Usage before this instant is invoiced: by the amount of the newest day."""
        newest = self.newest
        if newest is None or self.rate is None or self.span.is_cut:
            return None
        hourly = self.usage.hours.hourly_cost(self.applied_rate.counted, self.list_price)
        start = (newest - self.usage.hours.first).days * 24 + self.applied_rate.starts
        total, goal = 0.0, float(self.used[newest] - self.slack(newest))
        for hour in range(24):
            if total * float(self.applied_rate.ratio) >= goal:
                return self.begin(newest) + timedelta(hours=hour)
            place = start + hour
            total += float(hourly[place]) if 0 <= place < len(hourly) else 0.0
        return self.begin(newest) + DAY

    @property
    def lag_hours(self) -> float | None:
        """Hours by which Azure was behind at the last reading."""
        posted = self.posted_until
        return None if posted is None else (self.span.last - posted) / timedelta(hours=1)

    def days(self) -> Iterator[DayLine]:
        """Every billing day with an estimate or an amount, from the first that was read."""
        first = self.span.first.date()
        last = self.span.last.date()
        known = {*self.expected, *self.used, *self.credits}
        lines = [self._line(day) for day in sorted(known) if first <= day <= last]
        yield from (line for line in lines if line is not None)

    def _line(self, day: date) -> DayLine | None:
        expected, used = self.expected_on(day), self.used.get(day)
        credit = self.credits.get(day, NOTHING)
        estimated = self.estimated.get(day, NOTHING) if self.has_list_price else None
        is_unknown = bool(self.unknown.get(day))
        if not expected and not used and not credit and not estimated and not is_unknown:
            return None
        if not estimated and (is_unknown or day in self.usage.gap_days):
            estimated = None
        return DayLine(day, estimated, expected, used, credit, self._status(day))

    def _status(self, day: date) -> str:
        difference = (self.used.get(day) or NOTHING) - self.expected_on(day)
        if abs(difference) <= self.slack(day):
            return "credit" if self.credits.get(day) else "matched"
        if difference < 0 and self._may_come(day):
            return "late"
        return "unexplained"

    def _may_come(self, day: date) -> bool:
        """Whether the rest of a day can still be on its way: nothing later is posted."""
        newest = self.newest
        longest = timedelta(hours=self.settings.lag_hours or LONGEST_LAG_HOURS)
        is_recent = self.begin(day) + DAY > self.span.last - longest
        return is_recent and (newest is None or day >= newest)
