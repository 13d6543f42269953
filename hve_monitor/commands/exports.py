"""Commands that hand results to other systems, in their standards."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hve_monitor.command import ConfigFile, Json, Now, load, moment_of, show

if TYPE_CHECKING:
    from hve_monitor.config import Config

commands = typer.Typer()


def _ocsf(config: Config, now: datetime, out: str) -> dict[str, Any]:
    from publish.findings import export

    return {"findings": export(config, now, out)}


def _openmetrics(config: Config, now: datetime, out: str) -> dict[str, Any]:
    from publish.metrics import write

    write(config, now, Path(out))
    return {}


# format -> (configuration, business time, where to) -> what to say about it
FORMATS: dict[str, Callable[[Config, datetime, str], dict[str, Any]]] = {
    "ocsf": _ocsf,
    "openmetrics": _openmetrics,
}


@commands.command()
def export(
    form: Annotated[str, typer.Argument(metavar="FORMAT", help=", ".join(FORMATS))],
    out: Annotated[str, typer.Option("--out", help="File; ocsf also webhook+https://…")],
    config: ConfigFile = None,
    now: Now = None,
    as_json: Json = False,
) -> None:
    """Incidents as OCSF findings, or metrics as OpenMetrics."""
    from hve_monitor.errors import ConfigError

    if form not in FORMATS:
        raise ConfigError(f"export {form}: use one of {', '.join(FORMATS)}")
    told = FORMATS[form](load(config), moment_of(now), out)
    shown = out.partition("://")[0] if "://" in out else out
    show({"format": form, "out": shown, **told}, as_json, "export")
