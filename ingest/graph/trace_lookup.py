"""The trace of one message by its Message-ID, for a test-send that is followed.

Source: Microsoft Graph, list messageTraces (v1.0); a look-up costs one request of the quota.
"""

from __future__ import annotations

from hve_monitor.clock import iso
from ingest.graph.trace_pages import TracePage, TraceRow
from ingest.graph.traces import PATH
from ingest.http import Api
from ingest.linked_pages import address, linked_pages
from warehouse.windows import Window


def traces_of_message(api: Api, message_id: str, window: Window) -> list[TraceRow]:
    """Rows of the message, one per recipient; empty while it is not visible.

    Raises: SourceContractError, AuthError, SourceUnavailable.
    """
    quoted = message_id.replace("'", "''")
    condition = (
        f"messageId eq '{quoted}' and receivedDateTime ge {iso(window.start)}"
        f" and receivedDateTime le {iso(window.end)}"
    )
    url = address(api.base + PATH, {"$filter": condition})
    pages = linked_pages(api, TracePage, url, f"trace of {message_id}")
    rows = [row for page in pages for row in page.value]
    return [row for row in rows if bare(row.message_id) == bare(message_id)]


def bare(message_id: str | None) -> str:
    """Without the angle brackets, in which services differ."""
    return (message_id or "").strip().strip("<>")
