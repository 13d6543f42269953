"""Text of runs, imports, the demo and the dashboard's address."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import UNSET

from cli.text.tables import Document, clean, coverage
from hve_monitor.plural import plural

if TYPE_CHECKING:
    from actions.import_files import ImportSummary
    from actions.ingest import IngestSummary
    from actions.rebuild import BuildSummary
    from actions.run import RunSummary
    from ingest.files.imported import ImportResult
    from ingest.source import SourceSummary
    from publish.alerts.notify import AlertsPart
    from publish.alerts.trial import TargetTrial

MOST_REASONS = 5
MOST_WORDS = 5


def run(document: RunSummary) -> str:
    """Sources, models, coverage and alerts of a run."""
    lines = [
        *map(_source, document.sources),
        _models(document),
        coverage(document.coverage),
        alerts(document.alerts),
        *_failed_shards(document),
    ]
    return clean("\n".join(lines))


def ingest(document: IngestSummary) -> str:
    """A line per source, and what is read now."""
    lines = [*map(_source, document.sources), *_failed_shards(document)]
    return clean("\n".join([*lines, coverage(document.coverage)])) if lines else "nothing to do"


def build(document: BuildSummary) -> str:
    """What the models did."""
    return clean("\n".join([_models(document), *_failed_shards(document)]))


def _failed_shards(document: RunSummary | IngestSummary | BuildSummary) -> list[str]:
    """Their errors, which name them."""
    return [failure.error for failure in document.failed_shards or ()]


def _source(summary: SourceSummary) -> str:
    return (
        f"{summary.tenant}: {summary.source}: {summary.status},"
        f" {plural(summary.requests, 'request')},"
        f" {plural(summary.rows_read, 'row')} read, {summary.rows_new:,} new,"
        f" {summary.rows_changed:,} changed"
        + (f", {summary.rows_rejected:,} rejected" if summary.rows_rejected else "")
        + (f": {summary.error}" if summary.error else "")
    )


def _models(document: RunSummary | BuildSummary) -> str:
    part = document.models
    done = (
        f"models: {plural(part.days_rebuilt, 'day')} rebuilt in {part.seconds} s,"
        f" {plural(document.incidents_opened, 'incident')} opened"
    )
    return "\n".join(
        [done, *(f"{failure.tenant}: models: {failure.error}" for failure in part.failed or ())]
    )


def alerts(part: AlertsPart) -> str:
    """What was sent, what waits, and what could not be delivered."""
    names = ("opened", "updated", "resolved", "sent", "held", "due", "given_up")
    counts = [
        f"{count} {name.replace('_', ' ')}"
        for name in names
        if (count := getattr(part, name)) is not UNSET
    ]
    failed = [f"alerts: {trouble.target}: {trouble.error}" for trouble in part.failed]
    return "\n".join([f"alerts: {', '.join(counts)}", *failed] if counts else failed)


def target_trials(document: Mapping[str, Sequence[TargetTrial]]) -> str:
    """What each target answered to a test message."""
    lines = [
        f"{trial.target}: {trial.status}: {trial.answer or trial.error}"
        + (f"; {trial.fix}" if trial.fix else "")
        for trial in document["targets"]
    ]
    return clean("\n".join(lines))


def demo(document: RunSummary) -> str:
    """A run, and where its files are."""
    return f"{run(document)}\nconfiguration: {document.config}"


def imported(document: ImportSummary) -> str:
    """Counts of an import."""
    counts = ", ".join(
        f"{getattr(document, f'rows_{name}'):,} {name}"
        for name in ("read", "new", "changed", "unchanged", "rejected", "skipped")
    )
    notes = [note for result in document.files for note in _import_notes(result)]
    return clean(
        "\n".join([f"{document.tenant}: {plural(len(document.files), 'file')}: {counts}", *notes])
    )


def _import_notes(result: ImportResult) -> Iterator[str]:
    """What a file's import has to say beside its counts."""
    if result.unknown_statuses:
        rows = sum(result.unknown_statuses.values())
        words = sorted(result.unknown_statuses, key=result.unknown_statuses.__getitem__)[::-1]
        listed = "; ".join(words[:MOST_WORDS]) + ("; …" if len(words) > MOST_WORDS else "")
        yield (
            f"{result.file}: {plural(rows, 'row')} with a status word that is not known, so that"
            f" their outcome is unknown: {listed}"
        )
    for rejection in result.rejections[:MOST_REASONS]:
        line = f", line {rejection.line}" if rejection.line else ""
        more = f" (and {plural(rejection.rows - 1, 'more row')})" if rejection.rows > 1 else ""
        yield f"rejected: {rejection.file}{line}: {rejection.reason}{more}"
    if len(result.rejections) > MOST_REASONS:
        yield f"rejected: {result.file}: other reasons stand in raw.rejected_rows"
    if result.error:
        yield result.error


def dashboard(document: Document) -> str:
    """Where the dashboard is, and who may enter."""
    return f"dashboard: {document['url']} (login: {document['login']})"


def script(document: Document) -> str:
    """The script as it is, to be saved to a file."""
    return str(document["script"]).rstrip("\n")
