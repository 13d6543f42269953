"""Commands about this installation."""

from typing import Annotated

import typer

from cli.options import (
    ConfigFile,
    Json,
    Now,
    TenantName,
    Wide,
    finish,
    load_whole,
    moment_of,
    narrowed,
    show,
)

commands = typer.Typer()
alerts = typer.Typer(no_args_is_help=True, help="The places that alerts go to.")
commands.add_typer(alerts, name="alerts")


@alerts.command("test")
def try_alerts(
    target: Annotated[
        str | None, typer.Argument(metavar="[TARGET]", help="Its name; default every target.")
    ] = None,
    config: ConfigFile = None,
    now: Now = None,
    as_json: Json = False,
) -> None:
    """Send one test message and say what the receiver answered; exit 3 when one refuses it."""
    from actions.outcome import Outcome
    from actions.run import bearer_of
    from cli.text import runs as runs_text
    from hve_monitor.errors import DONE, INCOMPLETE
    from publish.alerts.trial import try_targets

    loaded = load_whole(config)
    trials = try_targets(loaded, moment_of(now), bearer_of(loaded), target)
    code = DONE if all(trial.status == "accepted" for trial in trials) else INCOMPLETE
    finish(Outcome({"targets": trials}, code), as_json, runs_text.target_trials)


@commands.command()
def doctor(
    tenant: TenantName = None,
    config: ConfigFile = None,
    now: Now = None,
    wide: Wide = False,
    as_json: Json = False,
) -> None:
    """Check configuration, credentials, permissions, clock, disk, coverage and alerts."""
    from actions.shards.upkeep import examine_all
    from cli.text import delivery as delivery_text
    from hve_monitor.config import config_file

    own = narrowed(load_whole(config), tenant)
    outcome = examine_all(own, moment_of(now), tenant, config_file(config))
    finish(outcome, as_json, delivery_text.doctor, wide=wide)


@commands.command()
def dashboard(
    port: Annotated[int, typer.Option(help="Where it listens.")] = 8501,
    host: Annotated[
        str, typer.Option(help="Another address needs a login (auth.secrets_file).")
    ] = "127.0.0.1",
    config: ConfigFile = None,
    now: Now = None,
    as_json: Json = False,
) -> None:
    """Serve the dashboard; on this machine alone unless there is a login."""
    from cli.text import runs as runs_text
    from dashboards.serve import check_host, login_of, serve_dashboard

    loaded = load_whole(config)
    check_host(loaded, host)
    document = {"url": f"http://{host}:{port}", "login": login_of(loaded)}
    show(document, as_json, runs_text.dashboard)
    raise typer.Exit(serve_dashboard(config, port, now, host))
