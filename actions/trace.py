"""What `hve trace` does beside the search: export, timelines and figures per account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from msgspec import structs

from hve_monitor.config import Config
from hve_monitor.document import Document
from hve_monitor.errors import ConfigError
from hve_monitor.spreadsheet import write_sheet
from models.delivery.breakdown import (
    DomainDelivery,
    FailureDay,
    ListDelivery,
    by_domain,
    by_list,
    failures_by_day,
)
from models.delivery.conditions import TraceFilter, accounts_of, terms_of
from models.delivery.headroom import LimitUse, nearest_limits
from models.delivery.outcomes import USUAL_WINDOW, DeliveryFigures, delivery_figures
from models.delivery.rate import low_first
from models.delivery.search import (
    COLUMNS,
    DeliverySearch,
    exported_rows,
    nothing_words,
    search_coverage,
    search_traces,
    searching,
)
from models.delivery.timeline import (
    EventRequest,
    MessageTimeline,
    message_timelines,
    queue_events,
)
from models.usage.coverage import CoverageReport
from warehouse.configured import store_of
from warehouse.reading import Published
from warehouse.records.event_requests import request_events

LIMIT = 1000
LIMIT_WITH_EVENTS = 50


class TraceTimelines(DeliverySearch, kw_only=True):
    """The messages of a search step by step.

    queued: recipients whose events the next run fetches. left_off: those that wait for later.
    """

    messages: list[MessageTimeline]
    queued: int
    left_off: int


class TraceExport(Document):
    """Where the rows of a search were written, how many, and what they do not cover."""

    out: str
    rows: int
    coverage: CoverageReport
    meaning: str


class DeliverySummary(Document):
    """Figures per account in [since, until), those that certainly deliver least first.

    nearest_limits: of every account, the nearest first. by_domain, by_list: of these accounts
    together, low rates first.
    """

    since: datetime
    until: datetime
    accounts: list[DeliveryFigures]
    nearest_limits: list[LimitUse]
    by_domain: list[DomainDelivery]
    by_list: list[ListDelivery]
    failures_by_day: list[FailureDay]
    coverage: CoverageReport
    meaning: str


@dataclass(frozen=True)
class TraceOutput:
    """What is shown of the rows. limit: None is the usual one, and all rows for a file."""

    limit: int | None = None
    offset: int = 0
    out: Path | None = None
    events: bool = False
    summary: bool = False

    def __post_init__(self) -> None:
        """Raises: ConfigError for two kinds of answer at once, or for no row at all."""
        if self.limit is not None and self.limit < 1:
            raise ConfigError(f"--limit {self.limit}: must be at least 1")
        flags = {
            "--out": self.out is not None,
            "--events": self.events,
            "--summary": self.summary,
        }
        given = [flag for flag, is_given in flags.items() if is_given]
        if len(given) > 1:
            raise ConfigError(f"{given[0]} and {given[1]}: ask for one of them at a time")


TraceAnswer = DeliverySearch | TraceTimelines | TraceExport | DeliverySummary


def answer(
    config: Config, wanted: TraceFilter, output: TraceOutput, now: datetime, who: str = "hve trace"
) -> TraceAnswer:
    """Rows of a search, their timelines, a file of them, or figures per account.

    Raises: ConfigError for what the privacy mode or a summary cannot find.
    """
    what = "search" if output.out is None else "export"
    with searching(config, wanted, now, who, what) as (published, stored):
        if output.out is not None:
            return _exported(published, stored, output, output.out)
        if output.summary:
            return _summary(published, stored)
        usual = LIMIT_WITH_EVENTS if output.events else LIMIT
        limit = usual if output.limit is None else output.limit
        search = search_traces(published, stored, limit, output.offset)
        if not output.events:
            return search
        messages = message_timelines(published, search.rows, _fetchable(config))
    queued = queue_events(messages)
    _queue(config, queued.requests, now)
    return TraceTimelines(
        **structs.asdict(search),
        messages=queued.messages,
        queued=len(queued.requests),
        left_off=sum(
            recipient.lacks_events()
            for message in queued.messages
            for recipient in message.recipients
        ),
    )


def _fetchable(config: Config) -> set[str]:
    """Tenants whose events can be asked for: not those of files, nor where nobody is known."""
    if config.privacy.mode == "aggregate":
        return set()
    return {tenant.name for tenant in config.served if tenant.accounts != "files"}


def _queue(config: Config, requests: list[EventRequest], now: datetime) -> None:
    """Requests go to state.db and wait for no run."""
    if not requests:
        return
    with store_of(config) as store:
        for tenant in {request.tenant for request in requests}:
            pairs = [
                (request.id, request.recipient) for request in requests if request.tenant == tenant
            ]
            request_events(store.state, tenant, pairs, now)


def _exported(
    published: Published, wanted: TraceFilter, output: TraceOutput, file: Path
) -> TraceExport:
    """All rows of the search as a file, unless there is a limit. Raises: ConfigError."""
    rows = exported_rows(published, wanted, output.limit, output.offset)
    try:
        count = write_sheet(file, COLUMNS, rows)
    except ConfigError as error:
        raise ConfigError(f"--out {error}") from None
    coverage = search_coverage(published, wanted)
    words = "" if count else nothing_words(published, wanted, coverage)
    return TraceExport(out=str(file), rows=count, coverage=coverage, meaning=words)


def _summary(published: Published, wanted: TraceFilter) -> DeliverySummary:
    """Figures of the accounts in the window of the search, the last 30 days without one.

    Raises: ConfigError for a filter that would make the figures something else.
    """
    others = ("recipient", "id", "message_id", "subject", "status", "from_ip")
    foreign = [name for name in others if getattr(wanted, name)]
    if foreign:
        flag = foreign[0].replace("_", "-")
        raise ConfigError(f"--{flag}: --summary takes --tenant, --sender, --since and --until")
    now = published.now
    since, until = wanted.since or now - USUAL_WINDOW, min(wanted.until or now, now)
    window = TraceFilter(wanted.tenant, wanted.sender, since=since, until=until)
    accounts = _figures(published, wanted, since, until)
    coverage = search_coverage(published, window)
    of_tenant = published.of(wanted.tenant)
    names = [figures.account for figures in accounts] if wanted.sender else None
    return DeliverySummary(
        since=since,
        until=until,
        accounts=accounts,
        nearest_limits=nearest_limits(accounts),
        by_domain=by_domain(of_tenant, since, until, names),
        by_list=by_list(of_tenant, since, until, names),
        failures_by_day=failures_by_day(of_tenant, since, until, names),
        coverage=coverage,
        meaning="" if accounts else nothing_words(published, window, coverage),
    )


def _figures(
    published: Published, wanted: TraceFilter, since: datetime, until: datetime
) -> list[DeliveryFigures]:
    """Figures of the accounts that the senders name, of all where none is named."""
    senders = terms_of(wanted).get("sender", ())
    listed = {str(row["account"]) for row in accounts_of(published.connection, wanted)}
    is_one = len(senders) == 1 and senders[0].kind == "whole"
    only = next(iter(listed), senders[0].text) if is_one else None
    named = [
        figures
        for figures in delivery_figures(published.of(wanted.tenant), since, until, only)
        if not senders
        or figures.account in listed
        or any(sender.matches(figures.account) for sender in senders)
    ]
    return sorted(named, key=lambda figures: low_first(structs.asdict(figures)))
