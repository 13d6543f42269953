"""What a silence says of itself: what, how long, against what of the account's own past."""

from __future__ import annotations

from datetime import date

from hve_monitor.plural import plural
from models.incident import Signal

NO_REGULARITY = "not enough regularity to tell"
LASTING = "it has lasted for so long that nobody waits for this account any more"
_MONTHS = {1: "monthly", 2: "two-monthly", 3: "quarterly", 6: "half-yearly"}


def by_mail(hours: float, expected: float, *, has_holes: bool) -> str:
    """Of the mail that is missing; has_holes: hours of the pause were not read."""
    usual = f"{plural(expected, 'recipient')} are usual in that time"
    if has_holes:
        return f"nothing sent in the {duration(hours)} that were read; {usual}"
    return f"nothing sent for {duration(hours)}; {usual}"


def by_time(hours: float, past: str) -> str:
    """Of the length of the pause, beside those of the past (`longest_pause`)."""
    return f"nothing sent for {duration(hours)}; {past}"


def longest_pause(hours: float, *, had_outage: bool) -> str:
    """Of the past; had_outage: there was a longer pause, which is no part of it."""
    aside = "outages aside, " if had_outage else ""
    return f"{aside}its longest pause of the last 90 days was {duration(hours)}"


def by_clock(hour: int, amount: float) -> str:
    """Of the hour by which the account always sends."""
    return (
        f"nothing sent by {hour}:00 local time; for four weeks it always had by then,"
        f" about {plural(amount, 'recipient')} a day"
    )


def by_mailing(due: date, every: int, came: int) -> str:
    """Of a mailing that did not come; every: months, or weeks as a negative number."""
    rhythm = f"{_MONTHS[every]} mailing" if every > 0 else f"mailing of every {-every} weeks"
    return f"the {rhythm} due on {due} has not come; it came {came} times before"


def duration(hours: float) -> str:
    """Hours up to three days, then days."""
    if hours < 1.0:
        return "less than an hour"
    return plural(hours, "hour") if hours < 72.0 else plural(hours / 24.0, "day")


def quiet_signals() -> tuple[Signal, ...]:
    """Signals of sending, of which a silence has none."""
    reason = "nothing was sent in that time"
    names = ("new_recipients", "new_source", "off_hours")
    surge = Signal("surge", 0.0, "quiet", reason)
    return (surge, *(Signal(name, None, "unavailable", reason) for name in names))
