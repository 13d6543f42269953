"""Which delivery statuses are charged, and since when.

Source: data/reference/metering_rules.csv; Microsoft documents delivered recipients alone, so the
others can be switched in the configuration.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import NamedTuple

from hve_monitor.config import MeteringRule
from hve_monitor.files import reference_rows

OPEN_END = date(9999, 12, 31)


# Names and fields are part of Reference.version: other ones let every store be built anew.
@dataclass(frozen=True)
class Rule:
    """A status counts, or does not, from a day on."""

    effective_from: date
    status: str
    is_billable: bool
    verified: bool = False


class BillableSpan(NamedTuple):
    """Days in which a status is charged, from the first to before `until`."""

    status: str
    first: date
    until: date


@dataclass(frozen=True)
class MeteringRules:
    """All rules, oldest first; of one day the last holds."""

    rules: tuple[Rule, ...]

    def with_switches(self, switches: Sequence[MeteringRule]) -> MeteringRules:
        """The rules with those of the configuration, which replace later ones of their status."""
        rules = list(self.rules)
        for switch in switches:
            rules = [
                rule
                for rule in rules
                if rule.status != switch.status or rule.effective_from < switch.effective_from
            ]
            rules.append(Rule(switch.effective_from, switch.status, switch.is_billable))
        return MeteringRules(tuple(sorted(rules, key=lambda rule: rule.effective_from)))

    def billable(self, day: date) -> tuple[str, ...]:
        """Statuses that are charged on the day."""
        begun = [rule for rule in self.rules if rule.effective_from <= day]
        latest = {rule.status: rule.is_billable for rule in begun}
        return tuple(sorted(status for status, is_billable in latest.items() if is_billable))

    def spans(self) -> list[BillableSpan]:
        """The spans of every status, which never overlap."""
        spans = []
        for status in sorted({rule.status for rule in self.rules}):
            rules = [rule for rule in self.rules if rule.status == status]
            ends = [rule.effective_from for rule in rules[1:]] + [OPEN_END]
            spans += [
                BillableSpan(status, rule.effective_from, end)
                for rule, end in zip(rules, ends, strict=True)
                if rule.is_billable and rule.effective_from < end
            ]
        return spans

    def unverified(self) -> tuple[str, ...]:
        """Statuses whose rule Microsoft does not document."""
        latest = {rule.status: rule.verified for rule in self.rules}
        return tuple(sorted(status for status, verified in latest.items() if not verified))


@cache
def read_metering_rules() -> MeteringRules:
    """The rules of the product."""
    rules = [
        Rule(
            date.fromisoformat(row["effective_from"]),
            row["status"],
            row["is_billable"] == "true",
            row["verified"] == "true",
        )
        for row in reference_rows("metering_rules")
    ]
    return MeteringRules(tuple(sorted(rules, key=lambda rule: rule.effective_from)))
