"""What commands print for people: the same documents as `--json`, as short tables."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

Document = dict[str, Any]
WIDEST = 160


def run(document: Document) -> str:
    """Sources, models and coverage of a run."""
    lines = [
        f"{each['tenant']}: {each['source']}: {each['status']}, {each['requests']} requests,"
        f" {each['rows_read']:,} rows read, {each['rows_new']:,} new,"
        f" {each['rows_changed']:,} changed" + (f": {each['error']}" if each["error"] else "")
        for each in document.get("sources", [])
    ]
    if "models" in document:
        models = document["models"]
        lines.append(
            f"models: {models['days_rebuilt']} days rebuilt in {models['seconds']} s,"
            f" {document['incidents_opened']} incidents opened"
        )
    if "coverage" in document:
        lines.append(coverage(document["coverage"]))
    return _clean("\n".join(lines)) or "nothing to do"


def demo(document: Document) -> str:
    """A run, and where its files are."""
    return f"{run(document)}\nconfiguration: {document['config']}"


def imported(document: Document) -> str:
    """Counts of an import."""
    counts = ", ".join(
        f"{document[f'rows_{name}']:,} {name}"
        for name in ("read", "new", "changed", "unchanged", "rejected", "skipped")
    )
    errors = [each["error"] for each in document["files"] if each.get("error")]
    return _clean(
        "\n".join([f"{document['tenant']}: {len(document['files'])} files: {counts}", *errors])
    )


def coverage(found: Document) -> str:
    """One line on what was read."""
    if found["complete"] is None:
        return "coverage: unknown, the rows come from files"
    if found["complete"]:
        return f"coverage: complete until {found['as_of']}"
    if not found["gaps"]:
        return "coverage: nothing was read yet"
    first = found["gaps"][0]
    return (
        f"coverage: {len(found['gaps'])} gaps, the first for {first['address']}"
        f" from {first['from']} to {first['to']}"
    )


def rows(document: Document) -> str:
    """A table of the rows."""
    more = "\nmore rows exist; raise --limit" if document.get("truncated") else ""
    return _table(document["rows"]) + more + "\n" + coverage(document["coverage"])


def traces(document: Document) -> str:
    """A table of the rows, how to see more, and what an empty answer means."""
    nothing = "no further rows" if document.get("offset") else _nothing(document["coverage"])
    lines = [_table(document["rows"]) if document["rows"] else nothing]
    if document["truncated"]:
        lines.append(f"more rows exist: --offset {document['next_offset']}, or --out FILE.csv")
    return "\n".join([*lines, coverage(document["coverage"])])


def exported(document: Document) -> str:
    """Where the rows are."""
    found = f"{document['rows']:,} rows in {document['out']}"
    shown = found if document["rows"] else f"{found}: {_nothing(document['coverage'])}"
    return f"{_plain(shown)}\n{coverage(document['coverage'])}"


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
    return f"{_clean(chr(10).join(lines)) or _nothing(document['coverage'])}\n" + coverage(
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
                f" message: {_money(each['size']['most_bytes'])} of"
                f" {each['size']['limit_bytes']} bytes"
            ),
            *(
                f"  {reason['recipients']:,} failed: {reason['reason'] or 'reason not fetched'}"
                for reason in each["failure_reasons"]
            ),
            f"  recipients that always fail: {len(each['always_failing'])}",
            f"  lists that expand: {len(each['lists'])}",
        ]
    found = _clean("\n".join(lines)) or _nothing(document["coverage"])
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


def _nothing(found: Document) -> str:
    """What an empty answer says: only a window that was read can hold nothing."""
    if found["complete"]:
        return "nothing found: the whole window was read"
    if found["complete"] is None:
        return "no rows in the imported files; what they do not contain is unknown"
    return "no rows in what was read, but parts of the window were not read: it may exist"


def cost(document: Document) -> str:
    """Spend of the month and the accounts that make it."""
    return "\n".join(
        [
            _spent(document),
            _expected(document),
            _table(document["by_account"]),
            *(
                f"budget {each['name']}: {each['used_ratio']:.0%} of {each['amount']} used"
                for each in document["budgets"]
            ),
            coverage(document["coverage"]),
        ]
    )


def incidents(document: Document) -> str:
    """One block per incident, newest first."""
    blocks = [
        f"{each['id']} {each['severity']} {each['kind']} {each['account']}"
        f" {each['started_at']} – {each['ended_at'] or 'going on'} ({each['status']}):"
        f" {each['observed']:,} recipients, {each['expected']:,} expected\n"
        + "\n".join(f"  {reason}" for reason in each["reasons"])
        for each in document["incidents"]
    ]
    return _clean("\n".join([*(blocks or ["no incident"]), coverage(document["coverage"])]))


def doctor(document: Document) -> str:
    """One line per check, with the fix of what fails."""
    return _clean(
        "\n".join(
            f"{each['status']:4} {each['check']}: {each['detail']}"
            + (f"\n     fix: {each['fix']}" if each["fix"] else "")
            for each in document["checks"]
        )
    )


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
    return _clean("\n".join(lines))


def dashboard(document: Document) -> str:
    """Where the dashboard is."""
    return f"dashboard: {document['url']}"


def _spent(document: Document) -> str:
    spent = document["month_to_date"]
    return (
        f"{document['month']}: {_money(spent['cost'])} {document['currency']} so far"
        f" ({_money(spent['billable_recipients'])} billable recipients, estimated from traces)"
    )


def _expected(document: Document) -> str:
    projection = document["projection"]
    if projection["p80"] is None:
        return f"month end: {projection['method']}"
    low, high = projection["p80"]
    return (
        f"month end: {_money(projection['month_end'])} {document['currency']}, 80 % between"
        f" {_money(low)} and {_money(high)} ({projection['method']})"
    )


def script(document: Document) -> str:
    """The script as it is, to be saved to a file."""
    return str(document["script"]).rstrip("\n")


def _money(amount: str | int | None) -> str:
    return "unknown" if amount is None else str(amount)


def _table(found: Sequence[Document]) -> str:
    if not found:
        return "no rows"
    table = Table(box=None, pad_edge=False)
    for name in found[0]:
        table.add_column(name, overflow="fold")
    for row in found:
        table.add_row(*(Text(_plain(value)) for value in row.values()))
    console = Console(file=io.StringIO(), width=WIDEST)
    console.print(table)
    text: str = console.file.getvalue()  # type: ignore[attr-defined] # the StringIO above
    return text.rstrip()


def _plain(value: object) -> str:
    """A value as text without control characters: data must not steer the terminal."""
    shown = "" if value is None else str(value)
    return "".join(sign if sign.isprintable() else "�" for sign in shown)


def _clean(text: str) -> str:
    return "\n".join(map(_plain, text.split("\n")))


TEXTS: dict[str, Callable[[Document], str]] = {
    "run": run,
    "demo": demo,
    "import": imported,
    "rows": rows,
    "cost": cost,
    "incidents": incidents,
    "doctor": doctor,
    "dashboard": dashboard,
    "traces": traces,
    "exported": exported,
    "timelines": timelines,
    "deliveries": deliveries,
    "readiness": readiness,
    "script": script,
}
