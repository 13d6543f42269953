"""Text of runs, imports, the demo and the dashboard's address."""

from __future__ import annotations

from cli.text.tables import Document, clean, coverage


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
    return clean("\n".join(lines)) or "nothing to do"


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
    return clean("\n".join(lines))


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
    return clean(
        "\n".join([f"{document['tenant']}: {len(document['files'])} files: {counts}", *errors])
    )


def dashboard(document: Document) -> str:
    """Where the dashboard is, and who may enter."""
    return f"dashboard: {document['url']} (login: {document['login']})"


def script(document: Document) -> str:
    """The script as it is, to be saved to a file."""
    return str(document["script"]).rstrip("\n")
