"""Commands about single messages and the state of accounts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hve_monitor.command import (
    ConfigFile,
    Json,
    Now,
    Since,
    TenantName,
    Until,
    load,
    moment_of,
    show,
    time_of,
)

commands = typer.Typer()


@commands.command()
def trace(
    sender: Annotated[str | None, typer.Option(help="Any address of an account.")] = None,
    recipient: Annotated[str | None, typer.Option()] = None,
    message_id: Annotated[
        str | None, typer.Option("--message-id", help="With or without <>.")
    ] = None,
    trace_id: Annotated[str | None, typer.Option("--id", help="Trace id.")] = None,
    subject: Annotated[str | None, typer.Option(help="Words that all occur.")] = None,
    status: Annotated[str | None, typer.Option()] = None,
    from_ip: Annotated[str | None, typer.Option("--from-ip")] = None,
    since: Since = None,
    until: Until = None,
    limit: Annotated[
        int | None, typer.Option(help="Most rows: 1000, 50 with --events, all with --out.")
    ] = None,
    offset: Annotated[int, typer.Option(help="Rows to pass over: next_offset of a page.")] = 0,
    out: Annotated[Path | None, typer.Option(help="Every row into this CSV file.")] = None,
    events: Annotated[bool, typer.Option("--events", help="Step by step, per recipient.")] = False,
    summary: Annotated[bool, typer.Option("--summary", help="Figures per account.")] = False,
    tenant: TenantName = None,
    config: ConfigFile = None,
    now: Now = None,
    as_json: Json = False,
) -> None:
    """Delivery search: did it arrive, and if not, what happened."""
    from hve_monitor.traces import Wish, trace_document
    from models.search import TraceFilter

    wanted = TraceFilter(
        tenant, sender, recipient, trace_id, message_id, subject, status, from_ip,
        time_of(since, "--since"), time_of(until, "--until"),
    )  # fmt: skip
    wish = Wish(limit, offset, out, events, summary)
    document, kind = trace_document(load(config), wanted, wish, moment_of(now))
    show(document, as_json, kind)


@commands.command()
def readiness(
    account: Annotated[str | None, typer.Option(help="One account.")] = None,
    check: Annotated[str | None, typer.Option(help="One check, e.g. conditional_access.")] = None,
    status: Annotated[str | None, typer.Option(help="fail, warn, unknown, pass.")] = None,
    history: Annotated[bool, typer.Option("--history", help="Every change as well.")] = False,
    tenant: TenantName = None,
    config: ConfigFile = None,
    now: Now = None,
    as_json: Json = False,
) -> None:
    """Is every account set up right: one finding per check and account, with its fix."""
    from hve_monitor.errors import DONE, INCOMPLETE
    from models.readiness.report import Wanted, readiness_report
    from warehouse.publication import published

    wanted = Wanted(tenant, account, check, status, with_history=history)
    with published(load(config).warehouse.path) as connection:
        document = readiness_report(connection, wanted, moment_of(now))
    show(document, as_json, "readiness")
    raise typer.Exit(INCOMPLETE if document["failed"] else DONE)
