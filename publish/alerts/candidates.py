"""What may have to be sent: incidents and budget thresholds, in one form for every target.

To send another kind of message, yield `Candidate` objects: routing, outbox and wording need
nothing more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal
from urllib.parse import quote

from msgspec import UNSET

from hve_monitor.config import Alerts, Config, CostMinimum, Tenant
from hve_monitor.document import encoded
from hve_monitor.plural import agreeing, plural, whole_percent
from models.cost.documents import BudgetStatus
from models.incidents.cards import IncidentCard, incident_cards, reach_words, with_reach
from models.periods import period_of
from publish.message import Alert, Since
from warehouse.reading import Published

Standing = Literal["going_on", "over", "judged"]
INCIDENT, BUDGET = "incident", "budget"
WITHOUT_MAIL = ("silence", "idle_account", "spend")
CLOSED_AFTER = timedelta(hours=72)  # as in models/incidents/incidents.sql


@dataclass(frozen=True)
class Candidate:
    """Something that can be sent once for each stage.

    `alert` is what is sent when it opens; its key is the same in every run. `size` is what growing
    is measured by and `strength` how many times the expected one it is; 0 where that means nothing.
    """

    alert: Alert
    standing: Standing
    status: str
    size: int
    strength: float


def incident_candidates(published: Published, config: Config) -> list[Candidate]:
    """Every incident of the served tenants that a run until now would have raised."""
    tenants = {tenant.name: tenant for tenant in config.served}
    cards = incident_cards(published)
    read = {card.id: card for card in with_reach(published, _current(cards, published.now))}
    return [
        _incident(read.get(card.id, card), tenants[card.tenant], config.alerts, published.now)
        for card in cards
        if card.tenant in tenants
    ]


def _current(cards: list[IncidentCard], now: datetime) -> list[IncidentCard]:
    """Incidents of mail that may be sent now: those that go on or were over lately."""
    return [
        card
        for card in cards
        if card.kind not in WITHOUT_MAIL
        and (card.ended_at is None or card.ended_at > now - 2 * CLOSED_AFTER)
    ]


def budget_candidates(
    budgets: Iterable[BudgetStatus], tenant: str, currency: str, alerts: Alerts, now: datetime
) -> Iterator[Candidate]:
    """The highest passed threshold of each budget; one key per threshold and period."""
    for budget in budgets:
        if budget.thresholds_passed:
            yield _budget(budget, max(budget.thresholds_passed), tenant, currency, alerts, now)


def audience_of(card: IncidentCard, minimum: CostMinimum) -> tuple[str, ...]:
    """Who an incident concerns; those who watch the money only when both cost minimums are met."""
    is_costly = card.extra_cost is not None and (
        card.extra_cost >= minimum.amount
        and card.extra_recipients >= minimum.ratio * max(card.expected, 1.0)
    )
    return tuple(role for role in card.audience if role != "finops" or is_costly)


def _standing(card: IncidentCard, now: datetime) -> Standing:
    """A verdict silences what goes on; that it is over is sent all the same."""
    if card.status == "open":
        return "going_on"
    if card.status in ("closed", "ended") or (
        card.ended_at and card.ended_at <= now - CLOSED_AFTER
    ):
        return "over"
    return "judged"


def _incident(card: IncidentCard, tenant: Tenant, alerts: Alerts, now: datetime) -> Candidate:
    strength = card.observed / max(card.expected, 1.0)
    kind = card.kind.replace("_", " ")
    alert = Alert(
        type="incident.opened",
        stage="opened",
        kind=card.kind,
        key=f"{INCIDENT}:{card.id}",
        tenant=tenant.name,
        severity=card.severity,
        audience=audience_of(card, alerts.cost_minimum),
        at=now,
        title=f"{kind}: {card.account}",
        account=card.account,
        what=f"{kind} of {card.account} (tenant {tenant.name}, incident {card.id})",
        more=_more(card, strength),
        since=Since(start=card.started_at, end=card.ended_at, zone=tenant.timezone),
        money=_money(card.extra_cost, card.currency),
        why=card.reasons,
        next=card.next_steps,
        link=_link(alerts, tenant.name, card.id),
        details=card,
        is_judged=False if card.status == "ended" else UNSET,
    )
    return Candidate(alert, _standing(card, now), card.status, card.observed, strength)


def _more(card: IncidentCard, ratio: float) -> str:
    observed, expected = card.observed, card.expected
    low, high = card.interval
    were = agreeing(expected, "was", "were")
    usual = f"{plural(observed, 'recipient')}, {expected:,.0f} {were} expected"
    if low is not None and high is not None:
        usual += f" ({low:,.0f} to {high:,.0f})"
    times = f"{usual}: {ratio:,.1f} times" if observed > expected >= 1 else usual
    return "; ".join(filter(None, [times, reach_words(card)]))


def _money(extra: Decimal | None, currency: str) -> str:
    if extra is None:
        return "not known"
    if not extra:
        return "nothing more than expected"
    return f"{extra.normalize():,f} {currency} more than expected, as if all were delivered"


def _link(alerts: Alerts, tenant: str, incident: str) -> str:
    if not alerts.dashboard_url:
        return ""
    return f"{alerts.dashboard_url}/?tenant={quote(tenant)}&incident={quote(incident)}"


def _budget(
    budget: BudgetStatus,
    threshold: float,
    tenant: str,
    currency: str,
    alerts: Alerts,
    now: datetime,
) -> Candidate:
    first, last = period_of(now.date(), budget.period)
    spent = budget.used or Decimal(0)  # a threshold is passed, so that some of it is known
    used = f"{spent.normalize():,f} of {budget.amount.normalize():,f} {currency}"
    alert = Alert(
        type="budget.opened",
        stage="opened",
        kind=BUDGET,
        key=f"{BUDGET}:{budget.name}:{first}:{threshold:g}",
        tenant=tenant,
        severity="medium",
        audience=("finops",),
        at=now,
        title=f"budget {budget.name}: {whole_percent(threshold)} used",
        account=None,
        what=f"budget {budget.name} from {first} to {last} has passed {whole_percent(threshold)}",
        more=f"{used} used ({whole_percent(budget.used_ratio or 0.0)})",
        since=Since(start=now, end=None, zone="UTC"),
        money=used,
        why=_budget_reasons(budget),
        next=("See which accounts spend it: hve cost", "Or change the budget in hve.toml"),
        link=f"{alerts.dashboard_url}/spend" if alerts.dashboard_url else "",
        details={**encoded(budget), "threshold": threshold, "from": str(first), "to": str(last)},
    )
    return Candidate(alert, "going_on", "open", size=0, strength=0.0)


def _budget_reasons(budget: BudgetStatus) -> tuple[str, ...]:
    if budget.passed_on:
        return (f"the whole amount was used on {budget.passed_on}",)
    expected = budget.passes_on_expected
    return (f"at this rate the whole amount is used on {expected}",) if expected else ()
