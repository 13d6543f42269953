"""The shards of a configuration: each is a whole store below warehouse.path/shards."""

from __future__ import annotations

from pathlib import Path

from hve_monitor.config import Config
from hve_monitor.config.store import SHARDS
from hve_monitor.config.tenant import NAME, Tenant
from hve_monitor.errors import ConfigError
from warehouse.live import state_rows


def check_shards(config: Config) -> None:
    """A tenant goes on where its rows are, and has them once.

    Raises: ConfigError where another shard's store has rows of it, and where the key lies with the
    stores that it protects.
    """
    root = config.warehouse.path
    if not config.is_sharded and not (root / SHARDS).exists():
        return
    _check_key(config)
    stored = {name: stored_tenants(folder) for name, folder in _folders(root).items()}
    for tenant in config.served:
        others = [
            name
            for name, tenants in stored.items()
            if name != tenant.shard and tenant.name in tenants
        ]
        if others and tenant.name in stored.get(tenant.shard, ()):
            raise ConfigError(_copied(config, tenant, others[0]))
        if others:
            raise ConfigError(_moved(config, tenant.name, others[0]))


def left_stores(config: Config) -> dict[str, Path]:
    """The stores that no tenant is served from any more, by the name of their shard."""
    return {
        name: folder
        for name, folder in _folders(config.warehouse.path).items()
        if name not in config.shards and (folder / "state.db").exists()
    }


def _folders(root: Path) -> dict[str, Path]:
    """The folders that may hold a store, by the name of their shard."""
    folders = sorted((root / SHARDS).glob("*"))
    return {"": root, **{folder.name: folder for folder in folders if NAME.fullmatch(folder.name)}}


def stored_tenants(folder: Path) -> set[str]:
    """The tenants of a store; where state.db does not say it, those that rows lie there of."""
    rows = state_rows(folder / "state.db", "select tenant from tenants")
    if rows:
        return {tenant for (tenant,) in rows}
    return {partition.name.partition("=")[2] for partition in folder.glob("facts/*/tenant=*")}


def _moved(config: Config, tenant: str, former: str) -> str:
    return (
        f"tenants: {tenant}: its rows are in {config.warehouse.of_shard(former).path}, and move to"
        f' no other store; write shard = "{former}", or begin anew under another name'
    )


def _copied(config: Config, tenant: Tenant, other: str) -> str:
    own, copy = (config.warehouse.of_shard(name).path for name in (tenant.shard, other))
    return (
        f"tenants: {tenant.name}: its rows are in {own} and in {copy}, and would count twice; move"
        f" the one that is a copy out of {config.warehouse.path}"
    )


def _check_key(config: Config) -> None:
    file, root = config.privacy.key_file, config.warehouse.path
    if file and Path(file).resolve().is_relative_to(root.resolve()):
        raise ConfigError(
            f"privacy.key_file: {file}: lies inside the store it protects; move it out of {root}"
        )
