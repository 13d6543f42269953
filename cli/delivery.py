"""Commands about single messages and the state of accounts."""

import sys
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
    here,
    load_whole,
    moment_of,
    narrowed,
    one_store,
    period_of,
    show,
    tenant_of_account,
)

if TYPE_CHECKING:
    from hve_monitor.config import Config
    from models.delivery.conditions import TraceFilter

commands = typer.Typer()
OutFile = Annotated[
    Path | None, typer.Option("--out", callback=here, help="Every row into this CSV file.")
]


@commands.command()
def trace(
    sender: Annotated[
        list[str] | None, typer.Option(help="Any address of an account, a part, or @domain.")
    ] = None,
    recipient: Annotated[
        list[str] | None, typer.Option(help="Addresses, parts (ada, *.lang@*), or @domain.")
    ] = None,
    message_id: Annotated[
        list[str] | None, typer.Option("--message-id", help="With or without <>.")
    ] = None,
    trace_id: Annotated[list[str] | None, typer.Option("--id", help="Trace id.")] = None,
    subject: Annotated[list[str] | None, typer.Option(help="Words that all occur.")] = None,
    status: Annotated[
        list[str] | None, typer.Option(help="failed, quarantined, …; unknown: rows without one.")
    ] = None,
    from_ip: Annotated[
        list[str] | None, typer.Option("--from-ip", help="Addresses or networks (CIDR).")
    ] = None,
    since: Since = None,
    until: Until = None,
    limit: Annotated[
        int | None, typer.Option(help="Most rows: 1000, 50 with --events, all with --out.")
    ] = None,
    offset: Annotated[int, typer.Option(help="Rows to pass over: next_offset of a page.")] = 0,
    out: OutFile = None,
    events: Annotated[bool, typer.Option("--events", help="Step by step, per recipient.")] = False,
    summary: Annotated[bool, typer.Option("--summary", help="Figures per account.")] = False,
    tenant: TenantName = None,
    config: ConfigFile = None,
    now: Now = None,
    wide: Wide = False,
    as_json: Json = False,
) -> None:
    """Delivery search: did it arrive, and if not, what happened.

    Fields take several values: a flag repeated, or a pasted list (lines, ; , or spaces).
    """
    from actions.author import author_of
    from actions.trace import TraceOutput, answer
    from cli.text import delivery as delivery_text
    from models.delivery.conditions import TraceFilter

    conditions = TraceFilter(
        tenant, _joined(sender), _joined(recipient), _joined(trace_id), _joined(message_id),
        _joined(subject), _joined(status), _joined(from_ip),
        *period_of(since, until),
    )  # fmt: skip
    output = TraceOutput(limit, offset, out, events, summary)
    moment = moment_of(now)
    searched = _searched(load_whole(config), conditions, moment)
    document = answer(searched, conditions, output, moment, author_of(None))
    show(document, as_json, partial(delivery_text.trace, wide=wide), wide=wide)


def _searched(config: "Config", conditions: "TraceFilter", now: datetime) -> "Config":
    """The store of the named tenant, else the one that has the sending account."""
    if not config.is_sharded or conditions.tenant is not None or conditions.sender is None:
        return one_store(config, conditions.tenant)
    from actions.shards.traces import store_of_search

    return store_of_search(config, conditions, now)


def _joined(texts: list[str] | None) -> str | None:
    """The values of a flag that may be repeated, as one list."""
    return "\n".join(texts) if texts else None


@commands.command()
def readiness(
    account: Annotated[str | None, typer.Option(help="One account.")] = None,
    check: Annotated[str | None, typer.Option(help="One check, e.g. conditional_access.")] = None,
    status: Annotated[str | None, typer.Option(help="fail, warn, unknown, pass.")] = None,
    history: Annotated[bool, typer.Option("--history", help="Every change as well.")] = False,
    tenant: TenantName = None,
    config: ConfigFile = None,
    now: Now = None,
    wide: Wide = False,
    as_json: Json = False,
) -> None:
    """Is every account set up right: one finding per check and account, with its fix."""
    from actions.shards.readiness import readiness_of
    from cli.text import delivery as delivery_text
    from models.readiness.report import FindingFilter

    conditions = FindingFilter(tenant, account, check, status, with_history=history)
    own = narrowed(load_whole(config), tenant)
    finish(
        readiness_of(own, moment_of(now), conditions), as_json, delivery_text.readiness, wide=wide
    )


@commands.command()
def explain(
    text: Annotated[
        list[str],
        typer.Argument(metavar="TEXT", help="A code, a bounce, a log file, or - (stdin)."),
    ],
    config: ConfigFile = None,  # noqa: ARG001 - every command takes it; the catalogue needs none
    now: Now = None,  # noqa: ARG001 - the same
    wide: Wide = False,
    as_json: Json = False,
) -> None:
    """What an error means and what mends it: SMTP, sign-in, Graph, Exchange, Azure, our own."""
    from actions.explain import explained
    from cli.text import delivery as delivery_text

    show(explained(" ".join(text), sys.stdin.buffer), as_json, delivery_text.explanation, wide=wide)


@commands.command("send-test")
def send_test(
    account: Annotated[str | None, typer.Option(help="HVE account that sends.")] = None,
    to: Annotated[list[str] | None, typer.Option(help="Recipient inside the tenant.")] = None,
    oauth: Annotated[bool, typer.Option("--oauth", help="XOAUTH2 in place of Basic.")] = False,
    follow: Annotated[bool, typer.Option("--follow", help="Wait for its trace.")] = False,
    preflight: Annotated[bool, typer.Option("--preflight", help="Send nothing.")] = False,
    password_file: Annotated[
        Path | None, typer.Option(help="File with the password; else HVE_SMTP_PASSWORD, a prompt.")
    ] = None,
    timeout: Annotated[float, typer.Option(min=1, help="Seconds for each answer.")] = 30,
    wait: Annotated[float, typer.Option(min=0, help="Most seconds to follow.")] = 900,
    tenant: TenantName = None,
    config: ConfigFile = None,
    now: Now = None,
    wide: Wide = False,
    as_json: Json = False,
) -> None:
    """Test the HVE endpoint step by step, and one message through it."""
    from actions.send_test import follow as following
    from actions.send_test import send as sending
    from cli.text import delivery as delivery_text

    loaded, moment = load_whole(config), moment_of(now)
    if preflight:
        finish(sending.preflight(loaded, timeout), as_json, delivery_text.send_test, wide=wide)
    chosen = tenant_of_account(loaded, tenant, account)
    loaded = one_store(loaded, chosen.name)
    secret = None if oauth else partial(sending.password_of, account, password_file)
    outcome = sending.send(
        loaded, chosen, sending.prepare(loaded, chosen, account, to, secret), timeout
    )
    if follow and outcome.document.sent is not False:
        outcome = following.follow(loaded, chosen, outcome.document, moment, wait)
    finish(outcome, as_json, delivery_text.send_test, wide=wide)
