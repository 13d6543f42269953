"""Several tenants of one store side by side: the morning's summary of who looks after them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from hve_monitor.config import Config
from hve_monitor.document import Document
from models.cost.budgets import by_passing
from models.cost.documents import BudgetStatus, Range
from models.cost.spend import spend
from models.incident import Severity
from models.incidents.cards import incident_cards, is_unjudged_high
from models.overview.reads import TenantRead, last_reads
from models.usage.coverage import coverage_report
from models.usage.unread import is_whole
from models.usage.usage import window_usage
from warehouse.reading import Published, read_published

DAY, WEEK = timedelta(days=1), timedelta(days=7)
RANK: tuple[Severity, ...] = ("high", "medium", "low")


class TenantCoverage(Document):
    """Whether everything was read (None: rows come from files), and the number of gaps."""

    complete: bool | None
    gaps: int


class NextBudget(Document):
    """The budget that is passed first."""

    name: str
    amount: Decimal
    used_ratio: float | None
    passed_on: date | None
    passes_on_expected: date | None
    may_be_passed: bool


class TenantSummary(Document):
    """One tenant. Unknown is None.

    read_at: up to when all of it was read, of files the end of the newest hour with a row; None
    where nothing ever was.
    error: why its last run could not read it as a whole. Volume: recipients in whole UTC hours;
    whole: whether all of these is known; otherwise there are at least so many.
    unknown_recipients, unread_days and range: of month_to_date, as in a cost report's KnownPart.
    highest: severity of its open incidents, None without. unjudged_high: high incidents that ended
    and that nobody judged. budget: None where none is in sight.
    """

    tenant: str
    read_at: datetime | None
    fresh: bool | None
    error: str | None
    coverage: TenantCoverage
    recipients_24h: int | None
    recipients_7d: int | None
    whole_24h: bool
    whole_7d: bool
    open_incidents: int
    highest: Severity | None
    unjudged_high: int
    currency: str
    month_to_date: Decimal | None
    unknown_recipients: int
    unread_days: int
    range: Range
    month_end: Decimal | None
    budget: NextBudget | None


class TenantsReport(Document):
    """What `hve tenants` prints: what needs a look first."""

    tenants: list[TenantSummary]


def tenant_summaries(config: Config, now: datetime) -> TenantsReport:
    """Every configured tenant, what needs a look first."""
    with read_published(config.warehouse.path, now) as published:
        rows = [
            _summary(config, published.of(row.tenant), row) for row in last_reads(config, published)
        ]
    return TenantsReport(tenants=sorted(rows, key=_urgency))


def _summary(config: Config, published: Published, read: TenantRead) -> TenantSummary:
    now, tenant, coverage = published.now, read.tenant, coverage_report(published)
    hour = now.replace(minute=0, second=0, microsecond=0)
    cards = incident_cards(published)
    severities = [card.severity for card in cards if card.status == "open"]
    spent = spend(config, now, tenant)
    day, week = (_recipients(published, hour - span, hour) for span in (DAY, WEEK))
    return TenantSummary(
        tenant=tenant,
        read_at=read.read_at,
        fresh=None if read.read_at is None else read.fresh,
        error=read.error,
        coverage=TenantCoverage(complete=coverage.complete, gaps=len(coverage.gaps)),
        recipients_24h=day[0],
        recipients_7d=week[0],
        whole_24h=day[1],
        whole_7d=week[1],
        open_incidents=len(severities),
        highest=next((severity for severity in RANK if severity in severities), None),
        unjudged_high=sum(is_unjudged_high(card) for card in cards),
        currency=spent.currency,
        month_to_date=spent.month_to_date.cost,
        unknown_recipients=spent.month_to_date.unknown_recipients,
        unread_days=spent.month_to_date.unread_days,
        range=spent.month_to_date.range,
        month_end=spent.projection.month_end,
        budget=_next_budget(spent.budgets),
    )


def _recipients(published: Published, since: datetime, until: datetime) -> tuple[int | None, bool]:
    """Recipients, and whether all of the window is known.

    None where nothing was seen in a window that was not read: that is no 0.
    """
    seen = int(window_usage(published, since, until)["recipients"].sum())
    whole = is_whole(published, since, until)
    return seen if seen or whole else None, whole


def _next_budget(budgets: list[BudgetStatus]) -> NextBudget | None:
    in_sight = [b for b in by_passing(budgets) if b.passing_day or b.may_be_passed]
    first = next(iter(in_sight), None)
    if first is None:
        return None
    return NextBudget(
        name=first.name,
        amount=first.amount,
        used_ratio=first.used_ratio,
        passed_on=first.passed_on,
        passes_on_expected=first.passes_on_expected,
        may_be_passed=first.may_be_passed,
    )


def _urgency(row: TenantSummary) -> tuple[int, bool, bool, str]:
    """The severest incident first, then what was not read, then a budget in sight, then names."""
    severity = RANK.index(row.highest) if row.highest else len(RANK)
    is_unread = row.coverage.complete is False or row.fresh is not True
    return severity, not is_unread, row.budget is None, row.tenant
