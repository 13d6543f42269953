"""What an answer of the delivery search means: only what was read whole can hold nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from hve_monitor.clock import minute_words
from models.delivery.conditions import StoredFilter, TraceFilter, is_exact, terms_of
from models.delivery.terms import status_terms
from models.usage.coverage import CoverageReport

MOST_TERMS = 5
NAMES = {
    "sender": "sender",
    "recipient": "recipient",
    "id": "trace id",
    "message_id": "message id",
}


def searched_words(wanted: TraceFilter) -> str:
    """What was looked for, e.g. `recipient …gross… or @contoso.com; status failed`."""
    parts = [
        f"{NAMES[name]} {_listed([term.words for term in terms])}"
        for name, terms in terms_of(wanted).items()
    ]
    if wanted.subject:
        parts.append(f"subject with {' and '.join(wanted.subject.lower().split())}")
    if wanted.from_ip:
        parts.append(f"source address {wanted.from_ip.strip()}")
    if statuses := status_terms(wanted.status or ""):
        parts.append(f"status {_listed(statuses)}")
    return "; ".join(parts)


def meaning(
    wanted: TraceFilter,
    coverage: CoverageReport,
    unlisted: Sequence[str],
    until: datetime,
    read_until: datetime,
    *,
    any_rows: bool,
) -> str:
    """What the rows, or that there are none, say of the window; empty where they say all."""
    limits = [] if any_rows else _limits(wanted, unlisted)
    end = f" up to {minute_words(read_until)}" if until > read_until else ""
    read = _read(wanted, coverage, end, is_certain=not limits, any_rows=any_rows)
    return " ".join(sentence for sentence in (read, *limits) if sentence)


def _read(
    wanted: TraceFilter,
    coverage: CoverageReport,
    end: str,
    *,
    is_certain: bool,
    any_rows: bool,
) -> str:
    words = searched_words(wanted)
    looked = f" Looked for: {words}." if words and not any_rows else ""
    if coverage.complete is None:
        if any_rows:
            return "Only what the imported files contain could be searched."
        return f"No row in the imported files; what they do not contain is unknown.{looked}"
    if not coverage.complete:
        if any_rows:
            return "Parts of the window were not read: more messages may exist."
        return (
            f"No row in what was read, but parts of the window were not read: it may exist.{looked}"
        )
    if any_rows:
        return ""
    start = "" if wanted.since else " from the first read on"
    if is_certain and is_exact(wanted):
        return f"The whole window was read{start}{end}, so there was no such message.{looked}"
    return f"The whole window was read{start}{end}, and no row of it matches.{looked}"


def _limits(wanted: TraceFilter, unlisted: Sequence[str]) -> list[str]:
    """What the search could not see."""
    limits = []
    if unlisted:
        names = _listed(unlisted)
        limits.append(f"Only mail of HVE accounts is read, and {names} belongs to none.")
    if wanted.from_ip:
        limits.append("Rows without a source address cannot be found so.")
    if wanted.subject:
        limits.append("Rows without a subject cannot be found so.")
    kept_from = wanted.kept_from if isinstance(wanted, StoredFilter) else None
    if kept_from and wanted.since and wanted.since < kept_from:
        limits.append(
            f"Rows before {minute_words(kept_from)} may have been purged (retention.facts_days)."
        )
    return limits


def _listed(texts: Sequence[str]) -> str:
    shown = " or ".join(texts[:MOST_TERMS])
    return shown if len(texts) <= MOST_TERMS else f"{shown} or {len(texts) - MOST_TERMS:,} more"
