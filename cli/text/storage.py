"""Text of backups, verification and files for other programs."""

from __future__ import annotations

from cli.text.tables import Document, clean


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
    return clean("\n".join([*lines, *(f"repaired {each}" for each in document["repaired"])]))


def handed_over(document: Document) -> str:
    """What was written where."""
    counts = [f"{value:,} {name}" for name, value in document.items() if isinstance(value, int)]
    return clean(f"{document['format']}: {', '.join([*counts, 'written to'])} {document['out']}")
