"""Sentences with numbers that say why a tabular signal fired."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from hve_monitor.plural import plural


@dataclass(frozen=True)
class SignalNumbers:
    """The numbers of one signal over an incident.

    value, usual, hours: the largest count, the account's own record, and its window; total and
    sent: the signal's count and all recipients over the whole incident. A signal of statuses counts
    in sent those whose status is known; of `unknown` more it is not.
    """

    value: float
    usual: float
    hours: float
    total: float
    sent: float
    unknown: float = 0.0


def sentence(signal: str, numbers: SignalNumbers) -> str:
    """The reason of a signal that fired."""
    return _SENTENCES[signal](numbers)


def _window(numbers: SignalNumbers) -> str:
    if numbers.hours >= 48:
        return f"{numbers.hours / 24:.0f} days"
    return f"{numbers.hours:g} h" if numbers.hours >= 1 else f"{60 * numbers.hours:.0f} min"


def _usually(numbers: SignalNumbers) -> str:
    """The account's own past, beside which the number stands."""
    most = round(numbers.usual)
    within = "" if numbers.hours < 1 else f" in {_window(numbers)}"
    return f"usually at most {most:,}{within}" if most else "none in recent weeks"


def _share(numbers: SignalNumbers) -> str:
    return f"{numbers.total:,.0f} of {plural(numbers.sent, 'recipient')}"


def _new_recipients(numbers: SignalNumbers) -> str:
    return f"{_share(numbers)} were never mailed by this account before; {_usually(numbers)}"


def _fan_out(numbers: SignalNumbers) -> str:
    if numbers.hours < 1:
        return f"one message to {plural(numbers.value, 'recipient')}; {_usually(numbers)}"
    what = f"{plural(numbers.value, 'recipient')} in messages to ten or more"
    return f"{what} in {_window(numbers)}; {_usually(replace(numbers, hours=0.0))}"


def _new_source(numbers: SignalNumbers) -> str:
    return f"{_share(numbers)} came from a network that this account never used before"


def _new_subject(_: SignalNumbers) -> str:
    return "a subject that this account never used before"


def _off_hours(numbers: SignalNumbers) -> str:
    what = f"{plural(numbers.value, 'recipient')} in {_window(numbers)}"
    usually = _usually(replace(numbers, hours=0.0))
    return f"{what} at times when this account hardly ever sends; {usually}"


def _failures(numbers: SignalNumbers) -> str:
    return f"{_share(numbers)} failed{_unknown(numbers)}; {_usually(numbers)}"


def _filtered(numbers: SignalNumbers) -> str:
    return f"{_share(numbers)} were quarantined or filtered{_unknown(numbers)}; {_usually(numbers)}"


def _external(numbers: SignalNumbers) -> str:
    outside = f"{plural(numbers.total, 'recipient')} outside the organisation, all failed"
    return f"{outside}{_unknown(numbers)}; {_usually(numbers)}"


def _unknown(numbers: SignalNumbers) -> str:
    """Recipients of the incident of whom nobody can say it."""
    return f", {numbers.unknown:,.0f} more are unknown" if numbers.unknown else ""


def _repeated(numbers: SignalNumbers) -> str:
    times = f"the same recipient had {plural(numbers.value, 'mail')} in {_window(numbers)}"
    return f"{times}; {_usually(replace(numbers, hours=0.0))}"


def _dormant(numbers: SignalNumbers) -> str:
    first = f"first mail after {plural(numbers.value, 'day')}"
    if round(numbers.usual) < 1:
        return f"{first}; this account never paused for so long before"
    return f"{first}; the longest pause before was {plural(numbers.usual, 'day')}"


def largest_before(record: float) -> str:
    """What an account sent beyond its usual before, at most in one hour."""
    if round(record) <= 0:
        return "this account never sent more than its usual in one hour before"
    most = plural(record, "recipient")
    return f"this account never sent more than {most} above its usual in one hour before"


_MOST_COUNTS = 3
_AFTERWARDS = {
    "new_recipients": "new recipient",
    "new_source": "recipient",
    "failure_storm": "failed recipient",
    "filtered_share": "filtered recipient",
    "external_attempts": "recipient",
}


def afterwards(length: timedelta, counts: Mapping[str, float]) -> str:
    """What came faintly after an incident, for so long."""
    known = {noun: counts[name] for name, noun in _AFTERWARDS.items() if counts.get(name)}
    parts = [plural(number, noun) for noun, number in known.items()][:_MOST_COUNTS]
    hours = max(length / timedelta(hours=1), 1.0)
    what = f": {', '.join(parts)}" if parts else ""
    return f"fainter signs for {hours:.0f} h afterwards{what}"


_SENTENCES: dict[str, Callable[[SignalNumbers], str]] = {
    "new_recipients": _new_recipients,
    "fan_out": _fan_out,
    "new_source": _new_source,
    "new_subject": _new_subject,
    "off_hours": _off_hours,
    "failure_storm": _failures,
    "filtered_share": _filtered,
    "external_attempts": _external,
    "repeated_recipient": _repeated,
    "dormant_account": _dormant,
}
