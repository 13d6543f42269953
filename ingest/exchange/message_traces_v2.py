"""Message traces through the Exchange cmdlet `Get-MessageTraceV2`, where Graph is refused.

The cmdlet has no links: a window that holds more rows than one answer is read on from the last row,
by its Received time as it came and its recipient. Statuses are spelled as Graph spells them, so
that a tenant may change the way without changing a row.
Source: Microsoft Learn, Get-MessageTraceV2: 10 days a query, 5,000 rows, 100 requests in 5 minutes.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from hve_monitor.addresses import address_of
from hve_monitor.clock import iso
from hve_monitor.errors import SourceContractError
from ingest.exchange.cmdlets import Exchange
from ingest.graph.trace_pages import TracePage, TraceRow, lenient_row
from ingest.graph.trace_plan import EVERYONE
from ingest.graph.traces import GraphTraces, place
from ingest.http import JsonObject, ServiceClock
from warehouse.windows import Window

CMDLET = "Get-MessageTraceV2"
RESULT_SIZE = 5000
MOST_PAGES = 2000
PERMISSION = (
    "Office 365 Exchange Online application permission Exchange.ManageAsApp with admin consent,"
    " and a role that may run Get-MessageTraceV2, such as Global Reader, for the application"
)


class CmdletTrace(msgspec.Struct, rename="pascal"):
    """One message and recipient as the cmdlet writes it."""

    received: str | None = None
    status: str | None = None
    recipient_address: str | None = None
    message_trace_id: str | None = None
    sender_address: str | None = None
    message_id: str | None = None
    subject: str | None = None
    size: Any = None
    from_ip: str | None = msgspec.field(default=None, name="FromIP")
    to_ip: str | None = msgspec.field(default=None, name="ToIP")

    @property
    def cursor(self) -> tuple[str, str] | None:
        """Where to read on; None where the row does not tell."""
        if self.received and self.recipient_address:
            return self.received, self.recipient_address
        return None


class TraceAnswer(msgspec.Struct):
    """Rows and what the cmdlet warns of; some answers carry warnings alone."""

    value: list[CmdletTrace]
    warnings: list[str] = msgspec.field(default_factory=list, name="@adminapi.warnings")
    error: Any = None

    @property
    def cursor(self) -> tuple[str, str] | None:
        """Where to read on: behind the last row that tells."""
        cursors = (trace.cursor for trace in reversed(self.value))
        return next((cursor for cursor in cursors if cursor), None)

    @property
    def announces_more(self) -> bool:
        """Whether rows are certainly missing."""
        is_announced = any("more results" in warning.lower() for warning in self.warnings)
        return is_announced or len(self.value) >= RESULT_SIZE

    @property
    def may_have_more(self) -> bool:
        """Whether to look: the wording of the warning is not documented."""
        return bool(self.value) and (self.announces_more or bool(self.warnings))


class LooseAnswer(msgspec.Struct):
    """An answer in which some value has another type than usual."""

    value: list[Any] = []
    warnings: list[str] = msgspec.field(default_factory=list, name="@adminapi.warnings")
    error: Any = None


def lenient_answer(body: bytes) -> TraceAnswer:
    """The answer with nothing but the odd values missing. Raises: ValidationError."""
    answer = msgspec.json.decode(body, type=LooseAnswer)
    if not answer.value and not answer.warnings:
        raise msgspec.ValidationError("neither rows nor warnings; no rows are an empty list")
    rows = [lenient_row(row, CmdletTrace) for row in answer.value]
    return TraceAnswer(rows, answer.warnings, answer.error)


class TraceExchange(Exchange):
    """Exchange with the warnings of the trace cmdlet; its Api waits for the shared quota."""

    def answer(self, parameters: JsonObject, where: str) -> TraceAnswer:
        """One answer. Raises: RequestRefused, SourceContractError, AuthError, SourceUnavailable."""
        body = {"CmdletInput": {"CmdletName": CMDLET, "Parameters": parameters}}
        answer = self.api.decoded(
            TraceAnswer,
            lambda: self.api.post(self._url, body, self._headers),
            where,
            lenient_answer,
        )
        if answer.error is not None:
            raise SourceContractError(f"{where}: an error in the answer ({answer.error!s:.200})")
        return answer


class CmdletTraces(GraphTraces):
    """Pages as GraphTraces gives them, borders and refusals included, read with the cmdlet."""

    def __init__(
        self, exchange: TraceExchange, now: datetime, clock: ServiceClock | None = None
    ) -> None:
        super().__init__(exchange.api, now, clock or ServiceClock())
        self._exchange = exchange

    def _chain(self, sender: str, window: Window, _link: str | None) -> Iterator[TracePage]:
        """Answers from the newest row down; the rows of others are left out.

        Raises: SourceContractError when rows are missing and cannot be reached.
        """
        where = f"{CMDLET}: {place(sender, window)}"
        if sender.startswith(EVERYONE):
            raise SourceContractError(f"{where}: the cmdlet takes one sender address at a time")
        cursor: tuple[str, str] | None = None
        for _ in range(MOST_PAGES):
            answer = self._exchange.answer(_parameters(sender, window, cursor), where)
            yield TracePage([_row(trace) for trace in answer.value if _is_from(trace, sender)])
            last = answer.cursor or cursor
            if answer.announces_more and last == cursor:
                raise SourceContractError(
                    f"{where}: more rows are announced at {last or 'its end'} but none follow"
                )
            if not answer.may_have_more or last == cursor:
                return
            cursor = last
        raise SourceContractError(f"{where}: more than {MOST_PAGES} answers; ask for less at once")


def _parameters(sender: str, window: Window, cursor: tuple[str, str] | None) -> JsonObject:
    parameters: JsonObject = {
        "SenderAddress": sender,
        "StartDate": iso(window.start),
        "EndDate": iso(window.end),
        "ResultSize": RESULT_SIZE,
    }
    if cursor is not None:
        parameters["EndDate"], parameters["StartingRecipientAddress"] = cursor
    return parameters


def _is_from(trace: CmdletTrace, address: str) -> bool:
    """A filter that was ignored must not bring other people's mail into the store."""
    return address_of(trace.sender_address or "").lower() == address.lower()


def _row(trace: CmdletTrace) -> TraceRow:
    return TraceRow(
        trace.received,
        trace.status and trace.status[:1].lower() + trace.status[1:],
        trace.message_trace_id,
        trace.sender_address,
        trace.recipient_address,
        trace.message_id,
        trace.subject,
        trace.size,
        trace.from_ip,
        trace.to_ip,
    )
