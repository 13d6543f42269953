"""How serious a surge is, and the sentences that say why."""

from __future__ import annotations

from dataclasses import dataclass

from models.baseline.baseline import LEARNING_DAYS
from models.incident import Severity, Signal, count
from models.incidents.volume.excess import THRESHOLD

_LONG_HOURS = 6
_HUGE = 10_000.0


@dataclass(frozen=True)
class SurgeSize:
    """The numbers of a surge; recipients unless said otherwise."""

    hours: int
    score: float  # times the usual size of an excess
    record: float  # largest excess of one hour before
    observed: int
    expected: float
    interval: tuple[float, float]

    @property
    def extra(self) -> float:
        """Recipients beyond the expected ones."""
        return max(self.observed - self.expected, 0.0)


def surge_severity(size: SurgeSize, support: tuple[Signal, ...], learning_day: int) -> Severity:
    """Severity from size, score and supporting signals; low while the account is learning."""
    fired = len(_fired(support))
    ratio = size.observed / max(size.expected, 1.0)
    # Size alone may be a first mailing; a loop shows itself by its length.
    is_backed = fired > 0 or size.hours >= _LONG_HOURS
    is_huge = size.extra >= max(_HUGE, 10.0 * size.record) and ratio >= 5.0
    if learning_day:
        return "low"
    if (fired >= 2 and size.extra >= 300.0 and ratio >= 3.0) or (is_huge and is_backed):
        return "high"
    if size.extra >= 200.0 and (is_backed or size.score >= 1.5 * THRESHOLD):
        return "medium"
    return "low"


def surge_signal(size: SurgeSize) -> Signal:
    """The surge's own signal: 0.5 at the threshold, towards 1 far above it."""
    reason = f"{size.score:.1f} times the usual size of an excess; {THRESHOLD:.0f} is unusual"
    score = max(size.score, 0.0)
    return Signal("surge", round(score / (score + THRESHOLD), 3), "fired", reason)


def surge_reasons(
    size: SurgeSize, support: tuple[Signal, ...], learning_day: int
) -> tuple[str, ...]:
    """Sentences with numbers: size, own past, signals that fired, learning."""
    low, high = size.interval
    was = f"{count(size.observed, 'recipient')} in {size.hours} h"
    usual = f"{size.expected:,.0f} were expected ({low:,.0f} to {high:,.0f})"
    past = f"the largest excess of one hour before was {count(size.record, 'recipient')}"
    young = f"day {learning_day} of {LEARNING_DAYS} of learning this account"
    return (f"{was}; {usual}", past, *_fired(support), *([young] if learning_day else []))


def _fired(support: tuple[Signal, ...]) -> tuple[str, ...]:
    return tuple(signal.reason for signal in support if signal.state == "fired")
