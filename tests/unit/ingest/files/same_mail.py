"""The same mail in ten exports, each in the way of its tool and country.

The rows are made here and the files are written without any code of the product, so that a count
of the rows says what a file holds.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
import uuid
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

import pandas as pd

SENDERS = [f"app{number}@contoso.com" for number in range(7)] + ["o'brien+x@contoso.com"]
STATUSES = ["Delivered"] * 90 + ["Failed"] * 4 + ["Quarantined"] * 2 + ["FilteredAsSpam"] * 2
STATUSES += ["Pending", "Expanded"]
SUBJECTS = (
    "Payslips",
    'The "new" roster',
    "Line 1\r\nLine 2",
    "Lunch; menu, prices",
    "Bonus 💶",
    "",
)
# Around them something changes: a year, the price, and twice the clocks of Europe.
MOMENTS = (
    "2025-12-31T23:59:50",
    "2026-03-29T00:59:50",
    "2026-05-31T23:59:50",
    "2026-10-25T00:59:50",
)
EVENTS = {
    "Delivered": "DELIVER",
    "Failed": "FAIL",
    "Quarantined": "QUARANTINE",
    "FilteredAsSpam": "SPAM",
    "Pending": "DEFER",
    "Expanded": "EXPAND",
}


def made(recipients: int) -> pd.DataFrame:
    """One row per message and recipient, so many in all; `at` is UTC and in whole seconds."""
    draw, rows = random.Random(18), list[dict[str, object]]()  # noqa: S311 - no secret
    while len(rows) < recipients:
        start = datetime.fromisoformat(draw.choice(MOMENTS)).replace(tzinfo=UTC)
        days = draw.choice((0, 0, draw.randrange(24)))
        message = {
            "id": str(uuid.UUID(int=draw.getrandbits(128), version=4)),
            "sender": draw.choice(SENDERS),
            "at": start + timedelta(days=days, seconds=draw.randrange(20)),
            "subject": draw.choice(SUBJECTS),
            "size": draw.randrange(1000, 90000),
        }
        names = draw.sample(range(5000), min(draw.choice((1, 1, 2, 9)), recipients - len(rows)))
        rows += [
            message | {"recipient": f"user{name}@fabrikam.com", "status": draw.choice(STATUSES)}
            for name in names
        ]
    return pd.DataFrame(rows)


def _table(header: list[str], rows: list[list[object]], delimiter: str = ",") -> str:
    sink = io.StringIO()
    csv.writer(sink, delimiter=delimiter, lineterminator="\r\n").writerows([header, *rows])
    return sink.getvalue()


def _messages(mail: pd.DataFrame) -> list[list[dict[str, Any]]]:
    """The rows of each message, in the order of the mail."""
    rows = mail.to_dict("records")
    return [list(group) for _, group in groupby(rows, lambda row: row["id"])]


def _summary(mail: pd.DataFrame, delimiter: str = ",") -> str:
    """One line per message, as historical searches write it."""
    header = ["origin_timestamp_utc", "sender_address", "recipient_status", "message_subject"]
    lines: list[list[object]] = []
    outcome = {"Expanded": "Expand", "Failed": "Fail", "Pending": "Send"}
    for rows in _messages(mail):
        first = rows[0]
        cell = ";".join(
            f"{row['recipient']}##Receive, {outcome.get(row['status'], 'Deliver')}"
            + (f", {row['status']}" if row["status"] in ("Quarantined", "FilteredAsSpam") else "")
            for row in rows
        )
        time = first["at"].strftime("%Y-%m-%dT%H:%M:%S.0000000Z")
        lines.append([time, first["sender"], cell, first["subject"], first["size"],
                      f"<{first['id']}@contoso.com>", first["id"]])  # fmt: skip
    return _table([*header, "total_bytes", "message_id", "network_message_id"], lines, delimiter)


def _extended(mail: pd.DataFrame) -> str:
    """Several lines per message, in no order."""
    header = ["date_time_utc", "event_id", "recipient_address", "related_recipient_address"]
    lines: list[list[object]] = []
    for rows in _messages(mail):
        first, recipients = rows[0], ";".join(row["recipient"] for row in rows)
        rest = [first["sender"], first["subject"], first["size"], f"<{first['id']}@contoso.com>",
                first["id"]]  # fmt: skip
        lines.append([first["at"].isoformat(), "RECEIVE", recipients, "", *rest])
        for row in rows:
            later, to = (row["at"] + timedelta(seconds=3)).isoformat(), row["recipient"]
            names = ["", to] if row["status"] == "Expanded" else [to, ""]
            lines.append([later, EVENTS[row["status"]], *names, *rest])
    random.Random(4).shuffle(lines)  # noqa: S311 - no secret
    columns = ["sender_address", "message_subject", "total_bytes", "message_id"]
    return _table([*header, *columns, "network_message_id"], lines)


def _objects(mail: pd.DataFrame, time: Callable[[datetime], str]) -> list[dict[str, object]]:
    """One object per row, as Get-MessageTraceV2 gives it."""
    return [
        {
            "MessageTraceId": row["id"],
            "MessageId": f"<{row['id']}@contoso.com>",
            "Received": time(row["at"]),
            "SenderAddress": row["sender"],
            "RecipientAddress": row["recipient"],
            "Subject": row["subject"],
            "Status": row["status"],
            "Size": row["size"],
        }
        for row in mail.to_dict("records")
    ]


def _as_csv(mail: pd.DataFrame, time: str, delimiter: str = ",") -> str:
    objects = _objects(mail, lambda moment: moment.strftime(time))
    return _table(list(objects[0]), [list(row.values()) for row in objects], delimiter)


def _graph(mail: pd.DataFrame) -> list[dict[str, object]]:
    return [
        {
            "id": row["MessageTraceId"],
            "messageId": row["MessageId"],
            "receivedDateTime": row["Received"],
            "senderAddress": row["SenderAddress"],
            "recipientAddress": row["RecipientAddress"],
            "subject": row["Subject"],
            "size": row["Size"],
            "status": str(row["Status"])[:1].lower() + str(row["Status"])[1:],
        }
        for row in _objects(mail, lambda moment: moment.strftime("%Y-%m-%dT%H:%M:%SZ"))
    ]


def _pages(mail: pd.DataFrame) -> str:
    rows = _graph(mail)
    pages = [rows[at : at + 1000] for at in range(0, len(rows), 1000)]
    return "\n".join(
        json.dumps({"@odata.context": "…", "value": page, "@odata.nextLink": "…"}) for page in pages
    )


def _powershell_json(mail: pd.DataFrame) -> str:
    objects = _objects(mail, lambda moment: f"/Date({int(moment.timestamp() * 1000)})/")
    return json.dumps(objects, indent=4).replace("/Date", "\\/Date").replace(")/", ")\\/")


def _zip(mail: pd.DataFrame) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(3):
            part = _as_csv(mail.iloc[number::3], "%Y-%m-%dT%H:%M:%SZ")
            archive.writestr(f"exports/{number}/trace.csv", part)
    return sink.getvalue()


AMERICAN, GERMAN, BRITISH = "%m/%d/%Y %I:%M:%S %p", "%d.%m.%Y %H:%M:%S", "%d/%m/%Y %H:%M:%S"
FILES: dict[str, Callable[[pd.DataFrame], bytes]] = {
    "summary.csv": lambda mail: _summary(mail).encode("utf-16-le"),
    "german-excel.csv": lambda mail: f"sep=;\r\n{_summary(mail, ';')}".encode("utf-8-sig"),
    "extended.csv": lambda mail: _extended(mail).encode(),
    "en-us.csv": lambda mail: f"#TYPE Trace\r\n{_as_csv(mail, AMERICAN)}".encode("utf-16"),
    "de-de.csv": lambda mail: _as_csv(mail, GERMAN, ";").encode(),
    "en-gb.tsv": lambda mail: _as_csv(mail, BRITISH, "\t").encode(),
    "graph.json": lambda mail: _pages(mail).encode(),
    "lines.jsonl.gz": lambda mail: gzip.compress("\n".join(map(json.dumps, _graph(mail))).encode()),
    "powershell.json": lambda mail: _powershell_json(mail).encode("utf-16"),
    "folders.zip": _zip,
}
