"""Commands that fill the store."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from cli.options import (
    ConfigFile,
    Json,
    Now,
    Since,
    TenantName,
    Until,
    Wide,
    finish,
    load,
    load_whole,
    moment_of,
    period_of,
    show,
    tenant_of,
)

FORMATS_HELP = (
    "auto, csv, tsv, json, jsonl, parquet, extended, summary, enhanced, historical, graph,"
    " message-trace, message-trace-v2, reporting, collect."
)

Engine = Annotated[
    str,
    typer.Option(help="duckdb, or spark: DuckDB on its executors."),
]
Jobs = Annotated[int, typer.Option(min=1, help="Processes of this machine that build.")]

commands = typer.Typer()


@commands.command()
def demo(
    headless: Annotated[bool, typer.Option(help="Stop after the run.")] = False,
    days: Annotated[int, typer.Option(min=30, max=90, help="Days of history.")] = 90,
    seed: Annotated[int, typer.Option(help="Another seed, another tenant.")] = 7,
    port: Annotated[int, typer.Option(help="Port of the dashboard.")] = 8501,
    config: ConfigFile = None,  # noqa: ARG001 - every command takes it; the demo writes its own
    now: Now = None,
    as_json: Json = False,
) -> None:
    """Start a simulated tenant, run everything against it over HTTPS, open the dashboard."""
    from actions.demo import run_demo
    from cli.text import runs as runs_text

    outcome = run_demo(days, seed, moment_of(now), headless=headless)
    show(outcome.document, as_json, runs_text.demo)
    if outcome.exit_code or headless:
        raise typer.Exit(outcome.exit_code)
    from dashboards.serve import serve_dashboard

    raise typer.Exit(serve_dashboard(Path(str(outcome.document.config)), port, now))


@commands.command()
def run(
    every: Annotated[str | None, typer.Option(help="Repeat, e.g. 15m, 90s, 1h.")] = None,
    engine: Engine = "duckdb",
    jobs: Jobs = 1,
    config: ConfigFile = None,
    now: Now = None,
    wide: Wide = False,
    as_json: Json = False,
) -> None:
    """Ingest, models, publication: once, or on a schedule until stopped."""
    from actions.progress import progress_bar
    from actions.rebuild import WhoBuilds
    from actions.schedule import repeat
    from actions.shards.runs import run_all
    from cli.text import runs as runs_text

    loaded, by = load_whole(config), WhoBuilds(engine, jobs)
    if every is not None:
        shown = partial(show, as_json=as_json, text=runs_text.run, wide=wide)
        repeat(every, loaded, now, shown, by)
        return
    with progress_bar() as progress:
        outcome = run_all(loaded, moment_of(now), progress, by)
    finish(outcome, as_json, runs_text.run, wide=wide)


@commands.command()
def ingest(
    sources: Annotated[list[str] | None, typer.Argument(help="Default: every source.")] = None,
    since: Since = None,
    until: Until = None,
    config: ConfigFile = None,
    now: Now = None,
    wide: Wide = False,
    as_json: Json = False,
) -> None:
    """Fetch from Microsoft 365: accounts, billing, message_traces, trace_events, azure_costs,
    policies, sign_ins.
    """
    from actions.progress import progress_bar
    from actions.shards.runs import ingest_all
    from cli.text import runs as runs_text
    from warehouse.windows import Window

    loaded, moment = load_whole(config), moment_of(now)
    start, end = period_of(since, until)
    window = Window(start or moment.min.replace(tzinfo=moment.tzinfo), end or moment)
    with progress_bar() as progress:
        outcome = ingest_all(
            loaded, moment, progress, sources or (), window if start or end else None
        )
    finish(outcome, as_json, runs_text.ingest, wide=wide)


@commands.command("import")
def import_(
    paths: Annotated[
        list[Path], typer.Argument(help="Files, folders, patterns; .gz, .zip and others too.")
    ],
    tenant: TenantName = None,
    kind: Annotated[str, typer.Option("--format", help=FORMATS_HELP)] = "auto",
    columns: Annotated[
        str | None,
        typer.Option("--map", help="id=COL,sender=COL,recipient=COL,received_at=COL,…"),
    ] = None,
    dates: Annotated[
        str | None,
        typer.Option(help="day-first or month-first: the order of days that a file leaves open."),
    ] = None,
    config: ConfigFile = None,
    now: Now = None,
    wide: Wide = False,
    as_json: Json = False,
) -> None:
    """Land exports of message traces, or any table by --map; works without any configuration."""
    from actions.import_files import import_files
    from actions.progress import progress_bar
    from cli.text import runs as runs_text
    from ingest.files.column_map import parse_map
    from ingest.files.formats.dates import parse_order

    loaded = load(config, tenant)
    target = tenant_of(loaded, tenant)
    with progress_bar() as progress:
        outcome = import_files(
            loaded,
            target,
            paths,
            parse_map(columns),
            kind,
            moment_of(now),
            progress,
            parse_order(dates),
        )
    finish(outcome, as_json, runs_text.imported, wide=wide)


@commands.command()
def collect(
    script: Annotated[bool, typer.Option("--script", help="Print the PowerShell script.")] = False,
    config: ConfigFile = None,  # noqa: ARG001 - every command takes the same three
    now: Now = None,  # noqa: ARG001
    as_json: Json = False,
) -> None:
    """Print a read-only script that an administrator runs; hve import takes its JSON."""
    from cli.text import runs as runs_text
    from hve_monitor.errors import ConfigError
    from ingest.powershell.script import SCRIPT

    if not script:
        raise ConfigError("collect: add --script to print the script")
    show({"script": SCRIPT}, as_json, runs_text.script, wide=True)  # a program: as it is


@commands.command()
def build(
    full: Annotated[bool, typer.Option("--full", help="Every day again.")] = False,
    engine: Engine = "duckdb",
    jobs: Jobs = 1,
    config: ConfigFile = None,
    now: Now = None,
    as_json: Json = False,
) -> None:
    """Models only: bring the marts up to date and publish them."""
    from actions.progress import progress_bar
    from actions.rebuild import WhoBuilds
    from actions.shards.runs import rebuild_all
    from cli.text import runs as runs_text

    by = WhoBuilds(engine, jobs)
    with progress_bar() as progress:
        outcome = rebuild_all(load_whole(config), moment_of(now), progress, full=full, by=by)
    finish(outcome, as_json, runs_text.build)
