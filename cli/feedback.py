"""Commands by which people report verdicts and announced sends."""

from functools import partial
from typing import Annotated

import typer

from cli.options import (
    ConfigFile,
    Json,
    Now,
    TenantName,
    Wide,
    load,
    moment_of,
    show,
    tenant_of,
)

Author = Annotated[
    str | None, typer.Option("--author", help="Who says so; default this machine's user.")
]
Reason = Annotated[str | None, typer.Option("--reason", help="Why; kept with the act.")]

commands = typer.Typer()
plans = typer.Typer(help="Announced sends: volume that is expected.", no_args_is_help=True)
commands.add_typer(plans, name="plan")


@commands.command()
def verdict(
    incident: Annotated[str, typer.Argument(metavar="ID", help="See hve incidents.")],
    judgement: Annotated[
        str,
        typer.Argument(
            metavar="VERDICT", help="confirmed, false-positive, planned, acknowledged or closed."
        ),
    ],
    reason: Reason = None,
    author: Author = None,
    config: ConfigFile = None,
    now: Now = None,
    as_json: Json = False,
) -> None:
    """Say what an incident was; counts at once and for 30 days."""
    from actions.author import author_of, reason_of
    from actions.feedback import give_verdict
    from cli.text import incidents as incidents_text

    why = reason_of(reason, "verdict")
    document = give_verdict(
        load(config), incident, judgement, why, author_of(author), moment_of(now)
    )
    show({"verdict": document}, as_json, incidents_text.verdict)


@commands.command()
def assign(
    incident: Annotated[str, typer.Argument(metavar="ID", help="See hve incidents.")],
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="Default: you.")] = None,
    nobody: Annotated[bool, typer.Option("--nobody", help="Take it away from whom it is.")] = False,
    author: Author = None,
    config: ConfigFile = None,
    now: Now = None,
    as_json: Json = False,
) -> None:
    """Say who looks after an incident."""
    from actions import feedback
    from actions.author import author_of
    from cli.text import incidents as incidents_text
    from hve_monitor.errors import ConfigError

    if nobody and name is not None:
        raise ConfigError("assign: give a name or --nobody, not both")
    who = author_of(author)
    holder = None if nobody else name or who
    (document,) = feedback.assign(load(config), [incident], holder, who, moment_of(now))
    show({"assignment": document}, as_json, incidents_text.assignment)


@plans.command("add")
def add(
    start: Annotated[str, typer.Option("--start", "--since", "--from", help="ISO 8601.")],
    end: Annotated[str, typer.Option("--end", "--until", "--to", help="ISO 8601.")],
    recipients: Annotated[int, typer.Option(help="How many in all.")],
    account: Annotated[str | None, typer.Option(help="The account that will send.")] = None,
    cost_center: Annotated[str | None, typer.Option("--cost-center")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Any account.")] = False,
    note: Annotated[str, typer.Option(help="What it is.")] = "",
    author: Author = None,
    tenant: TenantName = None,
    config: ConfigFile = None,
    now: Now = None,
    as_json: Json = False,
) -> None:
    """Announce a send: its volume raises no incident."""
    from actions.author import author_of
    from actions.feedback import announce
    from cli.text import incidents as incidents_text
    from hve_monitor.clock import parse_time
    from models.incidents.overspill import PlanFor

    loaded = load(config)
    plan = announce(
        loaded, tenant_of(loaded, tenant), PlanFor(account, cost_center, everything),
        (parse_time(start, "--start"), parse_time(end, "--end")), recipients,
        note.strip(), author_of(author), moment_of(now),
    )  # fmt: skip
    show({"plan": plan}, as_json, incidents_text.plan)


@plans.command("list")
def list_(
    tenant: TenantName = None,
    config: ConfigFile = None,
    now: Now = None,
    wide: Wide = False,
    as_json: Json = False,
) -> None:
    """Plans that hold, and what was sent."""
    from actions.feedback import planned
    from cli.text import incidents as incidents_text

    plans = planned(load(config), tenant, moment_of(now))
    show({"plans": plans}, as_json, partial(incidents_text.plans, wide=wide))


@plans.command("remove")
def remove(
    plan: Annotated[str, typer.Argument(metavar="ID", help="See hve plan list.")],
    author: Author = None,
    config: ConfigFile = None,
    now: Now = None,
    as_json: Json = False,
) -> None:
    """Withdraw a plan."""
    from actions.author import author_of
    from actions.feedback import withdraw
    from cli.text import incidents as incidents_text

    document = withdraw(load(config), plan, author_of(author), moment_of(now))
    show(document, as_json, incidents_text.removed)
