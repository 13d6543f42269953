"""Commands that write files for other programs: a command of `hve export` for each format."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.options import (
    ConfigFile,
    Json,
    Now,
    TenantName,
    here,
    load,
    load_whole,
    moment_of,
    one_store,
    show,
)

if TYPE_CHECKING:
    from hve_monitor.config import Config

commands = typer.Typer()
export = typer.Typer(
    no_args_is_help=True,
    help="Write focus, csv, duckdb, showback, ocsf or openmetrics files for other programs.",
)
commands.add_typer(export, name="export")

Out = Annotated[
    Path,
    typer.Option("--out", callback=here, help="File, or folder for every file of the format."),
]
Month = Annotated[str | None, typer.Option("--month", help="YYYY-MM; default this month.")]


def _export(
    kind: str, config: Path | None, now: str | None, as_json: bool, out: Path, **wanted: Any
) -> None:
    from cli.text import money as money_text
    from publish.exports.exports import Export, export

    loaded = one_store(load_whole(config), wanted.get("tenant"))
    moment = moment_of(now)
    document = export(loaded, moment, kind, Export(out, **wanted))
    _note(loaded, kind, moment)
    show(document, as_json, money_text.exported)


def _note(config: "Config", kind: str, now: datetime) -> None:
    from actions.author import author_of
    from actions.privacy import note

    note(config, "export", kind, author_of(None), now)


@export.command()
def focus(
    out: Out,
    month: Month = None,
    invoiced: Annotated[bool, typer.Option(help="Azure's amounts, not estimates.")] = False,
    tenant: TenantName = None,
    config: ConfigFile = None,
    now: Now = None,
    as_json: Json = False,
) -> None:
    """FOCUS 1.2 rows: .csv or .parquet by the name of --out, both into a folder."""
    _export("focus", config, now, as_json, out, month=month, tenant=tenant, invoiced=invoiced)


@export.command("csv")
def csv_(
    out: Out,
    table: Annotated[
        list[str] | None, typer.Option("--table", help="E.g. marts.hve_usage_daily; default marts.")
    ] = None,
    config: ConfigFile = None,
    now: Now = None,
    as_json: Json = False,
) -> None:
    """Published tables as CSV that a spreadsheet can open without running anything."""
    _export("csv", config, now, as_json, out, tables=tuple(table or ()))


@export.command()
def duckdb(
    out: Out,
    config: ConfigFile = None,
    now: Now = None,
    as_json: Json = False,
) -> None:
    """Everything that is published as one self-contained DuckDB file."""
    _export("duckdb", config, now, as_json, out)


@export.command()
def showback(
    out: Out,
    month: Month = None,
    tenant: TenantName = None,
    config: ConfigFile = None,
    now: Now = None,
    as_json: Json = False,
) -> None:
    """A CSV of the month and a print-ready page for each cost center, into a folder."""
    _export("showback", config, now, as_json, out, month=month, tenant=tenant)


@export.command()
def ocsf(
    out: Annotated[str, typer.Option("--out", help="File of JSON lines, or webhook+https://…")],
    config: ConfigFile = None,
    now: Now = None,
    as_json: Json = False,
) -> None:
    """Incidents as OCSF 1.8 detection findings, one JSON line each."""
    from cli.text import storage as storage_text
    from publish.exports.findings import export as export_findings

    loaded, moment = load(config), moment_of(now)
    findings = export_findings(loaded, moment, out)
    _note(loaded, "ocsf", moment)
    shown = out.partition("://")[0] if "://" in out else out
    show({"format": "ocsf", "out": shown, "findings": findings}, as_json, storage_text.handed_over)


@export.command()
def openmetrics(
    out: Out,
    config: ConfigFile = None,
    now: Now = None,
    as_json: Json = False,
) -> None:
    """Metrics as a textfile for a collector, replaced in one step."""
    from cli.text import storage as storage_text
    from publish.exports.metrics import write

    write(load(config), moment_of(now), out)
    show({"format": "openmetrics", "out": str(out)}, as_json, storage_text.handed_over)
