"""The `hve` command. Each command parses, calls, prints; the work is done in the rooms.

Heavy libraries are imported inside the commands, so that `hve --help` answers at once.
"""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hve_monitor.errors import FAILED, HveError

if TYPE_CHECKING:
    from datetime import datetime

    from hve_monitor.config import Config, Tenant
    from hve_monitor.pipeline import Outcome

app = typer.Typer(
    name="hve",
    help="Usage, cost and incidents of Microsoft 365 High Volume Email.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)

ConfigFile = Annotated[
    Path | None, typer.Option("--config", help="Configuration file; default hve.toml, HVE_CONFIG.")
]
Now = Annotated[
    str | None, typer.Option("--now", help="Business time, ISO 8601; default the system clock.")
]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
Since = Annotated[str | None, typer.Option("--since", help="From this time on, ISO 8601.")]
Until = Annotated[str | None, typer.Option("--until", help="Before this time, ISO 8601.")]
FORMATS_HELP = (
    "auto, csv, tsv, json, jsonl, parquet, extended, summary, enhanced, historical, graph,"
    " message-trace, message-trace-v2, reporting, collect."
)
TenantName = Annotated[str | None, typer.Option("--tenant", help="One tenant of several.")]


@app.command()
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
    from hve_monitor.demo import run_demo

    outcome = run_demo(days, seed, _now(now), headless=headless)
    _print(outcome.document, as_json, "demo")
    if outcome.exit_code or headless:
        raise typer.Exit(outcome.exit_code)
    from hve_monitor.serve import serve_dashboard

    raise typer.Exit(serve_dashboard(Path(outcome.document["config"]), port, now))


@app.command()
def run(
    every: Annotated[str | None, typer.Option(help="Repeat, e.g. 15m, 90s, 1h.")] = None,
    config: ConfigFile = None,
    now: Now = None,
    as_json: Json = False,
) -> None:
    """Ingest, models, publication: once, or on a schedule until stopped."""
    from hve_monitor.pipeline import run_once
    from hve_monitor.progress import progress_bar
    from hve_monitor.schedule import repeat

    loaded = _config(config)
    if every is not None:
        repeat(every, loaded, now, lambda document: _print(document, as_json, "run"))
        return
    with progress_bar() as progress:
        outcome = run_once(loaded, _now(now), progress)
    _finish(outcome, as_json, "run")


@app.command()
def ingest(
    sources: Annotated[list[str] | None, typer.Argument(help="Default: every source.")] = None,
    since: Since = None,
    until: Until = None,
    config: ConfigFile = None,
    now: Now = None,
    as_json: Json = False,
) -> None:
    """Fetch from Microsoft 365: accounts, billing, message_traces, trace_events, azure_costs,
    policies, sign_ins.
    """
    from hve_monitor.pipeline import Outcome, exit_code
    from hve_monitor.pipeline import ingest as ingest_tenants
    from hve_monitor.progress import progress_bar
    from warehouse.state import Window

    loaded, moment = _config(config), _now(now)
    start, end = _time(since, "--since"), _time(until, "--until")
    asked = Window(start or moment.min.replace(tzinfo=moment.tzinfo), end or moment)
    with progress_bar() as progress:
        results = ingest_tenants(
            loaded, moment, progress, sources or (), asked if start or end else None
        )
    document = {"sources": [result.summary() for result in results]}
    _finish(Outcome(document, exit_code(results)), as_json, "run")


@app.command("import")
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
    config: ConfigFile = None,
    now: Now = None,
    as_json: Json = False,
) -> None:
    """Land exports of message traces, or any table by --map; works without any configuration."""
    from hve_monitor.pipeline import import_files
    from hve_monitor.progress import progress_bar
    from ingest.files import parse_map

    loaded = _config(config)
    target = _tenant(loaded, tenant)
    with progress_bar() as progress:
        outcome = import_files(loaded, target, paths, parse_map(columns), kind, _now(now), progress)
    _finish(outcome, as_json, "import")


@app.command()
def collect(
    script: Annotated[bool, typer.Option("--script", help="Print the PowerShell script.")] = False,
    config: ConfigFile = None,  # noqa: ARG001 - every command takes the same three
    now: Now = None,  # noqa: ARG001
    as_json: Json = False,
) -> None:
    """Print a read-only script that an administrator runs; hve import takes its JSON."""
    from hve_monitor.errors import ConfigError
    from ingest.collection import SCRIPT

    if not script:
        raise ConfigError("collect: add --script to print the script")
    _print({"script": SCRIPT}, as_json, "script")


@app.command()
def build(
    full: Annotated[bool, typer.Option("--full", help="Every day again.")] = False,
    engine: Annotated[str, typer.Option(help="duckdb is the only one yet.")] = "duckdb",
    config: ConfigFile = None,
    now: Now = None,
    as_json: Json = False,
) -> None:
    """Models only: bring the marts up to date and publish them."""
    from hve_monitor.errors import ConfigError
    from hve_monitor.pipeline import rebuild
    from hve_monitor.progress import progress_bar

    if engine != "duckdb":
        raise ConfigError(f"--engine {engine}: this version builds with duckdb only")
    with progress_bar() as progress:
        outcome = rebuild(_config(config), _now(now), progress, full=full)
    _finish(outcome, as_json, "run")


@app.command()
def usage(
    by: Annotated[str, typer.Option(help="Of tenant, account, day, month.")] = "account,day",
    since: Since = None,
    until: Until = None,
    tenant: TenantName = None,
    config: ConfigFile = None,
    now: Now = None,
    as_json: Json = False,
) -> None:
    """Usage rows: messages, recipients and their statuses."""
    from models.coverage import coverage_report
    from models.usage import daily_usage, usage_rows
    from warehouse.publication import published

    moment, start, end = _now(now), _time(since, "--since"), _time(until, "--until")
    with published(_config(config).warehouse.path) as connection:
        frame = daily_usage(connection, moment, tenant, start, end)
        document = {
            "rows": usage_rows(frame, [key.strip() for key in by.split(",") if key.strip()]),
            "coverage": coverage_report(connection, moment, tenant, start, end),
        }
    _print(document, as_json, "rows")


@app.command()
def cost(
    month: Annotated[str | None, typer.Option(help="YYYY-MM; default this month.")] = None,
    tenant: TenantName = None,
    config: ConfigFile = None,
    now: Now = None,
    as_json: Json = False,
) -> None:
    """Spend of a month: to date, projected, by account, against budgets."""
    from models.spend import spend

    _print(spend(_config(config), _now(now), tenant, month), as_json, "cost")


@app.command()
def incidents(
    incident: Annotated[str | None, typer.Argument(metavar="[ID]", help="One incident.")] = None,
    since: Since = None,
    until: Until = None,
    status: Annotated[str | None, typer.Option(help="open, closed, …")] = None,
    tenant: TenantName = None,
    config: ConfigFile = None,
    now: Now = None,
    as_json: Json = False,
) -> None:
    """Anomalies of the accounts, grouped and explained."""
    from models.cards import incident_cards
    from models.coverage import coverage_report
    from warehouse.publication import published

    moment = _now(now)
    with published(_config(config).warehouse.path) as connection:
        cards = incident_cards(
            connection,
            moment,
            tenant=tenant,
            incident=incident,
            since=_time(since, "--since"),
            until=_time(until, "--until"),
            status=status,
        )
        document = {"incidents": cards, "coverage": coverage_report(connection, moment, tenant)}
    _print(document, as_json, "incidents")


@app.command()
def trace(
    sender: Annotated[str | None, typer.Option(help="Any address of an account.")] = None,
    recipient: Annotated[str | None, typer.Option()] = None,
    message_id: Annotated[str | None, typer.Option("--message-id")] = None,
    trace_id: Annotated[str | None, typer.Option("--id", help="Trace id.")] = None,
    subject: Annotated[str | None, typer.Option(help="Words that all occur.")] = None,
    status: Annotated[str | None, typer.Option()] = None,
    from_ip: Annotated[str | None, typer.Option("--from-ip")] = None,
    since: Since = None,
    until: Until = None,
    limit: Annotated[int, typer.Option(help="Most rows; the answer says if more exist.")] = 1000,
    tenant: TenantName = None,
    config: ConfigFile = None,
    now: Now = None,
    as_json: Json = False,
) -> None:
    """Delivery search: did it arrive, and if not, what happened."""
    from models.search import TraceFilter, search_traces
    from warehouse.publication import published

    wanted = TraceFilter(
        tenant, sender, recipient, trace_id, message_id, subject, status, from_ip,
        _time(since, "--since"), _time(until, "--until"),
    )  # fmt: skip
    with published(_config(config).warehouse.path) as connection:
        document = search_traces(connection, wanted, _now(now), limit)
    _print(document, as_json, "rows")


@app.command()
def doctor(config: ConfigFile = None, now: Now = None, as_json: Json = False) -> None:
    """Check configuration, credentials, permissions, clock, disk and coverage."""
    from hve_monitor.doctor import examine

    _finish(examine(_config(config), _now(now)), as_json, "doctor")


@app.command()
def dashboard(
    port: Annotated[int, typer.Option(help="On 127.0.0.1.")] = 8501,
    config: ConfigFile = None,
    now: Now = None,
    as_json: Json = False,
) -> None:
    """Open the dashboard on this machine."""
    from hve_monitor.serve import serve_dashboard

    _config(config)
    _print({"url": f"http://127.0.0.1:{port}"}, as_json, "dashboard")
    raise typer.Exit(serve_dashboard(config, port, now))


def main() -> None:
    """Entry point: errors end as one line on stderr and their exit code."""
    logging.basicConfig(
        level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s"
    )
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        app()
    except HveError as error:
        sys.stderr.write(f"hve: {error}\n")
        sys.exit(error.exit_code)
    except OSError as error:
        sys.stderr.write(f"hve: {error.filename or 'disk'}: {error.strerror or error}\n")
        sys.exit(FAILED)


def _config(file: Path | None) -> Config:
    from hve_monitor.config import load_config

    return load_config(file)


def _now(text: str | None) -> datetime:
    from hve_monitor.clock import business_now

    return business_now(text)


def _time(text: str | None, flag: str) -> datetime | None:
    from hve_monitor.clock import parse_time

    return None if text is None else parse_time(text, flag)


def _tenant(config: Config, name: str | None) -> Tenant:
    """The named tenant, or the only one."""
    from hve_monitor.errors import ConfigError

    if name is not None:
        return config.tenant(name)
    if len(config.served) > 1:
        raise ConfigError(f"--tenant: name one of {', '.join(each.name for each in config.served)}")
    return config.served[0]


def _finish(outcome: Outcome, as_json: bool, kind: str) -> None:
    _print(outcome.document, as_json, kind)
    raise typer.Exit(outcome.exit_code)


def _print(document: dict[str, Any], as_json: bool, kind: str) -> None:
    """One JSON document, or the text that hve_monitor.text makes of this kind of document."""
    from hve_monitor.text import TEXTS

    shown = json.dumps(document, ensure_ascii=False) if as_json else TEXTS[kind](document)
    sys.stdout.write(shown + "\n")
    sys.stdout.flush()
