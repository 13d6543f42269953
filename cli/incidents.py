"""Commands about incidents."""

from typing import Annotated

import typer

from cli.options import (
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
from cli.text import incidents as incidents_text

commands = typer.Typer()


@commands.command()
def incidents(
    incident: Annotated[str | None, typer.Argument(metavar="[ID]", help="One incident.")] = None,
    since: Since = None,
    until: Until = None,
    status: Annotated[str | None, typer.Option(help="open, closed, …")] = None,
    recipients: Annotated[
        bool, typer.Option("--recipients", help="Everybody whom the incident reached.")
    ] = False,
    tenant: TenantName = None,
    config: ConfigFile = None,
    now: Now = None,
    as_json: Json = False,
) -> None:
    """Anomalies of the accounts, grouped and explained."""
    from hve_monitor.errors import ConfigError
    from models.incidents.cards import incident_cards
    from models.incidents.contributions import whole_card
    from models.usage.coverage import coverage_report
    from warehouse.reading import read_published

    if recipients and incident is None:
        raise ConfigError("--recipients: name one incident; see 'hve incidents'")
    moment = moment_of(now)
    with read_published(load(config).warehouse.path, moment) as published:
        cards = incident_cards(
            published.of(tenant),
            incident=incident,
            since=time_of(since, "--since"),
            until=time_of(until, "--until"),
            status=status,
        )
        if incident is not None:
            cards = [whole_card(published, cards[0], with_recipients=recipients)]
        document = {"incidents": cards, "coverage": coverage_report(published.of(tenant))}
    show(document, as_json, incidents_text.incidents)
