"""Something done in each store of a configuration, one after the other."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from actions.outcome import Outcome, ShardFailure
from actions.shards.failures import WORST_FIRST, of_shard
from hve_monitor.config import Config, Tenant
from hve_monitor.errors import DONE, INCOMPLETE, HveError, StoreError, disk_line
from warehouse.shards import left_stores, stored_tenants

log = logging.getLogger(__name__)
D = TypeVar("D")


def filled(config: Config) -> Mapping[str, Config]:
    """The stores that were begun, also those that no tenant is served from any more.

    All of the configuration where none was, so that each says so.
    """
    stores = config.stores
    begun = {
        shard: own for shard, own in stores.items() if (own.warehouse.path / "state.db").exists()
    }
    left = {shard: _left(config, shard, root) for shard, root in left_stores(config).items()}
    return begun | left or stores


def _left(config: Config, shard: str, root: Path) -> Config:
    """The configuration of a store by the tenants that it holds."""
    tenants = tuple(Tenant(name=name, accounts="files") for name in sorted(stored_tenants(root)))
    return config.of_shard(shard).model_copy(update={"tenants": tenants})


def of_each(stores: Mapping[str, Config], act: Callable[[str, Config], D]) -> Outcome[dict[str, D]]:
    """What it came to in each; one that fails ends no other and leaves the whole incomplete.

    act: of the name of a shard and the configuration of its store.
    Raises: the worst error where all fail.
    """
    if [*stores] == [""]:
        return Outcome({"": act("", stores[""])}, DONE)
    done: dict[str, D] = {}
    errors: dict[str, HveError] = {}
    for shard, own in stores.items():
        try:
            done[shard] = act(shard, own)
        except HveError as error:
            errors[shard] = of_shard(error, shard)
        except OSError as error:
            errors[shard] = of_shard(StoreError(disk_line(error)), shard)
    if not done:
        raise min(errors.values(), key=lambda error: WORST_FIRST.index(error.exit_code))
    for failure in errors.values():
        log.error("%s", failure)
    failed = [ShardFailure(shard=shard, error=str(error)) for shard, error in errors.items()]
    return Outcome(done, INCOMPLETE if errors else DONE, failed)


def named(shard: str, text: str) -> str:
    """A text about a store, with the name of its shard."""
    return f"shard {shard}: {text}" if shard else text
