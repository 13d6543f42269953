"""Incidents in words: order, severity marks and what each kind means."""

from __future__ import annotations

from dashboards.parts.markup import Markup, tag
from hve_monitor.plural import plural
from models.incident import RANK, Severity
from models.incidents.cards import IncidentCard, is_unjudged_high

# A table sorts them as text: the signs are in the order of severity.
SIGNS: dict[Severity, str] = {"high": "▲ high", "medium": "◆ medium", "low": "◇ low"}
TONES: dict[Severity, str] = {"high": "bad", "medium": "warn", "low": "quiet"}
KINDS = {
    "surge": "more recipients than usual",
    "drift": "a slow rise, or the same mails repeated",
    "new_recipients": "people this account never wrote to",
    "new_source": "sent from a network it never used",
    "external_attempts": "mail to addresses outside",
    "failure_storm": "mail that fails or is filtered",
    "dormant_account": "an account that was quiet for long sends again",
    "sign_ins": "unusual sign-ins",
    "config_change": "settings were changed",
    "idle_account": "an account that nobody seems to need",
    "ceiling": "far above anything of three months",
    "silence": "nothing sent where mail was expected",
    "spend": "on its way far over a budget",
}


def by_severity(cards: list[IncidentCard]) -> list[IncidentCard]:
    """Open ones, then high ones that nobody judged, then by severity and the newest.

    Cards come newest first.
    """
    return sorted(
        cards,
        key=lambda card: (
            card.status != "open",
            not is_unjudged_high(card),
            -RANK[card.severity],
        ),
    )


def open_ones(cards: list[IncidentCard]) -> list[IncidentCard]:
    """The open incidents, severest first."""
    return [card for card in by_severity(cards) if card.status == "open"]


def unjudged_ones(cards: list[IncidentCard]) -> list[IncidentCard]:
    """High incidents that ended and that nobody judged, the newest first."""
    return [card for card in cards if is_unjudged_high(card)]


def severity_mark(card: IncidentCard) -> Markup:
    """Sign and word; the colour repeats them."""
    return tag("span", SIGNS[card.severity], style=f"mark {TONES[card.severity]}")


def what_of(card: IncidentCard) -> str:
    """What an incident of that kind is; a kind that is new here by its name."""
    return KINDS.get(card.kind, card.kind.replace("_", " "))


def ended_unjudged(number: int) -> str:
    """1 high one ended, not judged."""
    return f"{plural(number, 'high one')} ended, not judged"
