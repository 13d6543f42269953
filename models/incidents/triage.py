"""Which incidents to look at first: narrowed, ordered, and those alike taken together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from hve_monitor.document import Document
from hve_monitor.errors import ConfigError
from models.incident import RANK, SUPPORTING, VOLUME, Severity
from models.incidents.cards import IncidentCard, IncidentReport, incident_cards
from models.incidents.runbooks import AUDIENCE
from models.usage.coverage import CoverageReport, coverage_report
from warehouse.reading import Published

ORDERS = ("newest", "severity", "cost")
WAITING = ("open", "ended")
NOBODY = "nobody"
QUIET_KINDS = ("silence", "idle_account")
SIZES = (10, 100, 1_000)  # recipients that were expected
# One and several, as a sentence counts them.
NOUNS = {
    "surge": ("surge", "surges"),
    "ceiling": ("surge above everything", "surges above everything"),
    "drift": ("slow rise", "slow rises"),
    "silence": ("silence", "silences"),
    "new_recipients": ("mailing to new people", "mailings to new people"),
    "new_source": ("new source", "new sources"),
    "external_attempts": ("attempt to write outside", "attempts to write outside"),
    "failure_storm": ("failure storm", "failure storms"),
    "dormant_account": ("dormant account that sends", "dormant accounts that send"),
    "sign_ins": ("case of unusual sign-ins", "cases of unusual sign-ins"),
    "config_change": ("change of settings", "changes of settings"),
    "idle_account": ("idle account", "idle accounts"),
    "spend": ("budget on its way over", "budgets on their way over"),
}


class IncidentGroup(Document):
    """Incidents of one tenant, kind and cause, the first in order first.

    cause: the size of quiet accounts, else the signals that fired beside the volume. words: what
    they are, e.g. `14 silences of accounts with < 10 expected recipients`. extra_cost: None where
    that of any is not known.
    """

    tenant: str
    kind: str
    cause: str
    words: str
    severity: Severity
    newest_at: datetime
    extra_recipients: int
    extra_cost: Decimal | None
    currency: str
    ids: tuple[str, ...]


class TriagedIncidents(IncidentReport, kw_only=True):
    """What `hve incidents` prints of several: how many wait for a verdict, and those alike."""

    waiting: int
    groups: Sequence[IncidentGroup]


@dataclass(frozen=True)
class IncidentFilter:
    """Which incidents are meant; None does not restrict. assigned_to: a name, or `nobody`."""

    severity: str | None = None
    kind: str | None = None
    account: str | None = None
    audience: str | None = None
    assigned_to: str | None = None
    status: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def holds(self, card: IncidentCard) -> bool:
        """Whether the incident is one of them, whatever its status and time."""
        holder = card.assigned_to or NOBODY
        return (
            self.severity in (None, card.severity)
            and self.kind in (None, card.kind)
            and (self.account is None or self.account.lower() == card.account)
            and (self.audience is None or self.audience in card.audience)
            and (self.assigned_to is None or self.assigned_to.casefold() == holder.casefold())
        )


def check_words(wanted: IncidentFilter) -> None:
    """Raises: ConfigError for a word that there is none of; a store may hold kinds of its own."""
    audiences = dict.fromkeys(who for names in AUDIENCE.values() for who in names)
    known = {"severity": tuple(RANK), "kind": tuple(AUDIENCE), "audience": tuple(audiences)}
    for name, options in known.items():
        value = getattr(wanted, name)
        if value is not None and value not in options:
            raise ConfigError(f"--{name} {value}: use one of {', '.join(options)}")


def triaged(published: Published, wanted: IncidentFilter, order: str) -> TriagedIncidents:
    """The incidents that are meant, in order, and groups of those that wait for a verdict.

    Raises: ConfigError for an order, or a word of the filter, that there is none of.
    """
    check_words(wanted)
    if order not in ORDERS:
        raise ConfigError(f"--sort {order}: use one of {', '.join(ORDERS)}")
    cards = incident_cards(published, since=wanted.since, until=wanted.until, status=wanted.status)
    meant = [card for card in cards if wanted.holds(card)]
    return grouped(meant, coverage_report(published), order)


def grouped(
    cards: Sequence[IncidentCard], coverage: CoverageReport, order: str
) -> TriagedIncidents:
    """The cards in order, and groups of those that wait for a verdict."""
    meant = ordered(cards, order)
    waiting = [card for card in meant if is_waiting(card)]
    return TriagedIncidents(
        incidents=meant, coverage=coverage, waiting=len(waiting), groups=groups_of(waiting)
    )


def is_waiting(card: IncidentCard) -> bool:
    """Whether nobody has judged it yet, going on or over."""
    return card.status in WAITING


def ordered(cards: Sequence[IncidentCard], order: str) -> list[IncidentCard]:
    """The cards by order: newest, severest or most costly first; equal ones the newest first."""
    newest = sorted(cards, key=lambda card: card.started_at, reverse=True)
    if order == "severity":
        return sorted(newest, key=lambda card: -RANK[card.severity])
    if order == "cost":
        return sorted(newest, key=lambda card: card.extra_cost or Decimal(0), reverse=True)
    return newest


def groups_of(cards: Sequence[IncidentCard]) -> list[IncidentGroup]:
    """Groups of at least two, the severest first, then the largest."""
    alike: dict[tuple[str, str, str], list[IncidentCard]] = {}
    for card in cards:
        alike.setdefault((card.tenant, card.kind, cause_of(card)), []).append(card)
    groups = [_group(own) for own in alike.values() if len(own) > 1]
    return sorted(groups, key=lambda group: (-RANK[group.severity], -len(group.ids), group.words))


def cause_of(card: IncidentCard) -> str:
    """What makes incidents of a kind alike."""
    if card.kind in QUIET_KINDS:
        return _size(card.expected)
    fired = [
        signal.name.replace("_", " ")
        for signal in card.signals
        if signal.state == "fired" and signal.name not in (*VOLUME, card.kind)
    ]
    reasons = [name for name in fired if name.replace(" ", "_") not in SUPPORTING]
    *first, last = reasons or [""]
    return f"{', '.join(first)} and {last}" if first else last


def _size(expected: float) -> str:
    """How large the accounts are, as `10 to 99`."""
    least = 0
    for most in SIZES:
        if expected < most:
            return f"{least:,} to {most - 1:,}" if least else f"< {most:,}"
        least = most
    return f"{least:,} or more"


def _group(cards: Sequence[IncidentCard]) -> IncidentGroup:
    first, costs = cards[0], [card.extra_cost for card in cards]
    known = [cost for cost in costs if cost is not None]
    return IncidentGroup(
        tenant=first.tenant,
        kind=first.kind,
        cause=cause_of(first),
        words=_words(first, len(cards)),
        severity=max((card.severity for card in cards), key=lambda severity: RANK[severity]),
        newest_at=max(card.started_at for card in cards),
        extra_recipients=sum(card.extra_recipients for card in cards),
        extra_cost=sum(known, Decimal(0)) if len(known) == len(costs) else None,
        currency=first.currency,
        ids=tuple(card.id for card in cards),
    )


def _words(card: IncidentCard, number: int) -> str:
    one, several = NOUNS.get(card.kind, (card.kind, card.kind))
    noun = (one if number == 1 else several).replace("_", " ")
    cause = cause_of(card)
    if card.kind in QUIET_KINDS:
        return f"{number:,} {noun} of accounts with {cause} expected recipients"
    if cause:
        return f"{number:,} {noun} with {cause}"
    return f"{number:,} {noun} by volume alone" if card.kind in VOLUME else f"{number:,} {noun}"
