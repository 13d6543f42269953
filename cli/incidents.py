"""Commands about incidents."""

from datetime import datetime
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
    load_some,
    moment_of,
    period_of,
    show,
)

if TYPE_CHECKING:
    from hve_monitor.config import Config
    from models.incidents.cards import IncidentReport
    from publish.exports.evidence import EvidenceFile

commands = typer.Typer()
EvidenceOut = Annotated[
    Path | None,
    typer.Option("--evidence", callback=here, help="All that is known of it, as a new ZIP file."),
]


@commands.command()
def incidents(
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="[ID…]", help="The whole card of each.")
    ] = None,
    since: Since = None,
    until: Until = None,
    status: Annotated[
        str | None, typer.Option(help="open, ended (nobody judged it), closed, confirmed, …")
    ] = None,
    severity: Annotated[str | None, typer.Option(help="high, medium or low.")] = None,
    kind: Annotated[str | None, typer.Option(help="surge, silence, new_source, …")] = None,
    account: Annotated[str | None, typer.Option(help="One account.")] = None,
    audience: Annotated[str | None, typer.Option(help="security, finops or mail.")] = None,
    assigned_to: Annotated[
        str | None, typer.Option("--assigned-to", help="A name, or nobody.")
    ] = None,
    sort: Annotated[str, typer.Option(help="newest, severity or cost first.")] = "newest",
    recipients: Annotated[
        bool, typer.Option("--recipients", help="Everybody whom the incident reached.")
    ] = False,
    evidence: EvidenceOut = None,
    tenant: TenantName = None,
    config: ConfigFile = None,
    now: Now = None,
    wide: Wide = False,
    as_json: Json = False,
) -> None:
    """Anomalies of the accounts, grouped and explained."""
    from actions.shards.incidents import incidents_of
    from cli.text import incidents as incidents_text
    from models.incidents.triage import IncidentFilter

    named = list(dict.fromkeys(ids or ()))
    _check_named(named, evidence, with_recipients=recipients)
    loaded, moment = load_some(config, tenant), moment_of(now)
    if evidence is not None:
        document = _evidence(loaded, tenant, named[0], evidence, moment)
        show(document, as_json, incidents_text.evidence, wide=wide)
        return
    conditions = IncidentFilter(
        severity, kind, account, audience, assigned_to, status, *period_of(since, until)
    )
    if named:
        cards = _named(loaded, tenant, named, moment, with_recipients=recipients)
        show(cards, as_json, incidents_text.incidents, wide=wide)
        return
    outcome = incidents_of(loaded, moment, tenant, conditions, sort)
    finish(outcome, as_json, incidents_text.incidents, wide=wide)


def _check_named(named: list[str], evidence: Path | None, *, with_recipients: bool) -> None:
    from hve_monitor.errors import ConfigError

    if (not named and with_recipients) or (len(named) != 1 and evidence is not None):
        flag = "--recipients" if evidence is None else "--evidence"
        raise ConfigError(f"{flag}: name one incident; see 'hve incidents'")


def _named(
    config: "Config", tenant: str | None, ids: list[str], now: datetime, *, with_recipients: bool
) -> "IncidentReport":
    """The whole cards, in the order of their ids."""
    from actions.shards.incidents import store_with
    from models.incidents.cards import IncidentReport, incident_card
    from models.usage.coverage import coverage_report
    from warehouse.reading import read_published

    own = store_with(config, ids, now)
    with read_published(own.warehouse.path, now, tenant) as published:
        cards = [
            incident_card(published, incident, with_recipients=with_recipients) for incident in ids
        ]
        return IncidentReport(incidents=cards, coverage=coverage_report(published))


def _evidence(
    config: "Config", tenant: str | None, incident: str, file: Path, now: datetime
) -> "EvidenceFile":
    """Writes the file and leaves an entry in the audit log: a file gets out of hand."""
    from actions.author import author_of
    from actions.privacy import note
    from actions.shards.incidents import store_with
    from publish.exports.evidence import write_evidence
    from warehouse.reading import read_published

    own = store_with(config, [incident], now)
    with read_published(own.warehouse.path, now, tenant) as published:
        document = write_evidence(published, incident, file)
    note(own, "export", f"evidence {incident}", author_of(None), now)
    return document
