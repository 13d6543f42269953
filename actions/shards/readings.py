"""What each store of a configuration says, for commands about tenants of all shards.

A shard that cannot be read is an error in the log and leaves the answer incomplete (exit 3).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from actions.shards.stores import of_each
from hve_monitor.config import Config
from warehouse.reading import Published, read_published

D = TypeVar("D")


def parts_of(
    config: Config, now: datetime, tenant: str | None, read: Callable[[Published], D]
) -> tuple[list[D], int]:
    """What each store says, and the exit code. Raises: HveError where none can be read."""

    def part(_shard: str, own: Config) -> D:
        with read_published(own.warehouse.path, now, tenant) as published:
            return read(published)

    outcome = of_each(config.stores, part)
    return list(outcome.document.values()), outcome.exit_code
