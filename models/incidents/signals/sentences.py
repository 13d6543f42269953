"""Sentences with numbers that say why a tabular signal fired."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from models.incident import count


@dataclass(frozen=True)
class Told:
    """The numbers of one signal over an incident.

    value, usual, hours: the largest finding, the account's own record, and its window; total and
    sent: the signal's count and all recipients over the whole incident.
    """

    value: float
    usual: float
    hours: float
    total: float
    sent: float


def sentence(signal: str, told: Told) -> str:
    """The reason of a signal that fired."""
    return _SENTENCES[signal](told)


def _window(told: Told) -> str:
    if told.hours >= 48:
        return f"{told.hours / 24:.0f} days"
    return f"{told.hours:g} h" if told.hours >= 1 else f"{60 * told.hours:.0f} min"


def _most(told: Told) -> str:
    return f"the most of recent weeks was {told.usual:,.0f}"


def _share(told: Told) -> str:
    return f"{told.total:,.0f} of {count(told.sent, 'recipient')}"


def _new_recipients(told: Told) -> str:
    most = f"{told.value:,.0f} of them in {_window(told)}, {_most(told)}"
    return f"{_share(told)} were never mailed by this account before; {most}"


def _fan_out(told: Told) -> str:
    if told.hours < 1:
        return f"a message to {count(told.value, 'recipient')}; {_most(told)}"
    what = f"{count(told.value, 'recipient')} in messages to ten or more"
    return f"{what} in {_window(told)}; {_most(told)}"


def _new_source(told: Told) -> str:
    return f"{_share(told)} came from a network that this account never used before"


def _new_subject(_told: Told) -> str:
    return "a subject that this account never used before"


def _off_hours(told: Told) -> str:
    what = f"{count(told.value, 'recipient')} in {_window(told)}"
    return f"{what} in hours of the week that are nearly empty; {_most(told)}"


def _failures(told: Told) -> str:
    return f"{_share(told)} failed; {told.value:,.0f} in {_window(told)}, {_most(told)}"


def _filtered(told: Told) -> str:
    many = f"{told.value:,.0f} in {_window(told)}, {_most(told)}"
    return f"{_share(told)} were quarantined or filtered as spam; {many}"


def _external(told: Told) -> str:
    return f"{count(told.total, 'recipient')} outside the organisation, all of them failed"


def _repeated(told: Told) -> str:
    times = f"the same recipient had {count(told.value, 'mail')} in {_window(told)}"
    return f"{times}; {_most(told)}"


def _dormant(told: Told) -> str:
    return f"first mail after {told.value:.0f} days; the longest pause before was {told.usual:.0f}"


_SENTENCES: dict[str, Callable[[Told], str]] = {
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
