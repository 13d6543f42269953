"""Text of backups, verification and files for other programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cli.text.tables import Document, clean
from dashboards.parts.amounts import moment
from hve_monitor.plural import plural

if TYPE_CHECKING:
    from actions.set_clock import ClockSet
    from actions.verify import StoreState
    from warehouse.maintenance.backup import Backup


def backup(document: Backup) -> str:
    """Where the backup is and what it holds, and what is wrong with it or stays beside it."""
    size = f"{plural(document.files, 'file')}, {document.bytes / 1e6:,.1f} MB"
    lines = [
        f"{document.path}: {size}, of {moment(document.created_at)}",
        *(f"{name}: is damaged in the store; run 'hve verify'" for name in document.damaged),
    ]
    if document.kept_aside:
        lines.append(f"the store of before is kept as {document.kept_aside}")
    return clean("\n".join(lines))


def verified(document: StoreState) -> str:
    """One line per check, with the fix of what is wrong, and what a repair did."""
    lines = [
        f"{result.status:4} {result.check}: {result.detail}"
        + (f"\n     fix: {result.fix}" if result.fix else "")
        for result in document.findings
    ]
    return clean("\n".join([*lines, *(f"repaired {name}" for name in document.repaired)]))


def clock_set(document: ClockSet) -> str:
    """The time that holds, and what was put right by it."""
    return clean("\n".join([f"the clock is {moment(document.now)}", *document.put_right]))


def handed_over(document: Document) -> str:
    """What was written where."""
    counts = [f"{value:,} {name}" for name, value in document.items() if isinstance(value, int)]
    return clean(f"{document['format']}: {', '.join([*counts, 'written to'])} {document['out']}")
