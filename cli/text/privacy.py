"""Text of what was revealed, erased, purged, and of the audit log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cli.text.tables import Document, clean, table_text
from hve_monitor.clock import parse_time
from hve_monitor.plural import agreeing, plural

if TYPE_CHECKING:
    from actions.privacy import Erasure, KeyChange, Purge, RemovalDocument
    from actions.reveal import RevealedName


def reveal(document: RevealedName) -> str:
    """The address."""
    return clean(f"{document.pseudonym}: {document.address}")


def erase(document: Erasure) -> str:
    """What was removed where, a block for each tenant and store."""
    heading = ["nothing is changed (--dry-run); this would be removed:"] * document.dry_run
    return clean("\n".join([*heading, *map(_removal, document.erased)]))


def purge(document: Purge) -> str:
    """What was dropped, a block for each tenant."""
    kept = (
        f"facts of {plural(document.facts_days, 'day')} and marts of"
        f" {plural(document.marts_days, 'day')} stay"
    )
    exports = f"exports inside the store: {plural(document.exports_removed, 'old file')} removed"
    copies = [f"{copy}: moved aside by a restore, removed" for copy in document.copies_removed]
    return clean("\n".join([*map(_removal, document.purged), exports, *copies, kept]))


def _removal(removal: RemovalDocument) -> str:
    rows = "".join(
        f"\n  {part.table}: {plural(part.rows_dropped, 'row')} dropped,"
        f" {part.rows_kept_without:,} kept without the person"
        for part in removal.removed
    )
    forms = "".join(
        f"\n  {kept.table}: {plural(kept.rows, 'row')}"
        f" {agreeing(kept.rows, 'keeps', 'keep')} what may be somebody else ({kept.form})"
        for kept in removal.forms_kept or ()
    )
    others = (
        f"\n  {plural(removal.other_values, 'other spelling')} of the address went too"
        if removal.other_values
        else ""
    )
    return (
        f"{removal.store}: {removal.tenant}:"
        f" {plural(removal.old_files_removed, 'old file')} removed,"
        f" {plural(removal.remaining_rows, 'row')} left"
        f"{rows or ': nothing to remove'}{others}{forms}"
    )


def rotate_key(document: KeyChange) -> str:
    """What to do next."""
    return clean(
        f"the keys of {plural(document.tenants, 'tenant')} are sealed with {document.key_file}"
        f" (fingerprint {document.fingerprint}); name it as privacy.key_file now"
    )


def audit(document: Document, *, wide: bool = False) -> str:
    """A table of the entries."""
    shard = ("shard",) if any("shard" in entry for entry in document["entries"]) else ()
    names = (*shard, "who", "what", "target", "reason", "outcome")
    rows = [
        {"at (UTC)": _second(entry["at"])} | {name: entry[name] for name in names}
        for entry in document["entries"]
    ]
    return table_text(rows, wide=wide)


def _second(at: str) -> str:
    """2026-11-24 23:22:05 of an ISO 8601 text: who asks for proof needs the second."""
    return f"{parse_time(at):%Y-%m-%d %H:%M:%S}"
