"""Announced sends as `hve plan list` shows them, with what was sent in their windows."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from msgspec.structs import asdict

from hve_monitor.document import Document
from hve_monitor.files import sql
from warehouse.reading import Published
from warehouse.records.plans import Plan


class PlanFor(NamedTuple):
    """Who will send: exactly one of an account, a cost center, or every account."""

    account: str | None = None
    cost_center: str | None = None
    everything: bool = False


class PlanDocument(Document):
    """One announced send; account is null where it speaks of several. recipients: of all."""

    id: str
    tenant: str
    scope: str
    account: str | None
    accounts: tuple[str, ...]  # empty: every account of the tenant
    start: datetime
    end: datetime
    recipients: int
    note: str
    author: str
    created_at: datetime

    @property
    def who(self) -> str:
        """The account, or the words for several."""
        return self.account or self.scope


class PlannedSend(PlanDocument):
    """The plan with what its accounts sent in the hours of its window so far.

    Units: recipients. All are null before the window begins; usual and overspill (sent beyond the
    usual and the announced ones) also where no hour of the window has a baseline.
    """

    sent: int | None
    usual: int | None
    overspill: int | None


def plan_document(plan: Plan) -> PlanDocument:
    """The document of a plan."""
    return PlanDocument(
        id=plan.id,
        tenant=plan.tenant,
        scope=plan.scope,
        account=plan.accounts[0] if len(plan.accounts) == 1 else None,
        accounts=plan.accounts,
        start=plan.start,
        end=plan.end,
        recipients=plan.recipients,
        note=plan.note,
        author=plan.author,
        created_at=plan.created_at,
    )


def planned_send(plan: Plan, published: Published | None) -> PlannedSend:
    """The plan and what came of it; None for `published` while nothing is published yet."""
    announced = asdict(plan_document(plan))
    if published is None or plan.start > published.now:
        return PlannedSend(**announced, sent=None, usual=None, overspill=None)
    parameters = {
        "tenant": plan.tenant,
        "accounts": list(plan.accounts) or None,
        "since": plan.start,
        "until": min(plan.end, published.now),
    }
    sent, expected = published.connection.execute(
        sql(__file__, "planned_recipients"), parameters
    ).fetchall()[0]
    usual = None if expected is None else round(expected)
    overspill = None if usual is None else max(sent - usual - plan.recipients, 0)
    return PlannedSend(**announced, sent=sent, usual=usual, overspill=overspill)
