"""Examines what a run needs, and says how to mend what is missing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from datetime import datetime
from importlib import metadata
from pathlib import Path

from msgspec.structs import replace

from actions.doctor.check import DoctorCheck, DoctorReport, check
from actions.doctor.files import file_checks, metrics_check
from actions.doctor.permissions import Permissions
from actions.doctor.tables import tables_checks
from actions.outcome import Outcome
from hve_monitor.clock import minute_words
from hve_monitor.config import Config, Tenant
from hve_monitor.errors import DONE, INCOMPLETE, HveError
from hve_monitor.plural import agreeing, plural
from ingest.http import https_client
from models.overview.reads import TenantRead, last_reads
from models.usage.coverage import CoverageReport, coverage_report
from warehouse.business_time import confirmed_time, doubt_of
from warehouse.configured import store_of
from warehouse.privacy.audit_chain import chain_faults
from warehouse.protection.pseudonyms import hidden
from warehouse.reading import read_published
from warehouse.records.accounts import account_addresses
from warehouse.records.outbox import Outbox
from warehouse.schema import SCHEMA_VERSION

LEAST_FREE_BYTES = 1_000_000_000


def examine(
    config: Config, now: datetime, only: str | None = None, file: Path | None = None
) -> Outcome[DoctorReport]:
    """Every check, of one tenant or all; exit 3 when one fails. file: the configuration's own."""
    tables = list(tables_checks(config))
    is_away = any(examined.status != "ok" for examined in tables)
    checks = [
        _versions(),
        _configuration(config, only),
        _store(config),
        _disk(config),
        *tables,
        *([] if is_away else [_clock(config, now)]),
        *file_checks(config, file),
        *metrics_check(config),
    ]
    checks += _published(config, now, only)
    if not is_away:  # what follows opens the store
        checks += [*shared_accounts(config), *_audit(config), *_alerts(config)]
    tenants = [config.tenant(only)] if only is not None else config.tenants
    with https_client(config.endpoints.ca_bundle) as client:
        for tenant in tenants:
            if tenant.accounts != "files":
                permissions = Permissions(config, tenant, client, now).checks()
                checks += _without_names(config, tenant, permissions)
    has_failed = any(examined.status == "fail" for examined in checks)
    return Outcome(DoctorReport(checks=checks), INCOMPLETE if has_failed else DONE)


def _without_names(
    config: Config, tenant: Tenant, checks: Iterable[DoctorCheck]
) -> Iterator[DoctorCheck]:
    """Where names are hidden, the words of a service do not bring them back."""
    own = {*tenant.accounts} if isinstance(tenant.accounts, tuple) else set()
    for examined in checks:
        is_plain = config.privacy.mode == "full"
        detail = examined.detail if is_plain else hidden(examined.detail, own)
        yield replace(examined, detail=detail)


def _versions() -> DoctorCheck:
    """Of the program, the store's schema and the engines, for whoever reports a fault."""
    parts = [f"{name} {metadata.version(name)}" for name in ("hve-monitor", "duckdb", "deltalake")]
    return check("versions", "ok", f"{', '.join(parts)}; store schema {SCHEMA_VERSION}")


def _configuration(config: Config, only: str | None) -> DoctorCheck:
    names = ", ".join(tenant.name for tenant in config.tenants if only in (None, tenant.name))
    if names:
        return check("configuration", "ok", f"tenants: {names}")
    return check(
        "configuration",
        "warn",
        "no tenant is configured; only files can be imported",
        "write hve.toml, see 'Connect your tenant' in README.md",
    )


def _store(config: Config) -> DoctorCheck:
    path = config.warehouse.path
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        probe = path / f".probe-{os.getpid()}"
        try:
            probe.write_text("x", encoding="utf-8")
        finally:
            probe.unlink(missing_ok=True)
    except OSError as error:
        return check("store", "fail", f"{path}: {error.strerror}", "check warehouse.path")
    if os.name == "posix" and path.stat().st_mode & 0o077:
        fix = f"chmod -R go= {path}"
        return check("store", "warn", f"{path}: others on this machine may read it", fix)
    return check("store", "ok", f"{path.resolve()} is writable")


def _disk(config: Config) -> DoctorCheck:
    try:
        free = shutil.disk_usage(config.warehouse.path).free
    except OSError as error:
        return check("disk", "fail", str(error), "check warehouse.path")
    detail = f"{free / 1e9:.1f} GB free"
    if free < LEAST_FREE_BYTES:
        return check("disk", "fail", detail, "free at least 1 GB, or move warehouse.path")
    return check("disk", "ok", detail)


def _clock(config: Config, now: datetime) -> DoctorCheck:
    """The clock against what was written by it before."""
    if not (config.warehouse.path / "state.db").exists():
        return check("clock of the store", "ok", "nothing is stored yet")
    fix = "set the clock by a time server, then: hve set-clock --reason TEXT"
    with store_of(config) as store:
        latest, doubt = confirmed_time(store.state), doubt_of(store.state, now)
    if latest is not None and latest > now:
        return check(
            "clock of the store",
            "fail",
            f"was written at {minute_words(latest)}, later than now",
            fix,
        )
    if doubt:
        return check("clock of the store", "warn", doubt, fix)
    return check("clock of the store", "ok", "goes on from what was written before")


def _published(config: Config, now: datetime, only: str | None) -> Iterator[DoctorCheck]:
    try:
        with read_published(config.warehouse.path, now, only) as published:
            report, reads = coverage_report(published), last_reads(config, published)
    except HveError as error:
        yield check("coverage", "warn", str(error), "hve run")
        return
    yield _coverage(report)
    for read in reads:
        yield _last_read(read)


def _coverage(report: CoverageReport) -> DoctorCheck:
    if report.complete is None:
        detail = "rows come from files; which days no file holds is unknown"
        return check("coverage", "ok", f"unknown: {detail}")
    if report.complete:
        return check("coverage", "ok", "no gap is known")
    if not report.gaps:
        return check("coverage", "fail", "of some tenant nothing was read yet", "hve run")
    were = agreeing(len(report.gaps), "was", "were")
    unread = f"{plural(len(report.gaps), 'window')} {were}"
    return check("coverage", "fail", f"{unread} not read", "hve run")


def _last_read(read: TenantRead) -> DoctorCheck:
    """Fresh or not, with the error of the last run."""
    way = "hve import" if read.from_files else "hve run --every 15m"
    why = f"; last run: {read.error}" if read.error else ""
    if read.read_at is None:
        return check("last reading", "fail", f"nothing was ever read{why}", way, read.tenant)
    detail = f"read until {minute_words(read.read_at)}{why}"
    if read.fresh and not read.error:
        return check("last reading", "ok", detail, tenant=read.tenant)
    return check("last reading", "warn", detail, way, read.tenant)


def shared_accounts(*stores: Config) -> Iterator[DoctorCheck]:
    """Addresses that two tenants of some stores read: their mail counts twice."""
    owners: dict[str, list[str]] = {}
    for config in stores:
        for address, tenant in _addresses(config):
            owners.setdefault(address, []).append(tenant)
    for address, tenants in sorted(owners.items()):
        if len(tenants) > 1:
            detail = f"{address} is an account of {' and '.join(tenants)}: its mail counts twice"
            fix = "name the directory once in hve.toml, or list other accounts"
            yield check("accounts", "warn", detail, fix)


def _addresses(config: Config) -> list[tuple[str, str]]:
    """Every address of an account of the store, with its tenant."""
    if not (config.warehouse.path / "state.db").exists():
        return []
    with store_of(config) as store:
        return [
            (address, tenant.name)
            for tenant in config.tenants
            for address in account_addresses(store, tenant.name)
        ]


def _audit(config: Config) -> Iterator[DoctorCheck]:
    """Whether another hand changed the audit log."""
    if not (config.warehouse.path / "state.db").exists():
        return
    with store_of(config) as store:
        faults = chain_faults(store)
    if faults:
        yield check("audit log", "fail", f"was changed by another hand: {faults[0]}", "hve verify")
    else:
        yield check("audit log", "ok", "every entry is as it was sealed")


def _alerts(config: Config) -> Iterator[DoctorCheck]:
    """The targets of alerts, and what could not be delivered."""
    from publish.alerts.notify import troubles
    from publish.alerts.routing import named
    from publish.senders import sender_of

    for name, target in named(config.alerts.targets).items():
        try:
            with sender_of(target, config, lambda _tenant, _scope: ""):
                yield check(f"alerts to {name}", "ok", "is configured; nothing was sent")
        except HveError as error:
            fix = "mend the target in hve.toml, see docs/alerts.md"
            yield check(f"alerts to {name}", "fail", str(error), fix)
    if not (config.warehouse.path / "state.db").exists():
        return
    with store_of(config) as store:
        for trouble in troubles(Outbox(store.state)):
            detail = (
                f"messages that wait: {trouble.messages}, attempts so far:"
                f" {trouble.attempts}: {trouble.error}"
            )
            fix = "mend the target or what stands between; nothing is lost for seven days"
            yield check(f"delivery to {trouble.target}", "fail", detail, fix)
