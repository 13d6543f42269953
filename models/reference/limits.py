"""Limits that Microsoft publishes, by the day from which each holds.

Source: data/reference/limits.csv, every row with its own source.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache

from hve_monitor.files import reference_rows


@dataclass(frozen=True)
class Limit:
    """A limit from a day on; `value` is text, because one is a month (YYYY-MM)."""

    effective_from: date
    value: str
    verified: bool

    @property
    def number(self) -> int:
        """The value as a count. Raises: ValueError where it is none."""
        return int(self.value)


def limit(name: str, day: date) -> Limit:
    """The limit that holds on the day; before the first row, which may be younger, that one.

    Raises: KeyError for a name without a row.
    """
    rows = _limits()[name]
    return next((row for row in reversed(rows) if row.effective_from <= day), rows[0])


def recipients_per_message(day: date) -> int:
    """Recipients that HVE takes in one message."""
    return limit("recipients_per_message", day).number


@cache
def _limits() -> dict[str, list[Limit]]:
    """Rows by name, oldest first; of one day the last holds."""
    limits: dict[str, list[Limit]] = {}
    for row in reference_rows("limits"):
        day = date.fromisoformat(row["effective_from"])
        limits.setdefault(row["name"], []).append(
            Limit(day, row["value"], row["verified"] == "true")
        )
    return {name: sorted(rows, key=lambda row: row.effective_from) for name, rows in limits.items()}
