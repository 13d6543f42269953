"""`Get-MessageTraceV2` and `Get-MessageTraceDetailV2`: parameters, rows and warnings.

Over this transport neither ever gives a next link; a cut answer shows in its warning alone.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

from simulator.exchange.cmdlets import BadParameterError, Parameters, refuse_others
from simulator.graph.query_options import (
    DEFAULT_TOP,
    LARGEST_TOP,
    RefusedQueryError,
    read_window,
)
from simulator.graph.trace_detail import ServedEvent, read_details
from simulator.graph.trace_keyset import Keyset, Place
from simulator.graph.trace_query import SUBJECT_TESTS, TraceRequest
from simulator.graph.trace_row import Renderer, ServedTrace
from simulator.mail.instant import long_text, parse_instant
from simulator.reply import JsonObject
from simulator.world.tenant import SimulatedTenant

_FILTERS = {
    "SenderAddress": "senderAddress",
    "RecipientAddress": "recipientAddress",
    "MessageId": "messageId",
    "Status": "status",
    "MessageTraceId": "id",
    "FromIP": "fromIP",
    "ToIP": "toIP",
}
_LISTS = {"SenderAddress", "RecipientAddress", "MessageId", "Status"}
_DATES = {"StartDate": "ge", "EndDate": "le"}
_TRACE = {*_FILTERS, *_DATES, "ResultSize", "StartingRecipientAddress"}
_TRACE |= {"Subject", "SubjectFilterType"}
_DETAIL = {*_DATES, "MessageTraceId", "RecipientAddress", "SenderAddress", "MessageId"}
_DETAIL |= {"Event", "Action"}


@dataclass(frozen=True, slots=True)
class Output:
    """What a cmdlet writes."""

    rows: list[JsonObject]
    warnings: list[str]


class TraceCmdlets:
    """Runs the two cmdlets. Raises BadParameterError or RefusedQueryError."""

    def __init__(self, tenant: SimulatedTenant) -> None:
        self._tenant = tenant
        self._actions: dict[str, tuple[set[str], Callable[[Parameters], Output]]] = {
            "get-messagetracev2": (_TRACE, self._traces),
            "get-messagetracedetailv2": (_DETAIL, self._details),
        }

    def has(self, name: str) -> bool:
        """Whether the cmdlet is one of the two."""
        return name.lower() in self._actions

    def run(self, name: str, parameters: Parameters) -> Output:
        """Rows and warnings of one of the two cmdlets."""
        allowed, action = self._actions[name.lower()]
        refuse_others(parameters, allowed)
        return action(parameters)

    def _traces(self, parameters: Parameters) -> Output:
        clock, traffic = self._tenant.clock, self._tenant.traffic
        starting = _text(parameters, "StartingRecipientAddress").lower()
        if starting and "EndDate" not in parameters:
            raise BadParameterError("StartingRecipientAddress")
        queries = _queries(parameters, clock)
        places, more = Keyset(traffic, queries, clock, starting).read()
        renderers = {
            (account, day): Renderer(traffic, account, day, clock)
            for account, day in {(place.account, place.day) for place in places}
        }
        rows = [
            _trace_row(renderers[place.account, place.day].row(place.row), place)
            for place in places
        ]
        return Output(rows, [_more(rows[-1], queries[0])] if more else [])

    def _details(self, parameters: Parameters) -> Output:
        missing = [
            name for name in ("MessageTraceId", "RecipientAddress") if name not in parameters
        ]
        if missing:
            raise BadParameterError(" ".join(missing))
        clock = self._tenant.clock
        _window(parameters, clock)
        trace_id, address = _text(parameters, "MessageTraceId"), _recipient(parameters)
        events = read_details(self._tenant.traffic, trace_id, address, clock)
        names = {text.lower() for text in _list(parameters, "Event")}
        kept = [event for event in events if not names or event["event"].lower() in names]
        return Output([_detail_row(event) for event in kept], [])


def _queries(parameters: Parameters, clock: int) -> list[TraceRequest]:
    """One query per combination of the listed values; together they are the answer."""
    start, end = _window(parameters, clock)
    top, subject = _result_size(parameters), _subject(parameters)
    conditions = [
        [(field, value) for value in _list(parameters, name)]
        for name, field in _FILTERS.items()
        if _list(parameters, name)
    ]
    return [
        TraceRequest(start, end, top, dict(combination), subject)
        for combination in itertools.product(*conditions)
    ]


def _window(parameters: Parameters, clock: int) -> tuple[int, int]:
    bounds = {
        short: _text(parameters, name) for name, short in _DATES.items() if name in parameters
    }
    return read_window(bounds, clock)


def _result_size(parameters: Parameters) -> int:
    text = str(parameters.get("ResultSize", DEFAULT_TOP))
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= LARGEST_TOP:
        raise RefusedQueryError("ResultSize is invalid")
    return int(text)


def _subject(parameters: Parameters) -> tuple[str, str] | None:
    if "Subject" not in parameters:
        return None
    test = _text(parameters, "SubjectFilterType").lower() or "contains"
    if test not in SUBJECT_TESTS:
        raise BadParameterError("SubjectFilterType")
    return test, _text(parameters, "Subject")


def _list(parameters: Parameters, name: str) -> list[str]:
    """The values of a parameter; a single text is a list of one where lists are allowed."""
    value = parameters.get(name, [])
    values = value if isinstance(value, list) else [value]
    texts = [text for text in values if isinstance(text, str)]
    most = 1 if name in _FILTERS and name not in _LISTS else len(values)
    if len(values) > most or len(texts) < len(values):
        raise BadParameterError(name)
    return texts


def _text(parameters: Parameters, name: str) -> str:
    value = parameters.get(name, "")
    if not isinstance(value, str):
        raise BadParameterError(name)
    return value


def _recipient(parameters: Parameters) -> str:
    recipients = _list(parameters, "RecipientAddress")
    if len(recipients) != 1:
        raise BadParameterError("RecipientAddress")
    return recipients[0]


def _trace_row(row: ServedTrace, place: Place) -> JsonObject:
    return {
        "MessageTraceId": row["id"],
        "MessageId": row["messageId"],
        "Received@data.type": "System.DateTime",
        "Received": long_text(place.received, "Z"),
        "SenderAddress": row["senderAddress"],
        "RecipientAddress": row["recipientAddress"],
        "FromIP": row["fromIP"],
        "ToIP": row["toIP"],
        "Subject": row["subject"],
        "Status": row["status"][0].upper() + row["status"][1:],
        "Size@data.type": "System.Int32",
        "Size": row["size"],
    }


def _detail_row(event: ServedEvent) -> JsonObject:
    return {
        "MessageTraceId": event["id"],
        "MessageId": event["messageId"],
        "Date@data.type": "System.DateTime",
        "Date": long_text(parse_instant(event["dateTime"]), "Z"),
        "Event": event["event"],
        "Action": event["action"],
        "Detail": event["description"],
        "Data": event["data"],
    }


def _more(last: JsonObject, query: TraceRequest) -> str:
    """The warning of a cut answer, which names the command that goes on."""
    return (
        "There are more results, use the following command to get more. Get-MessageTraceV2"
        f' -StartDate "{long_text(query.start, "Z")}" -EndDate "{last["Received"]}"'
        f' -StartingRecipientAddress "{last["RecipientAddress"]}" -ResultSize {query.top}'
    )
