"""What keeps every store whole: examinations, backups, the clock."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from msgspec import UNSET, structs

from actions.author import author_of
from actions.doctor.check import DoctorCheck, DoctorReport
from actions.doctor.examine import examine, shared_accounts
from actions.doctor.files import metrics_check
from actions.outcome import Outcome
from actions.privacy import note
from actions.set_clock import ClockSet, confirm_clock
from actions.shards.failures import joint_code
from actions.shards.runs import rebuild_all
from actions.shards.stores import filled, named, of_each
from actions.verify import StoreState, examine_store
from hve_monitor.config import Config
from hve_monitor.errors import DONE, INCOMPLETE, ConfigError, StoreError
from ingest.source import Progress
from warehouse.configured import store_of
from warehouse.maintenance.backup import Backup, back_up
from warehouse.maintenance.backup import restore as restore_store
from warehouse.maintenance.verification import CheckResult

UNNAMED = "_"  # no shard can have this name


def examine_stores(config: Config, *, repair: bool) -> Outcome[StoreState]:
    """`hve verify` of every store."""
    stores = filled(config)

    def examined(_shard: str, own: Config) -> Outcome[StoreState]:
        try:
            return examine_store(own, repair=repair)
        except StoreError as error:
            if [*stores] == [""]:
                raise
            finding = CheckResult("store", "fail", str(error), "hve restore")
            return Outcome(StoreState(findings=[finding], repaired=[]), INCOMPLETE)

    outcome = of_each(stores, examined)
    parts = {shard: part.document for shard, part in outcome.document.items()}
    document = StoreState(
        findings=[
            replace(finding, detail=named(shard, finding.detail))
            for shard, part in parts.items()
            for finding in part.findings
        ],
        repaired=[named(shard, name) for shard, part in parts.items() for name in part.repaired],
        failed_shards=outcome.failed_shards or UNSET,
    )
    codes = [part.exit_code for part in outcome.document.values()]
    return Outcome(document, joint_code([*codes, outcome.exit_code]))


def examine_all(
    config: Config, now: datetime, only: str | None, file: Path
) -> Outcome[DoctorReport]:
    """`hve doctor` of every store; what all of them say is said once."""
    if not config.is_sharded:
        return examine(config, now, only, file)

    def examined(_shard: str, own: Config) -> list[DoctorCheck]:
        try:
            return examine(own, now, only, file).document.checks
        except StoreError as error:
            return [DoctorCheck(check="store", status="fail", detail=str(error), fix="hve verify")]

    outcome = of_each(config.stores, examined)
    parts = outcome.document
    shared = [check for check in next(iter(parts.values())) if _is_everywhere(check, parts)]
    own = [
        structs.replace(check, detail=named(shard, check.detail))
        for shard, checks in parts.items()
        for check in checks
        if check not in shared
    ]
    across = [check for check in _accounts_across(config) if check not in [*shared, *own]]
    report = DoctorReport(checks=[*shared, *metrics_check(config), *across, *own])
    has_failed = any(check.status == "fail" for check in report.checks)
    return Outcome(report, INCOMPLETE if has_failed else outcome.exit_code)


def _accounts_across(config: Config) -> list[DoctorCheck]:
    """Addresses that tenants of several shards read; none where a store cannot say its own."""
    with suppress(StoreError):
        return list(shared_accounts(*config.stores.values()))
    return []


def _is_everywhere(check: DoctorCheck, parts: dict[str, list[DoctorCheck]]) -> bool:
    return all(check in checks for checks in parts.values())


def back_up_all(config: Config, out: Path, now: datetime) -> Outcome[Backup]:
    """`hve backup`: one new file, or of shards a folder with a new file of each."""
    if not config.is_sharded:
        written = _backed_up(config, out, now)
        return Outcome(written, INCOMPLETE if written.damaged else DONE)
    _make_folder(out)
    outcome = of_each(filled(config), lambda shard, own: _backed_up(own, out / _file(shard), now))
    whole = _together(out, outcome.document)
    return Outcome(whole, INCOMPLETE if whole.damaged else outcome.exit_code)


def _make_folder(out: Path) -> None:
    try:
        out.mkdir(exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"{out}: is no folder for a backup of each shard ({error.strerror})"
        ) from None


def _file(shard: str) -> str:
    return f"{shard or UNNAMED}.hve"


def _backed_up(config: Config, out: Path, now: datetime) -> Backup:
    # Before the file is there: no backup without its entry, whatever dies in between.
    note(config, "backup", out.name, author_of(None), now, "begun")
    with store_of(config) as store:
        return back_up(store, out)


def _together(folder: Path, parts: Mapping[str, Backup]) -> Backup:
    """The backups of shards as one, of the time of the oldest."""
    aside = [part.kept_aside for part in parts.values() if part.kept_aside]
    return Backup(
        path=str(folder),
        created_at=min(part.created_at for part in parts.values()),
        files=sum(part.files for part in parts.values()),
        bytes=sum(part.bytes for part in parts.values()),
        damaged=tuple(named(shard, name) for shard, part in parts.items() for name in part.damaged),
        kept_aside=", ".join(aside) or None,
    )


def restore_all(
    config: Config, source: Path, now: datetime, progress: Progress, *, replaces: bool
) -> Backup:
    """`hve restore` of one file, or of the files of all shards; published anew.

    Raises: ConfigError before anything is changed where one of the files is missing.
    """
    files = {name: source / _file(name) if config.is_sharded else source for name in config.shards}
    for file in files.values():
        if config.is_sharded and not file.is_file():
            raise ConfigError(f"{file}: is missing; name a folder with a backup of every shard")
    parts = {}
    for shard, own in sorted(config.stores.items()):  # the others lie in the one without a name
        parts[shard] = restore_store(files[shard], own.warehouse.path, replaces=replaces)
    rebuild_all(config, now, progress, full=False)
    for shard, own in config.stores.items():
        note(own, "restore", files[shard].name, author_of(None), now)
    return _together(source, parts) if config.is_sharded else parts[""]


def confirm_clocks(config: Config, now: datetime, who: str, reason: str) -> Outcome[ClockSet]:
    """`hve set-clock` of every store."""
    outcome = of_each(filled(config), lambda _, own: confirm_clock(own, now, who, reason))
    lines = [line for part in outcome.document.values() for line in part.put_right]
    return Outcome(ClockSet(now=now, put_right=lines), outcome.exit_code)
