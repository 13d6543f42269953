"""What may have to be told: incidents and budget thresholds, in one form for every target.

Whoever has something else to tell makes `Candidate`s of it; routing, outbox and wording ask for
nothing more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Literal
from urllib.parse import quote

from hve_monitor.clock import iso
from hve_monitor.config import Alerts, Config, CostMinimum, Tenant
from models.incidents.cards import incident_cards
from models.periods import period_of
from warehouse.reading import Published

Standing = Literal["going_on", "over", "judged"]
INCIDENT, BUDGET = "incident", "budget"
CLOSED_AFTER = timedelta(hours=72)  # as in models/incidents/incidents.sql


@dataclass(frozen=True)
class Candidate:
    """One thing that can be told once for each stage.

    `key` is the same in every run. `size` is what growing is measured by and `strength` how many
    times the expected one it is; 0 where that means nothing. `parts` is what the text is made of:
    title, account, what, more, since, money, why, next, link, details; data is plain text in it.
    """

    kind: str
    key: str
    tenant: str
    audience: tuple[str, ...]
    severity: str
    standing: Standing
    status: str
    size: int
    strength: float
    parts: dict[str, Any]


def incident_candidates(published: Published, config: Config) -> list[Candidate]:
    """Every incident of the served tenants that a run until now would have raised."""
    tenants = {tenant.name: tenant for tenant in config.served}
    return [
        _incident(card, tenants[card["tenant"]], config.alerts, published.now)
        for card in incident_cards(published)
        if card["tenant"] in tenants
    ]


def budget_candidates(
    reports: Iterable[dict[str, Any]], tenant: str, currency: str, alerts: Alerts, now: datetime
) -> Iterator[Candidate]:
    """The highest passed threshold of each budget report; one key per threshold and period."""
    for report in reports:
        if report["thresholds_passed"]:
            yield _budget(report, max(report["thresholds_passed"]), tenant, currency, alerts, now)


def audience_of(card: dict[str, Any], minimum: CostMinimum) -> tuple[str, ...]:
    """Who an incident concerns; those who watch the money only when both cost minimums are met."""
    is_costly = card["extra_cost"] is not None and (
        Decimal(card["extra_cost"]) >= minimum.amount
        and card["extra_recipients"] >= minimum.ratio * max(card["expected"] or 0.0, 1.0)
    )
    return tuple(each for each in card["audience"] if each != "finops" or is_costly)


def _standing(card: dict[str, Any], now: datetime) -> Standing:
    """A verdict silences what goes on; that it is over is told all the same."""
    if card["status"] == "open":
        return "going_on"
    ended = card["ended_at"] and datetime.fromisoformat(card["ended_at"])
    if card["status"] == "closed" or (ended and ended <= now - CLOSED_AFTER):
        return "over"
    return "judged"


def _incident(card: dict[str, Any], tenant: Tenant, alerts: Alerts, now: datetime) -> Candidate:
    expected = max(card["expected"] or 0.0, 1.0)
    observed = card["observed"] or 0
    return Candidate(
        kind=card["kind"],
        key=f"{INCIDENT}:{card['id']}",
        tenant=tenant.name,
        audience=audience_of(card, alerts.cost_minimum),
        severity=card["severity"],
        standing=_standing(card, now),
        status=card["status"],
        size=observed,
        strength=observed / expected,
        parts=_incident_parts(card, tenant, alerts, observed / expected),
    )


def _incident_parts(
    card: dict[str, Any], tenant: Tenant, alerts: Alerts, ratio: float
) -> dict[str, Any]:
    kind = card["kind"].replace("_", " ")
    return {
        "title": f"{kind}: {card['account']}",
        "account": card["account"],
        "what": f"{kind} of {card['account']} (tenant {tenant.name}, incident {card['id']})",
        "more": _more(card, ratio),
        "since": {"from": card["started_at"], "to": card["ended_at"], "zone": tenant.timezone},
        "money": _money(card["extra_cost"], card["currency"]),
        "why": list(card["reasons"]),
        "next": list(card["next_steps"]),
        "link": _link(alerts, tenant.name, card["id"]),
        "details": card,
    }


def _more(card: dict[str, Any], ratio: float) -> str:
    observed, expected = card["observed"], card["expected"]
    if observed is None or expected is None:
        return "not known"
    low, high = card["interval"]
    usual = f"{observed:,} recipients, {expected:,.0f} were expected"
    if low is not None and high is not None:
        usual += f" ({low:,.0f} to {high:,.0f})"
    return f"{usual}: {ratio:,.1f} times" if observed > expected >= 1 else usual


def _money(extra: str | None, currency: str) -> str:
    if extra is None:
        return "not known"
    if not Decimal(extra):
        return "nothing more than expected"
    return f"{Decimal(extra):,f} {currency} more than expected, estimated from traces"


def _link(alerts: Alerts, tenant: str, incident: str) -> str:
    if not alerts.dashboard_url:
        return ""
    return f"{alerts.dashboard_url}/?tenant={quote(tenant)}&incident={quote(incident)}"


def _budget(
    report: dict[str, Any],
    threshold: float,
    tenant: str,
    currency: str,
    alerts: Alerts,
    now: datetime,
) -> Candidate:
    first, last = period_of(now.date(), report["period"])
    used = f"{Decimal(report['used']):,f} of {Decimal(report['amount']):,f} {currency}"
    details = {**report, "threshold": threshold, "from": str(first), "to": str(last)}
    return Candidate(
        kind=BUDGET,
        key=f"{BUDGET}:{report['name']}:{first}:{threshold:g}",
        tenant=tenant,
        audience=("finops",),
        severity="medium",
        standing="going_on",
        status="open",
        size=0,
        strength=0.0,
        parts={
            "title": f"budget {report['name']}: {threshold:.0%} used",
            "account": None,
            "what": f"budget {report['name']} from {first} to {last} has passed {threshold:.0%}",
            "more": f"{used} used ({report['used_ratio']:.0%})",
            "since": {"from": iso(now), "to": None, "zone": "UTC"},
            "money": used,
            "why": _budget_reasons(report),
            "next": ["See which accounts spend it: hve cost", "Or change the budget in hve.toml"],
            "link": f"{alerts.dashboard_url}/spend" if alerts.dashboard_url else "",
            "details": details,
        },
    )


def _budget_reasons(report: dict[str, Any]) -> Sequence[str]:
    if report["passed_on"]:
        return [f"the whole amount was used on {report['passed_on']}"]
    expected = report["passes_on_expected"]
    return [f"at this rate the whole amount is used on {expected}"] if expected else []
