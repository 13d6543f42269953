"""Several tenants of one store side by side: the morning's summary of who looks after them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from hve_monitor.clock import iso
from hve_monitor.config import Config
from hve_monitor.document import encoded, plain
from hve_monitor.files import sql
from models.cost.budgets import by_passing
from models.cost.spend import spend
from models.incidents.cards import incident_cards
from models.usage.coverage import FRESH_FOR, coverage_report
from models.usage.usage import window_usage
from warehouse.reading import Published, read_published

DAY, WEEK = timedelta(days=1), timedelta(days=7)
RANK = ("high", "medium", "low")
Row = dict[str, Any]


def tenant_summaries(config: Config, now: datetime) -> Row:
    """What `hve tenants` prints: {"tenants": [...]}, what needs a look first.

    Each row: tenant, read_at (business time of its last run or import), fresh, coverage (complete;
    gaps, their number), recipients_24h and recipients_7d (whole UTC hours), currency, month_to_date
    and month_end (decimal texts), open_incidents, highest (severity, null without), budget (that
    which is passed first: name, amount, used_ratio, passed_on, passes_on_expected; null where none
    is in sight). Unknown is null.
    """
    with read_published(config.warehouse.path, now) as published:
        written = dict(published.connection.execute(sql(__file__, "tenant_writes")).fetchall())
        rows = [
            {"tenant": each.name}
            | _read(written.get(each.name), now)
            | _seen(published.of(each.name))
            for each in config.served
        ]
    found = [row | _spent(config, now, row["tenant"]) for row in rows]
    return {"tenants": sorted(found, key=_urgency)}


def _read(at: datetime | None, now: datetime) -> Row:
    """When a tenant was read; nothing is known of one that never was."""
    if at is None:
        return {"read_at": None, "fresh": None}
    return {"read_at": iso(at), "fresh": now - at <= FRESH_FOR}


def _seen(published: Published) -> Row:
    """Coverage, volume and open incidents."""
    report = coverage_report(published)
    hour = published.now.replace(minute=0, second=0, microsecond=0)
    severities = [card.severity for card in incident_cards(published, status="open")]
    return {
        "coverage": {"complete": report.complete, "gaps": len(report.gaps)},
        "recipients_24h": _recipients(published, hour - DAY, hour),
        "recipients_7d": _recipients(published, hour - WEEK, hour),
        "open_incidents": len(severities),
        "highest": next((each for each in RANK if each in severities), None),
    }


def _recipients(published: Published, since: datetime, until: datetime) -> int | None:
    """None where nothing was seen in a window that was not read: that is no 0."""
    seen = int(window_usage(published, since, until)["recipients"].sum())
    if seen or coverage_report(replace(published, now=until), since, until).complete:
        return seen
    return None


def _spent(config: Config, now: datetime, tenant: str) -> Row:
    """Spend of the month, and the budget that is passed first."""
    report = spend(config, now, tenant)
    names = ("name", "amount", "used_ratio", "passed_on", "passes_on_expected")
    first = next((budget for budget in by_passing(report.budgets) if budget.passing_day), None)
    budget = encoded(first) if first else {}
    return {
        "currency": report.currency,
        "month_to_date": plain(report.month_to_date.cost),
        "month_end": plain(report.projection.month_end),
        "budget": {name: budget[name] for name in names} if budget else None,
    }


def _urgency(row: Row) -> tuple[int, bool, bool, str]:
    """The severest incident first, then what was not read, then a budget in sight, then names."""
    severity = RANK.index(row["highest"]) if row["highest"] else len(RANK)
    unread = row["coverage"]["complete"] is False or row["fresh"] is not True
    return severity, not unread, row["budget"] is None, row["tenant"]
