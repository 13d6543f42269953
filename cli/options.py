"""What every command takes and prints."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

if TYPE_CHECKING:
    from datetime import datetime

    from actions.outcome import Outcome
    from hve_monitor.config import Config, Tenant

D = TypeVar("D")
ConfigFile = Annotated[
    Path | None, typer.Option("--config", help="Configuration file; default hve.toml, HVE_CONFIG.")
]
Now = Annotated[
    str | None, typer.Option("--now", help="Business time, ISO 8601; default the system clock.")
]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
Wide = Annotated[bool, typer.Option("--wide", help="Every column of tables, and no line broken.")]
Since = Annotated[str | None, typer.Option("--since", help="From this time on, ISO 8601.")]
Until = Annotated[str | None, typer.Option("--until", help="Before this time, ISO 8601.")]
TenantName = Annotated[str | None, typer.Option("--tenant", help="One tenant of several.")]


def here(path: Path | None) -> Path | None:
    """The same path. Raises: ConfigError where it is an address of a service."""
    from hve_monitor.files import local

    return None if path is None else local(path)


def load(file: Path | None, tenant: str | None = None) -> Config:
    """The configuration of one store; a named tenant must be in it. Raises: ConfigError."""
    config = load_whole(file)
    if tenant is not None:
        config.tenant(tenant)
    return one_store(config, tenant)


def load_whole(file: Path | None) -> Config:
    """The configuration with all shards, for what knows of them. Raises: ConfigError."""
    from hve_monitor.config import load_config
    from warehouse.shards import check_shards

    config = load_config(file)
    check_shards(config)
    return config


def load_some(file: Path | None, tenant: str | None) -> Config:
    """The configuration with all shards, or of the named tenant's. Raises: ConfigError."""
    config = load_whole(file)
    if tenant is not None:
        config.tenant(tenant)
    return narrowed(config, tenant)


def narrowed(config: Config, tenant: str | None) -> Config:
    """The configuration with all shards where no tenant is named, else that of its shard."""
    return config if tenant is None else one_store(config, tenant)


def one_store(config: Config, tenant: str | None) -> Config:
    """The configuration of the named tenant's shard; the same where there are no shards.

    Raises: ConfigError where the tenants are in shards and none is named.
    """
    from hve_monitor.errors import ConfigError

    if not config.is_sharded:
        return config
    if tenant is None:
        raise ConfigError(
            "--tenant: name one, the tenants are in shards and this reads one of them"
        )
    return config.of_tenant(tenant)


def moment_of(text: str | None) -> datetime:
    from hve_monitor.clock import business_now

    return business_now(text)


def time_of(text: str | None, flag: str) -> datetime | None:
    from hve_monitor.clock import parse_time

    return None if text is None else parse_time(text, flag)


def period_of(since: str | None, until: str | None) -> tuple[datetime | None, datetime | None]:
    """Both ends of a period. Raises: ConfigError where it ends before it begins."""
    from hve_monitor.errors import ConfigError

    start, end = time_of(since, "--since"), time_of(until, "--until")
    if start is not None and end is not None and start >= end:
        raise ConfigError(f"--until {until}: is not after --since {since}; swap them")
    return start, end


def tenant_of(config: Config, name: str | None) -> Tenant:
    """The named tenant, or the only one."""
    from hve_monitor.errors import ConfigError

    if name is not None:
        return config.tenant(name)
    if len(config.served) > 1:
        raise ConfigError(
            f"--tenant: name one of {', '.join(tenant.name for tenant in config.served)}"
        )
    return config.served[0]


def tenant_of_account(config: Config, name: str | None, account: str | None) -> Tenant:
    """The named tenant, the one that lists the account, or the only one. Raises: ConfigError."""
    from hve_monitor.addresses import address_of

    address = address_of(account or "").lower()
    listing = [tenant for tenant in config.served if address in tenant.accounts]
    if name is None and len(listing) == 1:
        return listing[0]
    return tenant_of(config, name)


def finish(
    outcome: Outcome[D], as_json: bool, text: Callable[[D], str], *, wide: bool = False
) -> None:
    """Prints the document of an outcome and ends with its exit code."""
    show(outcome.document, as_json, text, wide=wide)
    raise typer.Exit(outcome.exit_code)


def show(document: D, as_json: bool, text: Callable[[D], str], *, wide: bool = False) -> None:
    """One JSON document on stdout, or its text for people (cli/text).

    wide: the lines of the text stay as long as they are.
    """
    from hve_monitor.document import json_text

    shown = json_text(document) if as_json else text(document)
    if not as_json and not wide:
        from cli.text.lines import fitted

        shown = fitted(shown)
    sys.stdout.write(shown + "\n")
    sys.stdout.flush()
