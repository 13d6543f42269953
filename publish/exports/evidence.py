"""What is known of one incident as one ZIP file, for a ticket or an archive.

The same store gives the same bytes: nothing in the file comes from the clock. Names are those of
the store: pseudonyms where it keeps pseudonyms.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from msgspec import UNSET
from msgspec.structs import replace

from hve_monitor.clock import iso
from hve_monitor.document import Document, encoded, json_text
from hve_monitor.errors import ConfigError
from hve_monitor.files import replaced
from hve_monitor.spreadsheet import write_rows
from models.delivery.conditions import TraceFilter
from models.delivery.search import COLUMNS, exported_rows, search_coverage
from models.incidents.cards import IncidentReport, StepDone, WholeCard, incident_card
from models.incidents.runbooks import UNVERIFIED, VERIFIED
from models.usage.coverage import CoverageReport, published_as_of
from warehouse.connection import Row
from warehouse.reading import Published

SUMS = "SHA256SUMS"
README = """\
Evidence of incident {id} of {account} (tenant {tenant})
{severity} {kind}, {started} to {ended}, as of {as_of}

card.json       the incident with its reasons and signals, as `hve incidents ID --json` prints it
recipients.csv  whom it wrote to, and whether it reached them
sources.csv     the addresses that it was sent from
subjects.csv    its subjects
timeline.csv    when it began, was raised, ended, was judged and given to somebody
traces.csv      the message trace of that time, one row per message and recipient
runbook.csv     the steps to take, with who did them when; verified: whether Microsoft's documents
                say so of the cmdlet
hunting/        queries for Microsoft's tools; hunting.csv says what of them is verified
{sums}      sha256sum -c {sums}

Times are UTC. {coverage}
"""
ENDINGS = {"kusto": "kql", "powershell": "ps1.txt"}  # nothing that a double click would run
READ = {
    True: "The message trace of that time was read completely.",
    False: "Parts of that time were not read: there may be more messages (see card.json).",
    None: "The message trace comes from files, whose completeness is not known.",
}


class EvidenceFile(Document):
    """Where the evidence of an incident was written, and how many rows of the message trace."""

    id: str
    out: str
    trace_rows: int
    bytes: int
    coverage: CoverageReport


@dataclass(frozen=True)
class Evidence:
    """What goes into the file; traces: rows of the message trace, read while it is written."""

    card: WholeCard
    coverage: CoverageReport
    as_of: datetime
    traces: Iterable[Row]


def evidence_of(published: Published, incident: str) -> Evidence:
    """The evidence of an incident. Raises: ConfigError for an id that is not there."""
    as_of = min(published_as_of(published.connection), published.now)
    card = incident_card(published, incident, with_recipients=True)
    until = max(card.ended_at or as_of, card.started_at)
    conditions = TraceFilter(card.tenant, card.account, since=card.started_at, until=until)
    of_tenant = published.of(card.tenant)
    return Evidence(
        card, search_coverage(of_tenant, conditions), as_of, exported_rows(of_tenant, conditions)
    )


def write_evidence(published: Published, incident: str, file: Path) -> EvidenceFile:
    """Writes a new file, whole or not at all.

    Raises: ConfigError where the file is there already or cannot be written, or no such incident.
    """
    if file.exists() or file.is_symlink():
        raise ConfigError(f"--evidence {file}: exists already; name a new file")
    evidence = evidence_of(published, incident)
    with replaced(file) as fresh:
        with fresh.open("wb") as out:
            rows = pack(evidence, out)
        size = fresh.stat().st_size
    return EvidenceFile(
        id=incident, out=str(file), trace_rows=rows, bytes=size, coverage=evidence.coverage
    )


def pack(evidence: Evidence, out: IO[bytes]) -> int:
    """Writes the ZIP and returns how many rows of the message trace it has."""
    with ZipFile(out, "w") as archive:
        case = _Case(archive, f"hve-incident-{evidence.card.id}")
        case.text("README.txt", _readme(evidence))
        case.text("card.json", json_text(_report(evidence)))
        for name, columns, rows in _tables(evidence.card):
            case.sheet(name, columns, rows)
        for place, query in enumerate(evidence.card.hunting, 1):
            case.text(f"hunting/{place:02}.{ENDINGS[query.language]}", f"{query.text}\n")
        count = case.sheet("traces.csv", COLUMNS, evidence.traces)
        case.text(SUMS, "".join(f"{digest}  {name}\n" for name, digest in case.digests.items()))
    return count


class _Case:
    """The archive and the digests of what is in it; every entry has the same time."""

    def __init__(self, archive: ZipFile, folder: str) -> None:
        self.archive, self.folder = archive, folder
        self.digests: dict[str, str] = {}

    def text(self, name: str, text: str) -> None:
        with self._entry(name) as write:
            write(text.encode("utf-8", "surrogatepass"))

    def sheet(self, name: str, columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> int:
        with self._entry(name) as write:
            return write_rows(write, columns, rows)

    @contextmanager
    def _entry(self, name: str) -> Iterator[Callable[[bytes], object]]:
        digest = hashlib.sha256()
        info = ZipInfo(f"{self.folder}/{name}", (1980, 1, 1, 0, 0, 0))
        info.compress_type, info.external_attr, info.create_system = ZIP_DEFLATED, 0o600 << 16, 3
        with self.archive.open(info, "w", force_zip64=True) as entry:

            def write(data: bytes) -> None:
                digest.update(data)
                entry.write(data)

            yield write
        self.digests[name] = digest.hexdigest()


def _report(evidence: Evidence) -> IncidentReport:
    card = replace(evidence.card, recipients=UNSET)
    return IncidentReport(incidents=[card], coverage=evidence.coverage)


def _readme(evidence: Evidence) -> str:
    card = evidence.card
    return README.format(
        id=card.id,
        account=card.account,
        tenant=card.tenant,
        severity=card.severity,
        kind=card.kind.replace("_", " "),
        started=iso(card.started_at),
        ended=iso(card.ended_at) if card.ended_at else "still going on",
        as_of=iso(evidence.as_of),
        sums=SUMS,
        coverage=READ[evidence.coverage.complete],
    )


def _tables(card: WholeCard) -> Iterator[tuple[str, Sequence[str], list[Row]]]:
    """Name, columns and rows of the small tables."""
    people = ("recipient", "is_new", "is_reached", "messages", "statuses", "sources", "first_at",
              "last_at", "trace_ids")  # fmt: skip
    sources = ("from_ip", "messages", "recipients", "first_seen", "last_seen")
    hunting = ("file", "name", "tool", "verified", "note", "source")
    yield "recipients.csv", people, [_flat(row) for row in card.recipients or ()]
    yield "sources.csv", sources, [_flat(row) for row in card.sources]
    yield "subjects.csv", ("subject", "recipients", "messages"), [*map(_flat, card.subjects)]
    yield "timeline.csv", ("at", "what", "who", "why"), _timeline(card)
    yield "runbook.csv", ("step", "what", "verified", "done_by", "done_at"), _runbook(card)
    yield "hunting/hunting.csv", hunting, _hunting(card)


def _flat(document: Document) -> Row:
    """A row of a document: lists become texts."""
    return {
        name: " ".join(map(str, filter(None, value))) if isinstance(value, list) else value
        for name, value in encoded(document).items()
    }


def _timeline(card: WholeCard) -> list[Row]:
    """What happened, oldest first."""
    events: list[tuple[datetime, str, str | None, str | None]] = [
        (card.started_at, "began", None, None),
        (card.detected_at, "raised", None, None),
    ]
    events += [(card.ended_at, "ended", None, None)] if card.ended_at else []
    events += [(given.at, given.status, given.author, given.reason) for given in card.verdicts]
    events += [
        (given.at, f"assigned to {given.assigned_to or 'nobody'}", given.author, None)
        for given in card.assignments
    ]
    events += [(done.at, "step done", done.author, done.step) for done in card.steps_done]
    ordered = sorted(events, key=lambda event: event[0])
    return [{"at": iso(at), "what": what, "who": who, "why": why} for at, what, who, why in ordered]


def _runbook(card: WholeCard) -> list[Row]:
    """Steps with who did them when, and first where the incident stands."""
    done = {ticked.step: ticked for ticked in card.steps_done}
    holder = f"assigned to {card.assigned_to}" if card.assigned_to else "assigned to nobody"
    state = {"step": "state", "what": f"{card.status.replace('_', ' ')}, {holder}"}
    steps = [
        {"step": place, "what": step, "verified": _verified(step), **_ticked(done.get(step))}
        for place, step in enumerate(card.next_steps, 1)
    ]
    return [state, *steps]


def _ticked(done: StepDone | None) -> Row:
    return {"done_by": done.author, "done_at": iso(done.at)} if done else {}


def _verified(step: str) -> str | None:
    """yes or no; None for a step without a cmdlet of Microsoft's."""
    words = {VERIFIED: "yes", UNVERIFIED: "no"}
    return next((word for mark, word in words.items() if f"({mark})" in step), None)


def _hunting(card: WholeCard) -> list[Row]:
    return [
        {**encoded(query), "file": f"{place:02}.{ENDINGS[query.language]}"}
        for place, query in enumerate(card.hunting, 1)
    ]
