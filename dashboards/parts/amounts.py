"""Counts, money, shares and times as people read them. Unknown is a word, never 0."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal

from dashboards.parts.clock import zone_word, zoned
from hve_monitor.clock import parse_time
from hve_monitor.plural import plural
from models.delivery.rate import (
    Counts,
    delivery_rate,
    final_recipients,
    rate_range,
    unknown_recipients,
)

UNKNOWN, NOT_APPLYING = "unknown", "–"  # nobody knows it; there is no such thing
SIGNIFICANT, FEWEST_DECIMALS = 4, 2


def count(number: object) -> str:
    """1,234; `unknown` for a null of any kind."""
    return UNKNOWN if is_unknown(number) else f"{int(str(number)):,}"


def is_unknown(value: object) -> bool:
    """None, NaN and pandas.NA."""
    return value is None or str(value) in ("nan", "<NA>", "NaT", "None")


def money(amount: Decimal | str | None, currency: str) -> str:
    """An amount as 4.831 USD or 9,198.70 USD."""
    return UNKNOWN if amount is None else f"{digits(amount)} {currency}"


def digits(amount: Decimal | str) -> str:
    """The rounded number alone: four digits that say something, and at least two decimals.

    5 is 5.00: of an amount that is exact with fewer digits no more are written.
    """
    value = Decimal(amount)
    places = FEWEST_DECIMALS
    while places < places_of(value) and round(value, places) != value:
        places += 1
    return f"{value:,.{places}f}"


def places_of(amount: Decimal) -> int:
    """Decimals that an amount of this size is read with."""
    return max(FEWEST_DECIMALS, SIGNIFICANT - 1 - amount.adjusted()) if amount else FEWEST_DECIMALS


def rest_of(amount: Decimal | None) -> str:
    """`exactly 3.863454` where the rounded number is another one; empty where it is none."""
    if amount is None or Decimal(digits(amount).replace(",", "")) == amount:
        return ""
    return f"exactly {exact(amount).rstrip('0')}"


def between(bounds: tuple[Decimal | None, Decimal | None] | None) -> str:
    """4.0123 – 4.3768; unknown where a bound is."""
    low, high = bounds or (None, None)
    return UNKNOWN if low is None or high is None else f"{digits(low)} – {digits(high)}"


def exact(amount: Decimal | str | None) -> str:
    """The amount, not rounded, with at least six places so that a column of them lines up."""
    if amount is None:
        return UNKNOWN
    value = Decimal(amount)
    places = max(6, -int(value.normalize().as_tuple().exponent))
    return f"{value:,.{places}f}"


def total(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """Exact sum; None where one of them is unknown."""
    sums = list(amounts)
    known = [amount for amount in sums if amount is not None]
    return sum(known, Decimal(0)) if len(known) == len(sums) else None


def share(part: object, whole: object) -> float | None:
    """part / whole, None where either is unknown or nothing was there to divide."""
    if is_unknown(part) or is_unknown(whole) or int(str(whole)) == 0:
        return None
    return int(str(part)) / int(str(whole))


def percent(ratio: float | None) -> str:
    """98.4 %; never rounded up to 100 or down to 0, which would hide the exceptions."""
    if ratio is None:
        return UNKNOWN
    if 0.9995 <= ratio < 1:
        return "> 99.9 %"
    if 0 < ratio < 0.0005:
        return "< 0.1 %"
    return f"{ratio:,.1%}".replace("%", " %")


def change(now: object, before: object) -> str | None:
    """+12 % against before; None where there is nothing to compare with."""
    ratio = share(now, before)
    return None if ratio is None else f"{ratio - 1:+.0%}".replace("%", " %")


def change_words(ratio: float | None) -> str:
    """+12.3 % of a ratio of change; unknown where there is nothing to compare with."""
    return UNKNOWN if ratio is None else f"{ratio:+,.1%}".replace("%", " %")


def signed(amount: Decimal | None) -> str:
    """+0.3210 of a difference."""
    if amount is None:
        return UNKNOWN
    return f"{'+' if amount > 0 else ''}{digits(amount)}"


def counted(number: int | None, noun: str) -> str:
    """1 recipient, 1,240 recipients, unknown recipients."""
    return f"{UNKNOWN} {noun}s" if number is None else plural(number, noun)


def moment(value: datetime | str | None) -> str:
    """2026-11-24 23:22 UTC as commands write it, or 2026-11-25 00:22 CET on the page's clock."""
    if value is None or is_unknown(value):
        return UNKNOWN
    at = zoned(parse_time(value) if isinstance(value, str) else value)
    return f"{at:%Y-%m-%d %H:%M} {zone_word(at)}"


def day(value: date | str) -> str:
    """2026-11-24."""
    return str(value)[:10]


def age(span: timedelta) -> str:
    """5 min, 3 h, 4 days."""
    minutes = int(span.total_seconds() // 60)
    if minutes < 1:
        return "less than a minute"
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 1440} days"


def delivered_words(counts: Counts) -> str:
    """98.4 % delivered; where statuses are unknown, of how many it is known and the range."""
    rate, bounds = delivery_rate(counts), rate_range(counts)
    if rate is None or bounds is None:
        return "delivery unknown"
    if not unknown_recipients(counts):
        return f"{percent(rate)} delivered"
    return (
        f"{percent(rate)} of {count(final_recipients(counts))} with a known outcome delivered,"
        f" {percents(bounds)} of all: the status of {count(unknown_recipients(counts))} is unknown"
    )


def rate_words(counts: Counts) -> str:
    """98.4 %; where statuses are unknown, the range of the rate."""
    rate, bounds = delivery_rate(counts), rate_range(counts)
    if rate is None or bounds is None:
        return UNKNOWN
    return percents(bounds) if unknown_recipients(counts) else percent(rate)


def known_words(counts: Counts, name: str) -> str:
    """41; ≥ 41 where recipients of unknown status may belong to it."""
    known = counts[name]
    is_least = known is not None and unknown_recipients(counts)
    return f"{'≥ ' if is_least else ''}{count(known)}"


def percents(bounds: tuple[float, float]) -> str:
    """6.4 % to 99.5 %."""
    low, high = bounds
    return percent(low) if low == high else f"{percent(low)} to {percent(high)}"
