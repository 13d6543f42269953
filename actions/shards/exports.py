"""Files for other programs: of shards a file or a folder of each."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from actions.author import author_of
from actions.outcome import Outcome
from actions.privacy import note
from actions.shards.stores import of_each
from hve_monitor.config import Config
from hve_monitor.errors import ConfigError
from publish.exports.exports import Export, ExportedFiles, export
from publish.exports.findings import export as export_findings


def export_all(config: Config, now: datetime, kind: str, order: Export) -> Outcome[ExportedFiles]:
    """`hve export` of every store.

    Raises: ConfigError for pages of cost centers, which pay for tenants of several shards.
    """
    if config.is_sharded and kind == "showback":
        raise ConfigError("--tenant: name one, a cost center may pay for tenants of several shards")

    def written(shard: str, own: Config) -> ExportedFiles:
        document = export(own, now, kind, replace(order, out=place_of(order.out, shard)))
        note(own, "export", kind, author_of(None), now)
        return document

    outcome = of_each(config.stores, written)
    parts = list(outcome.document.values())
    rows = [part.rows for part in parts if part.rows is not None]
    document = ExportedFiles(
        format=parts[0].format,
        files=[file for part in parts for file in part.files],
        rows=sum(rows) if rows else None,
    )
    return Outcome(document, outcome.exit_code)


def export_findings_all(config: Config, now: datetime, out: str) -> Outcome[int]:
    """`hve export ocsf` of every store: to one address, or a file of each; how many there are."""

    def written(shard: str, own: Config) -> int:
        place = out if "://" in out else str(place_of(Path(out), shard))
        number = export_findings(own, now, place)
        note(own, "export", "ocsf", author_of(None), now)
        return number

    outcome = of_each(config.stores, written)
    return Outcome(sum(outcome.document.values()), outcome.exit_code)


def place_of(out: Path, shard: str) -> Path:
    """Where the files of a shard go: hve-north.csv beside hve.csv, north inside a folder."""
    if not shard:
        return out
    return out.with_name(f"{out.stem}-{shard}{out.suffix}") if out.suffix else out / shard
