"""Counts of what was labelled, found and raised beyond the labels."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

Key = tuple[str, str]  # family and strength


@dataclass
class Tally:
    """Counts of one or several tenants. Units: labels, incidents, account-months, hours."""

    labels: Counter[Key] = field(default_factory=Counter)
    found: Counter[Key] = field(default_factory=Counter)
    high: Counter[Key] = field(default_factory=Counter)
    late: Counter[Key] = field(default_factory=Counter)
    delays: dict[Key, list[float]] = field(default_factory=lambda: defaultdict(list))
    alike: Counter[str] = field(default_factory=Counter)
    alike_medium: Counter[str] = field(default_factory=Counter)
    alike_high: Counter[str] = field(default_factory=Counter)
    alike_again: Counter[str] = field(default_factory=Counter)
    beyond: Counter[str] = field(default_factory=Counter)
    habit_months: Counter[str] = field(default_factory=Counter)
    habit_beyond: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    account_months: float = 0.0
    tenant_months: float = 0.0
    naive_found: Counter[tuple[str, float, Key]] = field(default_factory=Counter)
    naive_beyond: Counter[tuple[str, float]] = field(default_factory=Counter)
    quiet_found: Counter[Key] = field(default_factory=Counter)
    quiet_beyond: Counter[Key] = field(default_factory=Counter)

    def add(self, other: Tally) -> None:
        """Add the counts of another tenant."""
        for name, value in vars(other).items():
            own = getattr(self, name)
            if isinstance(own, Counter):
                own.update(value)
            elif isinstance(own, float):
                setattr(self, name, own + value)
            else:
                for family, hours in value.items():
                    own[family].extend(hours)
