"""What commands print for people: the same documents as `--json`, as short tables."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.text.money import cost_lines, exported
from hve_monitor.text import printable

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
    if "alerts" in document:
        lines.append(alerts(document["alerts"]))
    return _clean("\n".join(lines)) or "nothing to do"


def alerts(told: Document) -> str:
    """What was told, and what could not be."""
    names = ("opened", "updated", "resolved", "sent", "held", "due", "given_up")
    counts = [f"{told[name]} {name.replace('_', ' ')}" for name in names if name in told]
    failed = [f"alerts: {each['target']}: {each['error']}" for each in told["failed"]]
    return "\n".join([f"alerts: {', '.join(counts)}", *failed] if counts else failed)


def tried(document: Document) -> str:
    """What each target answered to a test message."""
    lines = [
        f"{each['target']}: {each['status']}: {each['answer'] or each['error']}"
        + (f"; {each['fix']}" if each["fix"] else "")
        for each in document["targets"]
    ]
    return _clean("\n".join(lines))


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


def tenants(document: Document) -> str:
    """A line per tenant, what needs a look first."""
    names = ("tenant", "read_at", "recipients_24h", "recipients_7d", "month_to_date", "month_end",
             "currency", "open_incidents", "highest")  # fmt: skip
    return _table(
        [
            {name: row[name] for name in names}
            | {"gaps": row["coverage"]["gaps"], "budget": (row["budget"] or {}).get("name")}
            for row in document["tenants"]
        ]
    )


def cost(document: Document) -> str:
    """Spend of the month and the accounts that make it."""
    return "\n".join(
        [
            _spent(document),
            _expected(document),
            _table(document["by_account"]),
            *map(_plain, cost_lines(document)),
            *_backtest(document.get("backtest")),
            coverage(document["coverage"]),
        ]
    )


def _backtest(found: Document | None) -> list[str]:
    """Errors and cover of earlier projections; nothing when they were not asked for."""
    if found is None:
        return []
    if found["unavailable"]:
        return [f"backtest: unavailable: {found['unavailable']}"]
    periods = len(found["periods"])
    head = f"backtest: {periods} periods of {found['period_days']} days, seen from their day"
    return [head, _table(found["rows"])]


def whatif(document: Document) -> str:
    """Cost of a planned change, its messages and what it does to budgets."""
    currency, monthly, total = document["currency"], document["per_month"], document["total"]
    messages, months = document["messages"], document["months"]
    each_send = (
        f"{document['account']}: {_money(document['cost_per_send'])} {currency} each send of"
        f" {document['recipients_per_send']:,} recipients, in {messages['per_send']:,} messages of"
        f" {messages['recipients_per_message']} or one to a distribution list (its members cost"
        " the same)"
    )
    in_all = (
        f"{months[0]['month']} to {months[-1]['month']}: {_money(total['cost'])} {currency},"
        f" {total['sends']} sends, {total['recipients']:,} recipients"
    )
    a_month = [
        f"a month: {_money(each['cost'])} {currency}, {each['recipients']:,} recipients"
        for each in (monthly,)
        if each is not None
    ]
    effects = [_budget_effect(each, currency) for each in document["budgets"]]
    return _clean("\n".join([each_send, *a_month, in_all, *effects]))


def _budget_effect(budget: Document, currency: str) -> str:
    return (
        f"budget {budget['name']}: {_money(budget['usual'])} + {_money(budget['added'])} ="
        f" {_money(budget['together'])} of {budget['amount']} {currency} a {budget['period']}"
        + ("; the change passes it" if budget["passes"] else "")
    )


def incidents(document: Document) -> str:
    """One block per incident, newest first."""
    blocks = [
        f"{each['id']} {each['severity']} {each['kind']} {each['account']}"
        f" {each['started_at']} – {each['ended_at'] or 'going on'} ({each['status']}):"
        f" {each['observed']:,} recipients, {each['expected']:,} expected\n"
        + "\n".join(f"  {reason}" for reason in each["reasons"])
        + "".join(f"\n{line}" for line in _whole(each))
        for each in document["incidents"]
    ]
    return _clean("\n".join([*(blocks or ["no incident"]), coverage(document["coverage"])]))


def _whole(card: Document) -> list[str]:
    """What is told of one incident alone: steps, limits, and whom it reached."""
    if "limits" not in card:
        return []
    lines = [f"  {number}. {step}" for number, step in enumerate(card["next_steps"], 1)]
    lines += [f"  {limit}" for limit in card["limits"]]
    lines += [
        f"  source {each['from_ip'] or 'unknown'}: {each['recipients']:,} recipients"
        for each in card["sources"]
    ]
    lines += [
        f"  subject {each['subject'] or 'unknown'}: {each['recipients']:,} recipients"
        for each in card["subjects"]
    ]
    lines += [
        f"  {each['recipient']} {' '.join(each['trace_ids'])}"
        f"{' (never mailed before)' if each['is_new'] else ''}"
        for each in card.get("recipients", [])
    ]
    return lines


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
    """Where the dashboard is, and who may enter."""
    return f"dashboard: {document['url']} (login: {document['login']})"


def backup(document: Document) -> str:
    """Where the backup is and what it holds."""
    return (
        f"{document['path']}: {document['files']:,} files, {document['bytes'] / 1e6:,.1f} MB,"
        f" of {document['created_at']}"
    )


def verified(document: Document) -> str:
    """One line per finding, with the fix of what is wrong, and what a repair did."""
    lines = [
        f"{each['status']:4} {each['check']}: {each['detail']}"
        + (f"\n     fix: {each['fix']}" if each["fix"] else "")
        for each in document["findings"]
    ]
    return _clean("\n".join([*lines, *(f"repaired {each}" for each in document["repaired"])]))


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
    return _clean("\n".join(blocks)) or "nothing in it is recognised"


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
    return _clean("\n".join(lines))


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


def handed_over(document: Document) -> str:
    """What was written where."""
    counts = [f"{value:,} {name}" for name, value in document.items() if isinstance(value, int)]
    return _clean(f"{document['format']}: {', '.join([*counts, 'written to'])} {document['out']}")


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
    exports = f"exports inside the store: {document['exports_removed']:,} old files removed"
    return _clean("\n".join([*map(_removal, document["purged"]), exports, kept]))


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
    return printable(shown, "�")


def _clean(text: str) -> str:
    return "\n".join(map(_plain, text.split("\n")))


TEXTS: dict[str, Callable[[Document], str]] = {
    "run": run,
    "demo": demo,
    "import": imported,
    "rows": rows,
    "tenants": tenants,
    "cost": cost,
    "whatif": whatif,
    "incidents": incidents,
    "doctor": doctor,
    "dashboard": dashboard,
    "script": script,
    "backup": backup,
    "restore": backup,
    "verify": verified,
    "explain": explanation,
    "send-test": sent,
    "export": exported,
    "handed-over": handed_over,
    "verdict": verdict,
    "reveal": reveal,
    "erase": erase,
    "purge": purge,
    "rotate_key": rotate_key,
    "audit": audit,
    "alerts-test": tried,
    "plan": plan,
    "plans": plans,
    "removed": removed,
}
