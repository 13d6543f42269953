"""One message to two recipients, as every export tells it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence

TRACE = "4451a062-48cb-e80d-e8c0-196330437ae6"
SUBJECT = 'Payslips, "final"'
SENT = "2026-11-20T23:59:59.9999999"
EXTENDED = [
    "date_time_utc",
    "client_ip",
    "client_hostname",
    "server_ip",
    "server_hostname",
    "source_context",
    "connector_id",
    "source",
    "event_id",
    "internal_message_id",
    "message_id",
    "network_message_id",
    "recipient_address",
    "recipient_status",
    "total_bytes",
    "recipient_count",
    "related_recipient_address",
    "reference",
    "message_subject",
    "sender_address",
    "return_path",
    "message_info",
    "directionality",
    "tenant_id",
    "original_client_ip",
    "original_server_ip",
    "custom_data",
]


def table(*rows: Sequence[object], delimiter: str = ",", end: str = "\r\n") -> str:
    """Rows as delimited text."""
    sink = io.StringIO()
    csv.writer(sink, delimiter=delimiter, lineterminator=end).writerows(rows)
    return sink.getvalue()


def event(name: str, recipient: str = "", **other: object) -> list[object]:
    """One row of an extended export."""
    values: dict[str, object] = {
        "date_time_utc": SENT + "Z",
        "event_id": name,
        "message_id": "<m1@contoso.com>",
        "network_message_id": TRACE,
        "recipient_address": recipient,
        "total_bytes": 2048,
        "message_subject": SUBJECT,
        "sender_address": "hr@contoso.com",
        "original_client_ip": "192.0.2.7",
    }
    values |= other
    return [values.get(column, "") for column in EXTENDED]


BOTH = "ana@fabrikam.com##Receive, Deliver;bo@fabrikam.com##Receive, Fail"
ENHANCED = table(
    [
        "origin_timestamp",
        "sender_address",
        "recipient_status",
        "message_subject",
        "total_bytes",
        "message_id",
        "network_message_id",
        "original_client_ip",
        "directionality",
        "connector_id",
        "delivery_priority",
    ],
    [
        SENT,
        "hr@contoso.com",
        BOTH,
        SUBJECT,
        2048,
        "<m1@contoso.com>",
        TRACE,
        "192.0.2.7",
        "1",
        "",
        "Normal",
    ],
)
SUMMARY = ENHANCED.replace("origin_timestamp", "origin_timestamp_utc").replace(SENT, SENT + "Z")
EXTENDED_TRACE = table(
    EXTENDED,
    event("RECEIVE", "ana@fabrikam.com;bo@fabrikam.com"),
    event("SUBMIT"),
    event("SEND", "ana@fabrikam.com;bo@fabrikam.com"),
    event("DELIVER", "ana@fabrikam.com"),
    event("FAIL", "bo@fabrikam.com"),
)
OBJECT = {
    "MessageTraceId": TRACE,
    "MessageId": "<m1@contoso.com>",
    "Received@data.type": "System.DateTime",
    "Received": SENT + "Z",
    "SenderAddress": "hr@contoso.com",
    "RecipientAddress": "ana@fabrikam.com",
    "FromIP": "192.0.2.7",
    "ToIP": "",
    "Subject": SUBJECT,
    "Status": "Delivered",
    "Size@data.type": "System.Int32",
    "Size": 2048,
}
OBJECTS = [OBJECT, OBJECT | {"RecipientAddress": "bo@fabrikam.com", "Status": "Failed"}]
GRAPH = [
    {
        "@odata.type": "#microsoft.graph.exchangeMessageTrace",
        "id": TRACE,
        "senderAddress": "hr@contoso.com",
        "recipientAddress": row["RecipientAddress"],
        "messageId": "<m1@contoso.com>",
        "receivedDateTime": SENT + "Z",
        "subject": SUBJECT,
        "size": 2048,
        "fromIP": "192.0.2.7",
        "toIP": "",
        "status": str(row["Status"]).lower(),
    }
    for row in OBJECTS
]
COLUMNS = [name for name in OBJECT if "@" not in name]
AS_TABLE = table(COLUMNS, *([row[name] for name in COLUMNS] for row in OBJECTS))
EXPORTS: dict[str, str] = {
    "enhanced summary": ENHANCED,
    "summary of the admin center": SUMMARY,
    "spaced headers": SUMMARY.replace("sender_address", "Sender Address"),
    "extended": EXTENDED_TRACE,
    "Get-MessageTraceV2 as CSV": AS_TABLE,
    "with type information": "#TYPE Selected.PSObject\r\n" + AS_TABLE,
    "with a separator line": "sep=;\r\n" + AS_TABLE.replace(",", ";").replace("; ", ", "),
    "with tabs": AS_TABLE.replace(",", "\t").replace("\t ", ", "),
    "objects as JSON": json.dumps(OBJECTS, indent=2),
    "JSON lines": "".join(json.dumps(row) + "\n" for row in OBJECTS),
    "Exchange envelope": json.dumps({"@adminapi.warnings": [], "value": OBJECTS}),
    "Reporting Web Service": json.dumps({"d": {"results": OBJECTS}}),
    "Graph page": json.dumps({"@odata.context": "$metadata", "value": GRAPH}),
    "Graph list": json.dumps(GRAPH, indent=1),
    "Graph pages in a list": json.dumps([{"value": GRAPH[:1]}, {"value": GRAPH[1:]}]),
    "Graph pages as lines": "\n".join(json.dumps({"value": [row]}) for row in GRAPH),
}
