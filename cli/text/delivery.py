"""What `hve trace` and `hve readiness` print for people."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from cli.text.tables import Document, cell_text, clean, coverage, money_text, table_text

if TYPE_CHECKING:  # a command loads the models that it needs, not all
    from models.usage.coverage import CoverageReport


def traces(document: Document) -> str:
    """A table of the rows, how to see more, and what an empty answer means."""
    nothing = "no further rows" if document.get("offset") else _nothing(document["coverage"])
    lines = [table_text(document["rows"]) if document["rows"] else nothing]
    if document["truncated"]:
        lines.append(f"more rows exist: --offset {document['next_offset']}, or --out FILE.csv")
    return "\n".join([*lines, coverage(document["coverage"])])


def exported(document: Document) -> str:
    """Where the rows are."""
    found = f"{document['rows']:,} rows in {document['out']}"
    shown = found if document["rows"] else f"{found}: {_nothing(document['coverage'])}"
    return f"{cell_text(shown)}\n{coverage(document['coverage'])}"


def timelines(document: Document) -> str:
    """The steps of every message for each recipient."""
    lines = []
    for message in document["messages"]:
        lines.append(
            f"{message['received_at']} {message['sender']} {message['subject'] or ''}"
            f" ({message['id']}, {message['portal']})"
        )
        for each in message["recipients"]:
            state = "" if each["state"] == "known" else f" ({each['state'].replace('_', ' ')})"
            lines.append(f"  {each['recipient']}: {each['status']}{state}")
            lines += [
                f"    {event['at']} {event['event']} {event['description'] or ''}"
                for event in each["events"]
            ]
        lines += _parting(message["comparison"])
    if document["queued"]:
        lines.append(f"{document['queued']} recipients queued: the next run fetches their events")
    if document["left_off"]:
        lines.append(f"{document['left_off']} more can be asked for when these are there")
    return f"{clean(chr(10).join(lines)) or _nothing(document['coverage'])}\n" + coverage(
        document["coverage"]
    )


def deliveries(document: Document) -> str:
    """One block per account."""
    lines = []
    for each in document["accounts"]:
        rate = "unknown" if each["delivery_rate"] is None else f"{each['delivery_rate']:.2%}"
        low, high = each["envelope"]["most"]
        most = str(low) if low == high else f"between {low} and {high}"
        lines += [
            (
                f"{each['account']}: {rate} of {each['known']:,} recipients with a known outcome"
                f" delivered, {each['failed']:,} failed"
            ),
            (
                f"  most recipients in one message: {most} of {each['envelope']['limit']}; largest"
                f" message: {money_text(each['size']['most_bytes'])} of"
                f" {each['size']['limit_bytes']} bytes"
            ),
            *(
                f"  {reason['recipients']:,} failed: {reason['reason'] or 'reason not fetched'}"
                for reason in each["failure_reasons"]
            ),
            f"  recipients that always fail: {len(each['always_failing'])}",
            f"  lists that expand: {len(each['lists'])}",
        ]
    found = clean("\n".join(lines)) or _nothing(document["coverage"])
    return f"{found}\n{coverage(document['coverage'])}"


def _parting(comparison: Document | None) -> list[str]:
    if comparison is None:
        return []
    ways = [" > ".join(comparison[name]) or "the end" for name in ("failed_then", "delivered_then")]
    return [
        (
            f"  both: {' > '.join(comparison['common']) or 'nothing in common'}; then"
            f" {comparison['failed']}: {ways[0]} ({comparison['reason'] or 'no reason told'});"
            f" {comparison['delivered']}: {ways[1]}"
        )
    ]


def _nothing(report: CoverageReport) -> str:
    """What an empty answer says: only a window that was read can hold nothing."""
    if report.complete:
        return "nothing found: the whole window was read"
    if report.complete is None:
        return "no rows in the imported files; what they do not contain is unknown"
    return "no rows in what was read, but parts of the window were not read: it may exist"


def readiness(document: Document) -> str:
    """Findings that need somebody, each with its fix; those that pass are counted."""
    found = [each for each in document["findings"] if each["status"] != "pass"]
    lines = [
        f"{each['status']:7} {each['check']} {each['account'] or each['tenant']}:"
        f" {each['evidence']} (since {each['since'][:10]})"
        + "".join(f"\n        {line}" for line in (each["fix"] or "").splitlines())
        for each in found
    ]
    lines += [
        f"{each['observed_at']} {each['check']} {each['account'] or each['tenant']}:"
        f" {each['status'] or 'ended'}: {each['evidence'] or ''}"
        for each in document.get("history", [])
    ]
    read = ", ".join(f"{name} {at}" for name, at in document["policies_read_at"].items())
    passed = len(document["findings"]) - len(found)
    lines.append(
        f"{passed} of {len(document['findings'])} findings pass; checked at"
        f" {document['checked_at']}; policies read: {read or 'never'}"
    )
    return clean("\n".join(lines))


DELIVERY_TEXTS: dict[str, Callable[[Document], str]] = {
    "traces": traces,
    "exported": exported,
    "timelines": timelines,
    "deliveries": deliveries,
    "readiness": readiness,
}


def rows(document: Document) -> str:
    """A table of the rows."""
    more = "\nmore rows exist; raise --limit" if document.get("truncated") else ""
    return table_text(document["rows"]) + more + "\n" + coverage(document["coverage"])


def tenants(document: Document) -> str:
    """A line per tenant, what needs a look first."""
    names = ("tenant", "read_at", "recipients_24h", "recipients_7d", "month_to_date", "month_end",
             "currency", "open_incidents", "highest")  # fmt: skip
    return table_text(
        [
            {name: row[name] for name in names}
            | {"gaps": row["coverage"]["gaps"], "budget": (row["budget"] or {}).get("name")}
            for row in document["tenants"]
        ]
    )


def doctor(document: Document) -> str:
    """One line per check, with the fix of what fails."""
    return clean(
        "\n".join(
            f"{each['status']:4} {each['check']}: {each['detail']}"
            + (f"\n     fix: {each['fix']}" if each["fix"] else "")
            for each in document["checks"]
        )
    )


def explanation(document: Document) -> str:
    """One block per match: meaning, cause, steps of the fix, and who says so."""
    blocks = [
        "\n".join(
            [
                f"{each['code']}: {each['meaning']}" + _times(each),
                f"  cause: {each['cause']}",
                *(f"  fix: {step}" for step in each["fix"].split("\n")),
                f"  source: {each['source']} ({each['source_url']})",
            ]
        )
        for each in document["matches"]
    ]
    return clean("\n".join(blocks)) or "nothing in it is recognised"


def sent(document: Document) -> str:
    """One line per step, what the catalogue says of a failed one, and the trace."""
    lines = []
    for step in document["steps"]:
        said = f" [{step['reply']}]" if step["reply"] and step["status"] == "failed" else ""
        lines.append(f"{step['status']:7} {step['step']}: {step['detail']}{said}")
        lines += [f"        {line}" for line in explanation({"matches": step["explanations"][:1]})
                  .split("\n") if step["explanations"]]  # fmt: skip
    if document["sent"]:
        lines.append(f"sent: {document['message_id']}")
        lines += _traced(document["trace"])
    return clean("\n".join(lines))


def _traced(trace: Document | None) -> list[str]:
    if trace is None:
        return []
    if trace["status"] != "visible":
        why = trace["error"] or "is not in the message trace yet; later: hve trace --message-id"
        return [f"trace: {why}"]
    return [f"trace: {each['recipient']}: {each['status']}" for each in trace["rows"]]


def _times(match: Document) -> str:
    if "count" not in match:
        return ""
    first = f", first in line {match['first_line']:,}" if match["first_line"] else ""
    return f" ({match['count']:,}×{first})"
