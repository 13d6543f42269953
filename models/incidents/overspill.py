"""What was sent in the window of a plan, for the list of plans."""

from __future__ import annotations

from dataclasses import dataclass

from hve_monitor.files import sql
from warehouse.reading import Published
from warehouse.records.plans import Plan


@dataclass(frozen=True)
class Actual:
    """What a plan's accounts sent in its window so far, and what was usual there (None: unknown).

    Units: recipients.
    """

    sent: int
    usual: int | None

    def beyond(self, announced: int) -> int | None:
        """Recipients beyond the usual and the announced ones; None where the usual is unknown."""
        return None if self.usual is None else max(self.sent - self.usual - announced, 0)


def actual_recipients(published: Published, plan: Plan) -> Actual | None:
    """Recipients of the plan's accounts in the hours of its window; None before it begins."""
    if plan.start > published.now:
        return None
    parameters = {
        "tenant": plan.tenant,
        "accounts": list(plan.accounts) or None,
        "since": plan.start,
        "until": min(plan.end, published.now),
    }
    sent, usual = published.connection.execute(
        sql(__file__, "planned_recipients"), parameters
    ).fetchall()[0]
    return Actual(int(sent), None if usual is None else round(usual))
