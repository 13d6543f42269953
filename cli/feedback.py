"""Commands by which people report verdicts and announced sends."""

import re
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
    load_whole,
    moment_of,
    narrowed,
    show,
    tenant_of,
)

Author = Annotated[
    str | None, typer.Option("--author", help="Who says so; default this machine's user.")
]
Reason = Annotated[str | None, typer.Option("--reason", help="Why; kept with the act.")]

ID = re.compile("[0-9a-f]{12}")  # of incidents, see models/incidents/rows.py

commands = typer.Typer()
plans = typer.Typer(help="Announced sends: volume that is expected.", no_args_is_help=True)
commands.add_typer(plans, name="plan")


@commands.command()
def verdict(
    incidents: Annotated[list[str], typer.Argument(metavar="ID…", help="See hve incidents.")],
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
    """Say what incidents were, all or none; counts at once and for 30 days."""
    from actions.author import author_of, reason_of
    from actions.feedback import VerdictsDocument, give_verdicts
    from actions.shards.incidents import store_with
    from cli.text import incidents as incidents_text

    why = reason_of(reason, "verdict")
    moment = moment_of(now)
    own = store_with(load_whole(config), incidents, moment)
    given = give_verdicts(own, incidents, judgement, why, author_of(author), moment)
    document = VerdictsDocument(verdict=given[0], verdicts=given)
    show(document, as_json, incidents_text.verdicts)


@commands.command()
def assign(
    incidents: Annotated[
        list[str], typer.Argument(metavar="ID [NAME]", help="See hve incidents; default: you.")
    ],
    to: Annotated[
        str | None, typer.Option("--to", help="The name, where several incidents are given.")
    ] = None,
    nobody: Annotated[bool, typer.Option("--nobody", help="Take it away from whom it is.")] = False,
    author: Author = None,
    config: ConfigFile = None,
    now: Now = None,
    as_json: Json = False,
) -> None:
    """Say who looks after an incident; of several with --to or --nobody, all or none."""
    from actions import feedback
    from actions.author import author_of
    from actions.shards.incidents import store_with
    from cli.text import incidents as incidents_text

    who = author_of(author)
    ids, holder = _given(incidents, to, who, nobody=nobody)
    moment = moment_of(now)
    own = store_with(load_whole(config), ids, moment)
    given = feedback.assign(own, ids, holder, who, moment)
    document = feedback.AssignmentsDocument(assignment=given[0], assignments=given)
    show(document, as_json, incidents_text.assignments)


def _given(
    named: list[str], to: str | None, who: str, *, nobody: bool
) -> tuple[list[str], str | None]:
    """Incidents, and who gets them: None is nobody. Raises: ConfigError for two answers."""
    from hve_monitor.errors import ConfigError

    if to is None and not nobody:
        ids, names = named[:1], named[1:]
        if len(names) > 1:
            raise ConfigError("assign: name who gets several incidents with --to NAME")
        return ids, (names or [who])[0]
    if nobody and (to is not None or not all(map(ID.fullmatch, named[1:]))):
        raise ConfigError("assign: give a name or --nobody, not both")
    return named, to


@commands.command()
def step(
    incident: Annotated[str, typer.Argument(metavar="ID", help="See hve incidents.")],
    numbers: Annotated[
        list[int], typer.Argument(metavar="NUMBER…", help="Of the next steps, from 1 on.")
    ],
    undo: Annotated[bool, typer.Option("--undo", help="They are not done after all.")] = False,
    author: Author = None,
    config: ConfigFile = None,
    now: Now = None,
    as_json: Json = False,
) -> None:
    """Say which next steps of an incident are done."""
    from actions.author import author_of
    from actions.feedback import StepsDocument, tick
    from actions.shards.incidents import store_with
    from cli.text import incidents as incidents_text

    who = author_of(author)
    moment = moment_of(now)
    own = store_with(load_whole(config), [incident], moment)
    steps = tick(own, incident, numbers, who, moment, is_done=not undo)
    show(StepsDocument(steps=steps), as_json, incidents_text.steps)


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

    loaded = load(config, tenant)
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
    from actions.shards.plans import plans_of
    from cli.text import incidents as incidents_text

    own = narrowed(load_whole(config), tenant)
    plans = plans_of(own, tenant, moment_of(now))
    show({"plans": plans}, as_json, partial(incidents_text.plans, wide=wide), wide=wide)


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
    from actions.shards.plans import withdraw_from
    from cli.text import incidents as incidents_text

    document = withdraw_from(load_whole(config), plan, author_of(author), moment_of(now))
    show(document, as_json, incidents_text.removed)
