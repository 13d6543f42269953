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


def verdict(document: Document) -> str:
    """What is now said of an incident."""
    said = document["verdict"]
    return _clean(
        f"{said['id']}: {said['status']}, by {said['author']}, until {said['expires_at']}"
    )


def plan(document: Document) -> str:
    """The plan that was made."""
    said = document["plan"]
    return _clean(
        f"{said['id']}: {said['recipients']:,} recipients of {said['account'] or said['scope']}"
        f" from {said['start']} to {said['end']}"
    )


def plans(document: Document) -> str:
    """A table of the plans."""
    names = ("id", "tenant", "scope", "account", "start", "end", "recipients", "sent", "author",
             "note")  # fmt: skip
    return _table([{name: each[name] for name in names} for each in document["plans"]])


def removed(document: Document) -> str:
    """What was withdrawn."""
    return f"{document['removed']}: withdrawn"


def reveal(document: Document) -> str:
    """The address."""
    return _clean(f"{document['pseudonym']}: {document['address']}")


def erase(document: Document) -> str:
    """What was removed where, a block for each tenant and store."""
    return _clean("\n".join(map(_removal, document["erased"])))


def purge(document: Document) -> str:
    """What was dropped, a block for each tenant."""
    kept = f"facts of {document['facts_days']} days and marts of {document['marts_days']} days stay"
    return _clean("\n".join([*map(_removal, document["purged"]), kept]))


def _removal(done: Document) -> str:
    rows = "".join(
        f"\n  {each['table']}: {each['rows_dropped']:,} rows dropped,"
        f" {each['rows_kept_without']:,} kept without the person"
        for each in done["removed"]
    )
    return (
        f"{done['store']}: {done['tenant']}: {done['old_files_removed']:,} old files removed,"
        f" {done['remaining_rows']:,} rows left{rows or ': nothing to remove'}"
    )


def rotate_key(document: Document) -> str:
    """What to do next."""
    return _clean(
        f"the keys of {document['tenants']} tenants are sealed with {document['key_file']}"
        f" (fingerprint {document['fingerprint']}); name it as privacy.key_file now"
    )


def audit(document: Document) -> str:
    """A table of the entries."""
    names = ("at", "who", "what", "target", "reason", "outcome")
    return _table([{name: each[name] for name in names} for each in document["entries"]])


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
    "script": script,
    "verdict": verdict,
    "reveal": reveal,
    "erase": erase,
    "purge": purge,
    "rotate_key": rotate_key,
    "audit": audit,
    "plan": plan,
    "plans": plans,
    "removed": removed,
}
