"""A test message in the trace: looked for until it is there, within quota and time."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Literal

from msgspec.structs import replace

from actions.outcome import Outcome
from actions.send_test.send import SendTestReport, SentTrace, TracedRecipient
from hve_monitor.config import Config, Tenant
from hve_monitor.errors import DONE, INCOMPLETE, TEMPORARY, HveError
from ingest.entra.tokens import EntraTokens
from ingest.graph.trace_lookup import traces_of_message
from ingest.graph.trace_pages import TraceRow
from ingest.http import Api, https_client
from ingest.quota import Quota
from ingest.read_tenant import GRAPH_PERMISSION
from warehouse.configured import store_of
from warehouse.records.landing import SETTLED
from warehouse.windows import Window, whole_second

BEFORE_SENDING = timedelta(hours=1)
POLL_SECONDS = 30.0
Lookup = Callable[[Window], list[TraceRow]]


def follow(
    config: Config, tenant: Tenant, report: SendTestReport, now: datetime, wait: float
) -> Outcome[SendTestReport]:
    """The report of a sent message with its trace, looked for at most `wait` seconds.

    Exit 75 when the message is not visible yet, 3 when it was not delivered to everyone.
    """
    try:
        with store_of(config) as store, https_client(config.endpoints.ca_bundle) as client:
            quota = Quota(tenant.name, config.limits, store.state)
            ends = config.endpoints
            tokens = EntraTokens(tenant, ends, client)
            api = Api(client, tokens, ends.graph, ends.graph_scope, GRAPH_PERMISSION, quota.acquire)

            def look(window: Window) -> list[TraceRow]:
                return traces_of_message(api, str(report.message_id), window)

            rows = settled_rows(look, report.recipients or [], now, wait)
    except HveError as error:
        trace = SentTrace(status="unavailable", rows=[], error=str(error))
        code = TEMPORARY if error.exit_code == TEMPORARY else INCOMPLETE
        return Outcome(replace(report, trace=trace), code)
    return _followed(report, rows)


def settled_rows(
    look: Lookup,
    recipients: list[str],
    now: datetime,
    wait: float,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> list[TraceRow]:
    """Rows of the message once every recipient has a final one, or what is there in the end."""
    began = clock()
    while True:
        until = whole_second(now + timedelta(seconds=clock() - began))
        rows = look(Window(whole_second(now - BEFORE_SENDING), until))
        if _is_settled(rows, recipients) or clock() - began + POLL_SECONDS > wait:
            return rows
        sleep(POLL_SECONDS)


def _followed(report: SendTestReport, rows: list[TraceRow]) -> Outcome[SendTestReport]:
    recipients = [
        TracedRecipient(
            id=row.id,
            recipient=row.recipient_address,
            status=row.status,
            received_at=row.received_date_time,
        )
        for row in rows
    ]
    status: Literal["visible", "not_yet"] = "visible" if rows else "not_yet"
    trace = SentTrace(status=status, rows=recipients, error=None)
    followed = replace(report, trace=trace, sent=True if rows else report.sent)
    if not rows:
        return Outcome(followed, TEMPORARY)
    has_failed = any((row.status or "").lower() == "failed" for row in rows)
    return Outcome(followed, INCOMPLETE if has_failed else DONE)


def _is_settled(rows: list[TraceRow], recipients: list[str]) -> bool:
    settled = {
        (row.recipient_address or "").lower()
        for row in rows
        if (row.status or "").lower() in SETTLED
    }
    return set(recipients) <= settled
