"""Tenants of all shards side by side, from the fleet file; a store is read where it is another one.

A row says what a look at its store would say. It is made by the run of its shard, and by a reader
where something was said or imported since, or where time alone makes it another one.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime

import msgspec
from msgspec import UNSET

from hve_monitor.config import Config, Tenant
from hve_monitor.errors import StoreError, disk_line
from models.overview.money import TenantMoney, money_bases
from models.overview.tenants import (
    DatedSummary,
    TenantCoverage,
    TenantsReport,
    TenantSummary,
    dated_summaries,
    in_order,
    tenant_summaries,
)
from warehouse.fleet import FleetRow, fleet_rows, keep_rows, store_version

MONEY = TenantMoney.__struct_fields__


def all_tenants(config: Config, now: datetime) -> TenantsReport:
    """Every configured tenant, of the one store or of all shards, what needs a look first."""
    if not config.is_sharded:
        return tenant_summaries(config, now)
    kept, bases = _readable_rows(config), money_bases(config)
    rows: list[TenantSummary] = []
    unread = []
    for shard in config.shards:
        try:
            rows += _shard(config, shard, now, kept, bases)
        except (StoreError, OSError) as error:
            unread.append(shard)
            why = disk_line(error) if isinstance(error, OSError) else str(error)
            rows += [_unknown(tenant, now, why) for tenant in config.of_shard(shard).served]
    return TenantsReport(tenants=in_order(rows).tenants, unread_shards=unread or UNSET)


def keep_shard(config: Config, shard: str, now: datetime) -> None:
    """Brings the rows of a shard's tenants up to date, as its run has just left them."""
    own = config.of_shard(shard)
    with suppress(StoreError, OSError):  # whoever looks next says it
        _shard(config, shard, now, _readable_rows(config), money_bases(own))


def _readable_rows(config: Config) -> dict[str, FleetRow]:
    """Those of this release, which alone can be read."""
    rows = {}
    for name, row in fleet_rows(config.warehouse.path).items():
        with suppress(msgspec.MsgspecError):
            _decoded(row)
            rows[name] = row
    return rows


def _shard(
    config: Config,
    shard: str,
    now: datetime,
    kept: Mapping[str, FleetRow],
    bases: Mapping[str, str],
) -> list[TenantSummary]:
    """The tenants of one shard. Raises: StoreError, OSError where its store cannot be read."""
    own = config.of_shard(shard)
    root, names = own.warehouse.path, [tenant.name for tenant in own.served]
    if not root.exists():
        if kept.keys() & names:
            raise StoreError(f"{root}: is not there any more; mount its disk, or restore a backup")
        return [_unknown(tenant, now) for tenant in own.served]
    version = store_version(root)
    if version is None:
        return [dated.summary for dated in dated_summaries(own, now)]
    current = {name: f"{bases[name]} {version}" for name in names}
    if all(name in kept and kept[name].holds(current[name], now) for name in names):
        return [_decoded(kept[name]) for name in names]
    fresh = dated_summaries(own, now, _money(kept, current, now))
    keep_rows(config.warehouse.path, [_row(dated, current, now) for dated in fresh])
    return [dated.summary for dated in fresh]


def _decoded(row: FleetRow) -> TenantSummary:
    return msgspec.json.decode(row.document, type=TenantSummary)


def _row(dated: DatedSummary, current: Mapping[str, str], now: datetime) -> FleetRow:
    summary = dated.summary
    document = msgspec.json.encode(summary).decode()
    return FleetRow(summary.tenant, current[summary.tenant], now, dated.until, document)


def _money(
    kept: Mapping[str, FleetRow], current: Mapping[str, str], now: datetime
) -> dict[str, tuple[datetime, TenantMoney]]:
    """What the tenants spend, where only time has passed in the same month since it was projected.

    projected_at says when: a projection takes a tenth of a second for each tenant.
    """
    money = {}
    for name, basis in current.items():
        row = kept.get(name)
        if row is None or row.basis != basis or row.at > now:
            continue
        summary = _decoded(row)
        at = summary.projected_at
        if (at.year, at.month) == (now.year, now.month):
            money[name] = at, TenantMoney(**{field: getattr(summary, field) for field in MONEY})
    return money


def _unknown(tenant: Tenant, now: datetime, error: str | None = None) -> TenantSummary:
    """A tenant of which nothing is published, or whose store cannot be read."""
    return TenantSummary(
        tenant=tenant.name,
        read_at=None,
        fresh=None,
        error=error,
        coverage=TenantCoverage(complete=False if error is None else None, gaps=None),
        recipients_24h=None,
        recipients_7d=None,
        whole_24h=False,
        whole_7d=False,
        open_incidents=None,
        highest=None,
        unjudged_high=None,
        currency=tenant.currency,
        month_to_date=None,
        unknown_recipients=0,
        unread_days=now.day,
        range=(None, None),
        month_end=None,
        budget=None,
        projected_at=now,
        is_unread=error is not None,
    )
