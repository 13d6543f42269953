"""Incidents of all shards, and the shard that holds some of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from actions.outcome import Outcome
from actions.shards.readings import parts_of
from hve_monitor.config import Config
from hve_monitor.errors import DONE, ConfigError, StoreError
from models.incidents.triage import IncidentFilter, TriagedIncidents, grouped, triaged
from models.usage.coverage import joined_coverage
from warehouse.reading import read_published


def incidents_of(
    config: Config, now: datetime, tenant: str | None, wanted: IncidentFilter, order: str
) -> Outcome[TriagedIncidents]:
    """`hve incidents`: of the one store, or of every shard."""
    parts, code = parts_of(config, now, tenant, lambda read: triaged(read, wanted, order))
    cards = [card for part in parts for card in part.incidents]
    coverage = joined_coverage([part.coverage for part in parts], is_whole=code == DONE)
    return Outcome(grouped(cards, coverage, order), code)


def store_with(config: Config, incidents: Sequence[str], now: datetime) -> Config:
    """The configuration of the store that holds the incidents.

    Raises: ConfigError where they are in several shards; of unknown ones the first store says it.
    """
    if not config.is_sharded:
        return config
    stored = {shard: _stored(own, incidents, now) for shard, own in config.stores.items()}
    shards = [shard for shard, ids in stored.items() if ids]
    if len(shards) > 1:
        raise ConfigError(
            f"{', '.join(incidents)}: are in the shards {', '.join(shards)}; name those of each"
            " shard by themselves"
        )
    return config.of_shard((shards or config.shards)[0])


def _stored(config: Config, incidents: Sequence[str], now: datetime) -> list[str]:
    """Those of the incidents that are published in a store; none where nothing can be read."""
    query = "select id from marts.hve_incidents where list_contains($ids, id)"
    try:
        with read_published(config.warehouse.path, now) as published:
            rows = published.connection.execute(query, {"ids": list(incidents)}).fetchall()
    except StoreError:
        return []
    return [str(row[0]) for row in rows]
