"""How old the data is: each tenant's last successful reading, and what went wrong since.

A build, or a run that could not log in, reads nothing: neither makes data younger.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from hve_monitor.config import Config
from hve_monitor.document import Document
from hve_monitor.files import sql
from models.overview.health import SourceRun, StoredSummary, stored_summary
from models.usage.coverage import (
    FRESH_FOR,
    AddressCoverage,
    PublishedCoverage,
    published_coverage,
)
from warehouse.reading import Published
from warehouse.state import open_state

VITAL = ("accounts", "message_traces")
MOST_RUNS = 100  # back to which the last one of a tenant is looked for


class TenantRead(Document):
    """How far a tenant is read.

    read_at: up to when every address was read, of files the end of the newest hour with a row;
    None where nothing ever was. error: why its accounts or traces could not be read as a whole
    in the last run.
    """

    tenant: str
    read_at: datetime | None
    fresh: bool
    error: str | None
    from_files: bool


def last_reads(
    config: Config, published: Published, coverage: PublishedCoverage | None = None
) -> list[TenantRead]:
    """The configured tenants of the published view, the one that was read longest ago first.

    coverage: what is published of it, where it is at hand.
    """
    names = [tenant.name for tenant in config.served if published.tenant in (None, tenant.name)]
    coverage = coverage or published_coverage(published, names)
    planned = {row.tenant for row in coverage.addresses if row.due_from is not None}
    files = {tenant.name for tenant in config.served if tenant.accounts == "files"} - planned
    from_files = coverage.from_files.union(files).intersection(names)
    read = _read_until(published, coverage.addresses, from_files)
    errors = _errors(config, names)
    reads = [
        _tenant_read(name, read.get(name), errors.get(name), name in from_files, published.now)
        for name in names
    ]
    return sorted(reads, key=lambda row: (row.read_at is not None, row.read_at, row.tenant))


def _tenant_read(
    tenant: str,
    read_at: datetime | None,
    failure: tuple[datetime | None, str] | None,
    from_files: bool,
    now: datetime,
) -> TenantRead:
    is_newer = failure is not None and (
        read_at is None or failure[0] is None or failure[0] >= read_at
    )
    return TenantRead(
        tenant=tenant,
        read_at=read_at,
        fresh=read_at is not None and now - read_at <= FRESH_FOR,
        error=failure[1] if failure is not None and is_newer else None,
        from_files=from_files,
    )


def _read_until(
    published: Published, coverage: Iterable[AddressCoverage], from_files: Collection[str]
) -> dict[str, datetime]:
    """Of every address that was ever read the last instant, the earliest of them by tenant."""
    read: dict[str, datetime] = {}
    for address in coverage:
        if address.windows and address.tenant not in from_files:
            end = min(address.windows[-1].end, published.now)
            read[address.tenant] = min(end, read.get(address.tenant, end))
    if not from_files:
        return read
    bounds = {"tenants": sorted(from_files)}
    newest = published.connection.execute(sql(__file__, "newest_hours"), bounds).fetchall()
    return read | {tenant: min(at, published.now) for tenant, at in newest}


def _errors(config: Config, tenants: Iterable[str]) -> dict[str, tuple[datetime | None, str]]:
    """Business time and error of each tenant's last run, where it had one."""
    errors: dict[str, tuple[datetime | None, str]] = {}
    pending = set(tenants)
    with open_state(config.warehouse.path) as state:
        for most in (1, MOST_RUNS):  # nearly always the newest run has every tenant
            for run in map(stored_summary, state.recent_runs(most) if pending else ()):
                vital = _vital(run, pending)
                for row in reversed(vital):
                    if row.tenant and row.error and row.status != "ok":
                        errors[row.tenant] = run.now, row.error
                pending -= {row.tenant for row in vital if row.tenant}
    return errors


def _vital(run: StoredSummary, tenants: Collection[str]) -> list[SourceRun]:
    return [source for source in run.sources if source.tenant in tenants and source.source in VITAL]
