"""Every export says the same of one message, in every encoding."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pyarrow as pa
import pytest

from hve_monitor.errors import ConfigError
from ingest.files.formats.containers import UnreadableError
from ingest.files.formats.reading import _repeats_a_recipient
from tests.places import SHARED
from tests.unit.ingest.files.formats.conftest import Read, statuses
from tests.unit.ingest.files.formats.exports import (
    AS_TABLE,
    COLUMNS,
    ENHANCED,
    EXPORTS,
    EXTENDED,
    GRAPH,
    OBJECT,
    SENT,
    SUBJECT,
    SUMMARY,
    TRACE,
    event,
    table,
)

SAMPLES = SHARED / "data/mail/samples"
UTF_16 = {"utf-16": "utf-16", "no mark": "utf-16-le", "big end": "utf-16-be"}


@pytest.mark.parametrize("name", EXPORTS)
def test_every_export_says_the_same(read: Read, name: str) -> None:
    good, bad = read(EXPORTS[name])
    assert bad == []
    for row in good:
        del row["line"]
    shared = {
        "trace_id": TRACE,
        "sender": "hr@contoso.com",
        "received_at": datetime(2026, 11, 20, 23, 59, 59, 999999, tzinfo=UTC),
        "message_id": "<m1@contoso.com>",
        "subject": SUBJECT,
        "size_bytes": 2048,
        "from_ip": "192.0.2.7",
        "to_ip": None,
    }
    assert sorted(good, key=lambda row: row["recipient"]) == [
        shared | {"recipient": "ana@fabrikam.com", "status": "Delivered"},
        shared | {"recipient": "bo@fabrikam.com", "status": "Failed"},
    ]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("name", ["enhanced summary", "extended", "JSON lines", "Graph page"])
def test_every_encoding_says_the_same(read: Read, name: str, encoding: str) -> None:
    content = EXPORTS[name].replace("Payslips", "Entgelt für März 💶")
    good, bad = read(content.encode(encoding))
    expected = content.encode() if name != "JSON lines" else content
    assert (good, bad) == read(expected)
    assert len(good) == 2


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("a@x.com##Receive, Deliver", {"a@x.com": "Delivered"}),
        ("<a@x.com>##Receive, Deliver", {"a@x.com": "Delivered"}),
        ("<a@x.com##Receive, Deliver>", {"a@x.com": "Delivered"}),
        ("a@x.com##Receive, Send", {"a@x.com": "Pending"}),
        ("a@x.com##Receive, Send, Deliver", {"a@x.com": "Delivered"}),
        ("a@x.com##Receive", {"a@x.com": "Pending"}),
        ("a@x.com##Receive, Expand", {"a@x.com": "Expanded"}),
        ("a@x.com##receive,quarantine", {"a@x.com": "Quarantined"}),
        ("a@x.com##FilteredAsSpam", {"a@x.com": "FilteredAsSpam"}),
        ("a@x.com##Teleported", {"a@x.com": "Teleported"}),
        ("a@x.com##Receive, Deliver, Quarantined", {"a@x.com": "Quarantined"}),
        ("a@x.com##Receive, Deliver, FilteredAsSpam", {"a@x.com": "FilteredAsSpam"}),
        ("Doe, Ana <a@x.com>##Receive, Deliver", {"a@x.com": "Delivered"}),
        ("SMTP:a@x.com, b@x.com##Receive, Fail", {"a@x.com": "Failed", "b@x.com": "Failed"}),
        ("a@x.com##Quarantined;a@x.com##Receive, Deliver", {"a@x.com": "Delivered"}),
        ("a@x.com", {"a@x.com": None}),
        ("a@x.com##Receive, Fail;a@x.com##Receive, Deliver", {"a@x.com": "Delivered"}),
        ("a@x.com##Receive, Deliver; A@x.com##Receive, Fail;", {"a@x.com": "Delivered"}),
        (
            "a@x.com##Receive, Send; b@x.com##Receive, Fail ;",
            {"a@x.com": "Pending", "b@x.com": "Failed"},
        ),
    ],
)
def test_recipient_status_tells_each_recipients_end(
    read: Read, cell: str, expected: dict[str, str | None]
) -> None:
    found = read(
        table(
            ["origin_timestamp_utc", "sender_address", "recipient_status", "network_message_id"],
            ["2026-11-20T10:00:00Z", "hr@contoso.com", cell, "t1"],
        )
    )
    assert statuses(found) == expected
    assert found[1] == []


def test_a_summary_without_recipients_is_rejected(read: Read) -> None:
    good, bad = read(
        table(
            ["origin_timestamp_utc", "sender_address", "recipient_status", "network_message_id"],
            ["2026-11-20T10:00:00Z", "hr@contoso.com", "", "t1"],
            ["2026-11-20T10:00:00Z", "hr@contoso.com", "##Receive", "t2"],
            ["2026-11-20T10:00:00Z", "hr@contoso.com", "a@x.com##Deliver", "t3"],
        )
    )
    assert [row["trace_id"] for row in good] == ["t3"]
    assert [line for line, _ in bad] == [2, 3]


def test_without_a_trace_id_the_message_id_stands_in(read: Read) -> None:
    columns = [name for name in COLUMNS if name != "MessageTraceId"]
    good, _ = read(table(columns, [OBJECT[name] for name in columns]))
    assert good[0]["trace_id"] == "<m1@contoso.com>"


SEVERAL = "Ana <a@x.com>; 'b@x.com', SMTP:c@x.com"


def several_rows() -> dict[str, str]:
    """One message to three people in a single value, in every layout that has one."""
    row = OBJECT | {"RecipientAddress": SEVERAL}
    names = ["a@x.com", "b@x.com", "c@x.com"]
    graph = GRAPH[0] | {"recipientAddress": names, "status": "delivered"}
    return {
        "table": table(COLUMNS, [row[name] for name in COLUMNS]),
        "objects": json.dumps(OBJECT | {"RecipientAddress": names}),
        "Graph": json.dumps(graph),
        "events": table(EXTENDED, event("RECEIVE", SEVERAL), event("DELIVER", SEVERAL)),
    }


@pytest.mark.parametrize("name", several_rows())
def test_several_recipients_in_one_value_are_so_many(read: Read, name: str) -> None:
    found = read(several_rows()[name])
    assert statuses(found) == dict.fromkeys(("a@x.com", "b@x.com", "c@x.com"), "Delivered")
    assert found[1] == []
    assert {row["trace_id"] for row in found[0]} == {TRACE}


@pytest.mark.parametrize(
    "text", ["System.String[]", "System.Object[]", "{a@x.com, b@x.com...}", "ana@contoso…"]
)
def test_recipients_that_were_not_written_out_are_rejected(read: Read, text: str) -> None:
    assert read(json.dumps(OBJECT | {"RecipientAddress": text})) == ([], [(1, "a reason")])
    assert read(json.dumps(OBJECT | {"SenderAddress": text})) == ([], [(1, "a reason")])


ENDS = {
    "SENDEXTERNAL": "Delivered",
    "DUPLICATEDELIVER": "Delivered",
    "MODERATORREJECT": "Failed",
    "MODERATIONEXPIRE": "Failed",
    "SUBMITFAIL": "Failed",
    "RESUBMITFAIL": "Failed",
    "DELIVERFAIL": "Failed",
    "POISONMESSAGE": "Failed",
    "SUPPRESSED": "Failed",
    "DUPLICATEEXPAND": "Expanded",
    "RECIPIENTINFO": "Pending",
}


@pytest.mark.parametrize("name", ENDS)
def test_events_that_end_a_message_end_it(read: Read, name: str) -> None:
    found = read(table(EXTENDED, event("RECEIVE", "a@x.com"), event(name, "a@x.com")))
    assert statuses(found) == {"a@x.com": ENDS[name]}


def test_a_person_whom_two_lists_name_is_no_list(read: Read) -> None:
    names = ("a@x.com", "b@x.com", "c@x.com")
    ends = zip(("DELIVER", "FAIL", "DEFER"), names, strict=True)
    found = read(
        table(EXTENDED, event("DUPLICATEEXPAND", ";".join(names)), *(event(*end) for end in ends))
    )
    assert statuses(found) == {"a@x.com": "Delivered", "b@x.com": "Failed", "c@x.com": "Expanded"}


def test_what_a_server_notes_of_its_outbox_is_no_row(read: Read) -> None:
    note = event("NOTIFYMAPI", network_message_id="", message_id="", sender_address="")
    good, bad = read(table(EXTENDED, note, event("DELIVER", "a@x.com")))
    assert ([row["recipient"] for row in good], bad) == (["a@x.com"], [])


def test_an_expanded_list_is_a_row_of_its_own(read: Read) -> None:
    found = read(
        table(
            EXTENDED,
            event("RECEIVE", "all@contoso.com"),
            event(
                "EXPAND",
                "ana@contoso.com;bo@contoso.com;cy@contoso.com",
                related_recipient_address="all@contoso.com",
                original_client_ip="",
            ),
            event("DELIVER", "ana@contoso.com", original_client_ip=""),
            event("DEFER", "bo@contoso.com"),
            event("FAIL", "bo@contoso.com"),
        )
    )
    assert statuses(found) == {
        "all@contoso.com": "Expanded",
        "ana@contoso.com": "Delivered",
        "bo@contoso.com": "Failed",
        "cy@contoso.com": "Pending",
    }
    assert {row["from_ip"] for row in found[0]} == {"192.0.2.7"}


def test_an_event_without_identity_and_a_message_without_recipient_are_rejected(
    read: Read,
) -> None:
    good, bad = read(
        table(
            EXTENDED,
            event("DELIVER", "a@x.com", network_message_id="", message_id=""),
            event("SUBMIT", network_message_id="t2"),
            event("SUBMIT", network_message_id="t2"),
            event("DELIVER", "a@x.com", network_message_id="t3"),
            event("DELIVER", "a@x.com", network_message_id="t4", date_time_utc="soon"),
        )
    )
    assert [row["trace_id"] for row in good] == ["t3"]
    assert sorted(line or 0 for line, _ in bad) == [2, 3, 6]


def test_an_extended_export_without_events_has_no_row(read: Read) -> None:
    assert read(table(EXTENDED)) == ([], [])


def test_a_tracking_log_of_a_server_is_an_extended_export(read: Read) -> None:
    log = "#Software: Microsoft Exchange Server\r\n#Fields: " + EXPORTS["extended"]
    log = log.replace("_", "-").replace("date-time-utc", "date-time")
    assert len(read(log, "MSGTRK.log")[0]) == 2


TIMES = {
    "2026-11-20T10:00:00": "10:00:00",
    "2026-11-20T10:00:00.1234567Z": "10:00:00.123456",
    "2026-11-20T12:00:00.9999999+02:00": "10:00:00.999999",
    "2026-11-20 10:00": "10:00:00",
    "11/20/2026 10:00:00 AM": "10:00:00",
    "11/20/2026 10:00:00\u202fPM": "22:00:00",
    "20.11.2026 10:00:00": "10:00:00",
    "20-11-2026 10:00": "10:00:00",
    "/Date(1795168800000)/": "10:00:00",
}


@pytest.mark.parametrize("text", TIMES)
def test_times_of_every_culture(read: Read, text: str) -> None:
    good, _ = read(json.dumps(OBJECT | {"Received": text}))
    assert good[0]["received_at"] == datetime.fromisoformat(f"2026-11-20T{TIMES[text]}+00:00")


def test_day_and_month_that_cannot_be_told_apart_are_refused(read: Read) -> None:
    for text in ("1/2/2026 10:00", "1/2/2026 10:00:00 AM"):
        with pytest.raises(UnreadableError, match="say --dates day-first or --dates month-first"):
            read(json.dumps(OBJECT | {"Received": text}))


def test_the_order_of_one_file_says_nothing_of_the_next(read: Read) -> None:
    read(json.dumps(OBJECT | {"Received": "20/11/2026 10:00"}))
    good, _ = read(json.dumps(OBJECT | {"Received": "1/12/2026 10:00:00 AM"}))
    assert good[0]["received_at"].month == 1


def test_a_format_can_be_asked_for(read: Read) -> None:
    assert len(read(ENHANCED, asked="historical")[0]) == 2
    assert len(read(json.dumps(GRAPH), asked="graph")[0]) == 2
    assert len(read(AS_TABLE, asked="csv")[0]) == 2
    with pytest.raises(ConfigError, match="is no extended export, it has no column"):
        read(SUMMARY, asked="extended")
    with pytest.raises(ConfigError, match="--format xml: use one of auto, csv"):
        read(SUMMARY, asked="xml")


def test_what_cannot_be_read_shows_its_pattern_and_never_its_text(read: Read) -> None:
    from ingest.files.formats.reading import SQL

    assert "pattern(received_text)" in SQL["typed"]


def test_seven_digits_are_cut_and_never_rounded(read: Read) -> None:
    assert SENT.endswith(".9999999")
    assert read(SUMMARY)[0][0]["received_at"].date().isoformat() == "2026-11-20"


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("SYNTHETIC_summary_trace_utf16le_nobom.csv", 2),
        ("SYNTHETIC_extended_trace_utf16le_nobom.csv", 2),
        ("exo_messagetracev2_record.json", 1),
        ("reporting_service_messagetrace.json", 1),
        ("graph_messagetraces.json", 2),
    ],
)
def test_shapes_seen_in_the_wild(read: Read, name: str, rows: int) -> None:
    if not (SAMPLES / name).is_file():
        pytest.skip("the collection of samples is not beside this repository")
    good, bad = read((SAMPLES / name).read_bytes(), name)
    assert (len(good), bad) == (rows, [])


@pytest.mark.parametrize(
    ("lines", "people", "repeats"),
    [
        ([2, 2, 2, 3], ["a@x", "b@x", "A@x", "c@x"], True),
        ([2, 2, 3, 3], ["a@x", "b@x", "b@x", "a@x"], False),
        ([2, 3, 4], ["a@x", "a@x", "a@x"], False),
        ([2, 3, 3], ["a@x", None, None], True),
        ([2, 2], ["a@x", None], False),
        ([9], ["a@x"], False),
    ],
)
def test_a_line_repeats_a_recipient_in_any_case(
    lines: list[int], people: list[str | None], repeats: bool
) -> None:
    rows = pa.table({"line": lines, "recipient": pa.array(people, pa.string())})
    assert _repeats_a_recipient(rows) is repeats
