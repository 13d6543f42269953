"""Commands about usage and money."""

from functools import partial
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
    load_some,
    load_whole,
    moment_of,
    period_of,
    show,
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
    wide: Wide = False,
    as_json: Json = False,
) -> None:
    """Usage rows: messages, recipients and their statuses."""
    from actions.shards.usage import usage_of
    from cli.text import delivery as delivery_text

    moment, period = moment_of(now), period_of(since, until)
    keys = [key.strip() for key in by.split(",") if key.strip()]
    outcome = usage_of(load_some(config, tenant), moment, tenant, keys, period)
    finish(outcome, as_json, partial(delivery_text.usage, wide=wide), wide=wide)


@commands.command()
def tenants(
    config: ConfigFile = None, now: Now = None, wide: Wide = False, as_json: Json = False
) -> None:
    """All tenants side by side: freshness, gaps, volume, spend, incidents, the next budget."""
    from actions.outcome import Outcome
    from cli.text import delivery as delivery_text
    from hve_monitor.errors import DONE, INCOMPLETE
    from models.overview.fleet import all_tenants

    report = all_tenants(load_whole(config), moment_of(now))
    outcome = Outcome(report, INCOMPLETE if report.unread_shards else DONE)
    finish(outcome, as_json, partial(delivery_text.tenants, wide=wide), wide=wide)


@commands.command()
def cost(
    month: Annotated[str | None, typer.Option(help="YYYY-MM; default this month.")] = None,
    backtest: Annotated[
        bool, typer.Option("--backtest", help="And what earlier projections would have said.")
    ] = False,
    closing: Annotated[
        str | None, typer.Option("--close", help="YYYY-MM; freezes the month for good.")
    ] = None,
    months: Annotated[
        int | None, typer.Option(help="And so many months up to it beside each other.")
    ] = None,
    by: Annotated[str, typer.Option(help="Of them: account, cost_center or tenant.")] = "account",
    name: Annotated[
        str | None, typer.Option("--days-of", help="And the days of one account, or what --by is.")
    ] = None,
    tenant: TenantName = None,
    config: ConfigFile = None,
    now: Now = None,
    wide: Wide = False,
    as_json: Json = False,
) -> None:
    """Spend of a month: to date, projected, by payer, against budgets and Azure's invoice."""
    from msgspec import structs

    from cli.text import money as money_text
    from models.cost.months import by_of
    from models.cost.spend import beside, close, days_of, past, spend

    loaded, moment = load(config, tenant), moment_of(now)
    if closing is None:
        report = spend(loaded, moment, tenant, month)
    else:
        report = close(loaded, moment, tenant, closing)
    if backtest:
        report = structs.replace(report, backtest=past(loaded, moment, tenant))
    if months is not None:
        sums = beside(loaded, moment, tenant, by_of(by), report.month, months)
        report = structs.replace(report, months=sums)
    if name is not None:
        days = days_of(loaded, moment, tenant, by_of(by), report.month, name)
        report = structs.replace(report, days=days)
    show(report, as_json, partial(money_text.cost, wide=wide), wide=wide)


@commands.command()
def whatif(
    account: Annotated[str, typer.Option(help="The account that will send.")],
    recipients: Annotated[int, typer.Option(min=1, help="Recipients of one send.")],
    sends: Annotated[int, typer.Option(min=1, max=1000, help="Sends, or sends a period.")] = 1,
    every: Annotated[str | None, typer.Option(help="day, week or month; default once.")] = None,
    begin: Annotated[str | None, typer.Option("--from", help="First day; default today.")] = None,
    until: Annotated[str | None, typer.Option(help="Last day; default for good.")] = None,
    tenant: TenantName = None,
    config: ConfigFile = None,
    now: Now = None,
    wide: Wide = False,
    as_json: Json = False,
) -> None:
    """Cost of a planned change, its effect on budgets, and its messages."""
    from cli.text import money as money_text
    from models.cost.spend import planned_change
    from models.cost.whatif import change_of

    moment = moment_of(now)
    change = change_of(account, recipients, sends, every, (begin, until), moment.date())
    show(
        planned_change(load(config, tenant), moment, tenant, change),
        as_json,
        money_text.whatif,
        wide=wide,
    )
