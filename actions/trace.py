"""What `hve trace` does beside the search: export, timelines and figures per account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from hve_monitor.clock import iso
from hve_monitor.config import Config
from hve_monitor.errors import ConfigError
from hve_monitor.spreadsheet import write_sheet
from models.delivery.outcomes import USUAL_WINDOW, delivery_figures
from models.delivery.search import (
    COLUMNS,
    TraceFilter,
    account_of,
    found_rows,
    search_coverage,
    search_traces,
    searching,
)
from models.delivery.timeline import Step, message_timelines, to_queue
from warehouse.configured import store_of
from warehouse.reading import Published
from warehouse.records.event_requests import request_events

LIMIT = 1000
LIMIT_WITH_EVENTS = 50


@dataclass(frozen=True)
class Wish:
    """What is wanted of the found rows. limit: None is the usual one, and all rows for a file."""

    limit: int | None = None
    offset: int = 0
    out: Path | None = None
    events: bool = False
    summary: bool = False

    def __post_init__(self) -> None:
        """Raises: ConfigError when two kinds of answer are wanted at once, or no row at all."""
        if self.limit is not None and self.limit < 1:
            raise ConfigError(f"--limit {self.limit}: must be at least 1")
        kinds = [
            flag
            for flag, asked in (
                ("--out", self.out is not None),
                ("--events", self.events),
                ("--summary", self.summary),
            )
            if asked
        ]
        if len(kinds) > 1:
            raise ConfigError(f"{kinds[0]} and {kinds[1]}: ask for one of them at a time")


def trace_document(
    config: Config, asked: TraceFilter, wish: Wish, now: datetime, who: str = "hve trace"
) -> tuple[dict[str, Any], str]:
    """The document of the asked kind, and the name of its text."""
    what = "search" if wish.out is None else "export"
    with searching(config, asked, now, who, what) as (connection, wanted):
        if wish.out is not None:
            return _exported(connection, wanted, wish, wish.out, now), "exported"
        if wish.summary:
            return _summary(connection, wanted, now), "deliveries"
        usual = LIMIT_WITH_EVENTS if wish.events else LIMIT
        document = search_traces(
            Published(connection, now),
            wanted,
            usual if wish.limit is None else wish.limit,
            wish.offset,
        )
        if not wish.events:
            return document, "traces"
        fetchable = _fetchable(config)
        messages = message_timelines(Published(connection, now), document["rows"], fetchable)
    queued = to_queue(messages)
    _queue(config, queued, now)
    left = sum(
        each["state"] == "not_fetched" for message in messages for each in message["recipients"]
    )
    return document | {"messages": messages, "queued": len(queued), "left_off": left}, "timelines"


def _fetchable(config: Config) -> set[str]:
    """Tenants whose events can be asked for: not those of files, nor where nobody is known."""
    if config.privacy.mode == "aggregate":
        return set()
    return {each.name for each in config.served if each.accounts != "files"}


def _queue(config: Config, steps: list[Step], now: datetime) -> None:
    """Requests go to state.db and wait for no run."""
    if not steps:
        return
    with store_of(config) as store:
        for tenant in {step.tenant for step in steps}:
            pairs = [(step.id, step.recipient) for step in steps if step.tenant == tenant]
            request_events(store.state, tenant, pairs, now)


def _exported(
    connection: duckdb.DuckDBPyConnection,
    wanted: TraceFilter,
    wish: Wish,
    file: Path,
    now: datetime,
) -> dict[str, Any]:
    """All rows of the search as a file, unless a limit was asked for."""
    published = Published(connection, now)
    rows = found_rows(published, wanted, wish.limit, wish.offset)
    count = write_sheet(file, COLUMNS, rows)
    coverage = search_coverage(published, wanted)
    return {"out": str(file), "rows": count, "coverage": coverage}


def _summary(
    connection: duckdb.DuckDBPyConnection, wanted: TraceFilter, now: datetime
) -> dict[str, Any]:
    """Figures of the accounts in the asked window, the last 30 days without one.

    Raises: ConfigError for a filter that would make the figures something else.
    """
    others = ("recipient", "id", "message_id", "subject", "status", "from_ip")
    foreign = [name for name in others if getattr(wanted, name)]
    if foreign:
        flag = foreign[0].replace("_", "-")
        raise ConfigError(f"--{flag}: --summary takes --tenant, --sender, --since and --until")
    since, until = wanted.since or now - USUAL_WINDOW, min(wanted.until or now, now)
    account = account_of(connection, wanted)
    figures = delivery_figures(Published(connection, now, wanted.tenant), since, until, account)
    return {
        "since": iso(since),
        "until": iso(until),
        "accounts": figures,
        "coverage": search_coverage(Published(connection, now), TraceFilter(
            tenant=wanted.tenant, sender=wanted.sender, since=since, until=until), ),
    }  # fmt: skip
