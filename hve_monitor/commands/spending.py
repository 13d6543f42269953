"""Commands about usage and money."""

from __future__ import annotations

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

    moment, start, end = moment_of(now), time_of(since, "--since"), time_of(until, "--until")
    with published(load(config).warehouse.path) as connection:
        frame = daily_usage(connection, moment, tenant, start, end)
        document = {
            "rows": usage_rows(frame, [key.strip() for key in by.split(",") if key.strip()]),
            "coverage": coverage_report(connection, moment, tenant, start, end),
        }
    show(document, as_json, "rows")


@commands.command()
def cost(
    month: Annotated[str | None, typer.Option(help="YYYY-MM; default this month.")] = None,
    closing: Annotated[
        str | None, typer.Option("--close", help="YYYY-MM; freezes the month for good.")
    ] = None,
    tenant: TenantName = None,
    config: ConfigFile = None,
    now: Now = None,
    as_json: Json = False,
) -> None:
    """Spend of a month: to date, projected, by payer, against budgets and Azure's invoice."""
    from models.spend import close, spend

    loaded, moment = load(config), moment_of(now)
    if closing is None:
        show(spend(loaded, moment, tenant, month), as_json, "cost")
    else:
        show(close(loaded, moment, tenant, closing), as_json, "cost")
