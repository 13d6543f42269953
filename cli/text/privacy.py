"""Text of what was revealed, erased, purged, and of the audit log."""

from __future__ import annotations

from cli.text.tables import Document, clean, table_text


def reveal(document: Document) -> str:
    """The address."""
    return clean(f"{document['pseudonym']}: {document['address']}")


def erase(document: Document) -> str:
    """What was removed where, a block for each tenant and store."""
    return clean("\n".join(map(_removal, document["erased"])))


def purge(document: Document) -> str:
    """What was dropped, a block for each tenant."""
    kept = f"facts of {document['facts_days']} days and marts of {document['marts_days']} days stay"
    exports = f"exports inside the store: {document['exports_removed']:,} old files removed"
    return clean("\n".join([*map(_removal, document["purged"]), exports, kept]))


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
    return clean(
        f"the keys of {document['tenants']} tenants are sealed with {document['key_file']}"
        f" (fingerprint {document['fingerprint']}); name it as privacy.key_file now"
    )


def audit(document: Document) -> str:
    """A table of the entries."""
    names = ("at", "who", "what", "target", "reason", "outcome")
    return table_text([{name: each[name] for name in names} for each in document["entries"]])
