"""Likely causes of a day on which Azure and the traces differ: leads, no proofs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from hve_monitor.plural import agreeing, plural
from models.invoice.ledger import DayLine, ScopeLedger

DAY = timedelta(days=1)
UNDOCUMENTED = {
    "quarantined": "quarantined recipients",
    "filtered_as_spam": "recipients filtered as spam",
    "failed": "failed recipients",
}


@dataclass(frozen=True)
class Cause:
    """A kind that programs can count, and a sentence for people."""

    kind: str
    text: str


def causes(ledger: ScopeLedger, line: DayLine) -> tuple[Cause, ...]:
    """Likely causes of an unexplained day, the most telling first; none for any other day."""
    return tuple(Suspects(ledger, line.day).causes()) if line.status == "unexplained" else ()


@dataclass(frozen=True)
class Suspects:
    """Everything that could make one billing day differ."""

    ledger: ScopeLedger
    day: date

    @property
    def difference(self) -> Decimal:
        """Invoiced usage beyond what is expected; negative when something is missing."""
        return self._difference_of(self.day)

    def causes(self) -> Iterator[Cause]:
        """Likely causes, the most telling first; at least one."""
        likely = [*self._exact(), *self._general()]
        yield from likely or [Cause("unknown", "nothing that is known explains this day")]

    def _exact(self) -> Iterator[Cause]:
        """Causes whose amount is the difference itself."""
        if not self.ledger.rows:
            yield Cause("meter_unknown", "no meter follows the usage; pin [azure_cost].filter")
            return
        if not self.ledger.used.get(self.day):
            yield Cause("missing_day", f"Azure shows no usage of {self.day}, though later days do")
            return
        yield from self._other_statuses()
        yield from self._neighbours()
        yield from self._accounts()

    def _other_statuses(self) -> Iterator[Cause]:
        rate = self.ledger.applied_rate
        for status, name in UNDOCUMENTED.items():
            if status in rate.counted:
                continue
            costs = self.ledger.usage.hours.exact_costs(
                (status,), rate.starts, self.ledger.list_price
            )
            extra = costs.get(self.day, Decimal(0)) * rate.ratio
            if extra and abs(self.difference - extra) <= self.ledger.slack(self.day):
                yield Cause(f"{status}_counted", f"the difference is the price of {name}")

    def _neighbours(self) -> Iterator[Cause]:
        for other in (self.day - DAY, self.day + DAY):
            moved = self.difference + self._difference_of(other)
            slack = self.ledger.slack(self.day) + self.ledger.slack(other)
            if self.ledger.used.get(other) and abs(moved) <= slack:
                yield Cause("day_boundary", f"{other} differs by as much the other way")

    def _accounts(self) -> Iterator[Cause]:
        """Accounts whose mail of the day costs what is missing."""
        if self.difference >= 0:
            return
        begin = self.ledger.begin(self.day)
        price = self.ledger.list_price(self.day) or Decimal(0)
        for account, count in self.ledger.usage.accounts_between(begin, begin + DAY).items():
            cost = price * count * self.ledger.applied_rate.ratio
            if cost and abs(self.difference + cost) <= self.ledger.slack(self.day):
                yield Cause(
                    "sent_outside_hve",
                    f"the mail of {account} costs what is missing: it may have been sent outside"
                    " HVE, or on another billing policy",
                )

    def _general(self) -> Iterator[Cause]:
        """Causes that fit the sign alone."""
        if not self.ledger.used.get(self.day):
            return
        if unknown := self.ledger.unknown.get(self.day):
            have = agreeing(unknown, "has", "have")
            text = f"{plural(unknown, 'recipient')} of this day {have} no status"
            yield Cause("status_unknown", text)
        if self.day in self.ledger.usage.gap_days:
            yield Cause("coverage", "our own traces of this day have gaps")
        if self.difference < 0:
            yield Cause(
                "sent_outside_hve",
                "the traces hold more than Azure charged: an address may also send outside HVE,"
                " or a credit is part of the amount",
            )
        elif len(self.ledger.meters) > 1:
            names = ", ".join(map(str, self.ledger.meters))
            yield Cause("foreign_meter", f"the pinned filter holds several meters: {names}")
        else:
            yield Cause(
                "unread_account",
                "Azure charged more than the traces hold: an account that is not read, or"
                " statuses that count",
            )

    def _difference_of(self, day: date) -> Decimal:
        return self.ledger.used.get(day, Decimal(0)) - self.ledger.expected_on(day)
