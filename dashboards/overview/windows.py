"""How much was sent in a window, and whether that window was read at all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dashboards.parts.amounts import UNKNOWN, count
from dashboards.session import readings
from dashboards.session.view import View


@dataclass(frozen=True)
class Sent:
    """Recipients of a window; whole: all that was sent is known, nothing else is a 0."""

    recipients: int
    whole: bool

    @property
    def shown(self) -> str:
        """1,234; at least 1,234; unknown."""
        if self.whole:
            return count(self.recipients)
        return f"≥ {count(self.recipients)}" if self.recipients else UNKNOWN


def sent_in(view: View, since: datetime, until: datetime) -> Sent:
    """Recipients in the whole UTC hours from `since` on, before `until`."""
    recipients = readings.counts(view, since, until).get("recipients", 0)
    return Sent(int(recipients or 0), readings.is_whole(view, since, until))
