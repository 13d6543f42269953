"""Incidents in words: order, severity marks and what each kind means."""

from __future__ import annotations

from typing import Any

from dashboards.parts.markup import Markup, tag

RANK = {"high": 0, "medium": 1, "low": 2}
SIGNS = {"high": "▲ high", "medium": "◆ medium", "low": "▽ low"}
TONES = {"high": "bad", "medium": "warn", "low": "quiet"}
KINDS = {
    "surge": "more recipients than usual",
    "drift": "more and more, or the same again and again",
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


def by_severity(cards: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Open ones first, then the severest, then the newest (cards come newest first)."""
    return sorted(cards, key=lambda card: (card["status"] != "open", rank(card)))


def open_ones(cards: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The open incidents, severest first."""
    return [card for card in by_severity(cards) if card["status"] == "open"]


def rank(card: dict[str, Any]) -> int:
    """0 for the severest."""
    return RANK.get(card["severity"], 3)


def severity_mark(card: dict[str, Any]) -> Markup:
    """Sign and word; the colour repeats them."""
    severity = card["severity"]
    return tag("span", SIGNS.get(severity, severity), style=f"mark {TONES.get(severity, 'quiet')}")


def what_of(card: dict[str, Any]) -> str:
    """What an incident of that kind is; a kind that is new here by its name."""
    kind = str(card["kind"])
    return KINDS.get(kind, kind.replace("_", " "))
