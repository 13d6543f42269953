"""Commands that write files for other programs: a command of `hve export` for each format."""

from pathlib import Path
from typing import Annotated, Any

import typer

from cli.options import (
    ConfigFile,
    Json,
    Now,
    TenantName,
    finish,
    here,
    load_whole,
    moment_of,
    narrowed,
    show,
)

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
    from actions.shards.exports import export_all
    from cli.text import money as money_text
    from publish.exports.exports import Export

    loaded, tenant = load_whole(config), wanted.get("tenant")
    own = narrowed(loaded, tenant)
    outcome = export_all(own, moment_of(now), kind, Export(out, **wanted))
    finish(outcome, as_json, money_text.exported)


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
    from actions.outcome import Outcome
    from actions.shards.exports import export_findings_all
    from cli.text import storage as storage_text

    outcome = export_findings_all(load_whole(config), moment_of(now), out)
    shown = out.partition("://")[0] if "://" in out else out
    document = {"format": "ocsf", "out": shown, "findings": outcome.document}
    finish(Outcome(document, outcome.exit_code), as_json, storage_text.handed_over)


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

    write(load_whole(config), moment_of(now), out)
    show({"format": "openmetrics", "out": str(out)}, as_json, storage_text.handed_over)
