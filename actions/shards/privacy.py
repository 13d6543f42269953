"""Acts about personal data in all shards: each leaves its entry in the audit log of each store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from msgspec import UNSET

from actions import privacy
from actions.outcome import Outcome
from actions.privacy import Erasure, KeyChange, Purge
from actions.reveal import RevealedName, reveal
from actions.shards.stores import filled, of_each
from hve_monitor.config import Config
from hve_monitor.errors import ConfigError, HveError
from warehouse.configured import store_of
from warehouse.fleet import forget_rows
from warehouse.privacy.audit import AuditEntry, entries
from warehouse.protection.mode import Protection, read_key, stored_protection
from warehouse.state import open_state


def reveal_in(config: Config, pseudonym: str, why: str, who: str, now: datetime) -> RevealedName:
    """`hve reveal` in the first store that knows the pseudonym.

    Raises: ConfigError where none does, HveError where one of them cannot say it.
    """
    errors: list[HveError] = []
    for own in filled(config).values():
        try:
            return reveal(own, pseudonym, why, who, now)
        except HveError as error:
            errors.append(error)
    raise next((error for error in errors if not isinstance(error, ConfigError)), errors[-1])


def erase_in(
    config: Config,
    address: str,
    reason: str,
    who: str,
    now: datetime,
    backups: Sequence[Path] = (),
    *,
    with_account: bool = False,
    dry_run: bool = False,
) -> Outcome[Erasure]:
    """`hve erase` in every store; a rehearsal in all of them comes first.

    Raises: as privacy.erase, before anything is changed.
    """
    stores = filled(config)
    copies = [file for backup in backups for file in _backups(backup)]

    def erased(own: Config, *, is_rehearsal: bool) -> Erasure:
        is_first = own is next(iter(stores.values()))
        return privacy.erase(
            own, address, reason, who, now, copies if is_first else (),
            with_account=with_account, dry_run=is_rehearsal,
        )  # fmt: skip

    if len(stores) > 1 and not dry_run:
        for own in stores.values():
            erased(own, is_rehearsal=True)
    outcome = of_each(stores, lambda _, own: erased(own, is_rehearsal=dry_run))
    if not dry_run:
        forget_rows(config.warehouse.path)
    removals = [removal for part in outcome.document.values() for removal in part.erased]
    document = Erasure(
        erased=tuple(removals),
        dry_run=dry_run,
        at=now,
        who=who,
        failed_shards=outcome.failed_shards or UNSET,
    )
    return Outcome(document, outcome.exit_code)


def _backups(path: Path) -> list[Path]:
    """The files of a backup of shards; anything else as it is."""
    is_folder = path.is_dir() and not (path / "state.db").exists()
    return (sorted(path.glob("*.hve")) if is_folder else []) or [path]


def purge_in(config: Config, who: str, reason: str, now: datetime) -> Outcome[Purge]:
    """`hve purge` in every store."""
    outcome = of_each(filled(config), lambda _, own: privacy.purge(own, who, reason, now))
    parts = list(outcome.document.values())
    document = Purge(
        purged=tuple(removal for part in parts for removal in part.purged),
        exports_removed=sum(part.exports_removed for part in parts),
        copies_removed=tuple(copy for part in parts for copy in part.copies_removed),
        facts_days=parts[0].facts_days,
        marts_days=parts[0].marts_days,
        at=now,
        failed_shards=outcome.failed_shards or UNSET,
    )
    return Outcome(document, outcome.exit_code)


def change_key_in(
    config: Config, file: Path, reason: str, who: str, now: datetime
) -> Outcome[KeyChange]:
    """`hve rotate-key` of every store that the new key does not seal yet."""
    stores = filled(config)
    waiting = {shard: own for shard, own in stores.items() if not _is_sealed(own, file)}
    outcome = of_each(
        waiting or stores, lambda _, own: privacy.change_key(own, file, reason, who, now)
    )
    parts = list(outcome.document.values())
    document = KeyChange(
        fingerprint=parts[0].fingerprint,
        tenants=sum(part.tenants for part in parts),
        key_file=str(file),
        failed_shards=outcome.failed_shards or UNSET,
    )
    return Outcome(document, outcome.exit_code)


def _is_sealed(config: Config, file: Path) -> bool:
    """Whether a change of the key that did not end came as far as this store."""
    root, privacy_ = config.warehouse.path, config.privacy
    new = Protection(privacy_.mode, privacy_.kept_subjects, read_key(file, root))
    with open_state(root) as state:
        return stored_protection(state) == new.as_stored


def audit_in(config: Config, limit: int) -> list[Mapping[str, object]]:
    """The newest entries of every store, newest first; of shards with their names."""
    listed: list[tuple[str, AuditEntry]] = []
    stores = filled(config)
    for shard, own in stores.items():
        with store_of(own) as store:
            listed += [(shard, entry) for entry in entries(store.state, limit)]
    if [*stores] == [""]:
        return [entry._asdict() for _, entry in listed]
    newest = sorted(listed, key=lambda pair: pair[1].recorded_at, reverse=True)[:limit]
    return [{"shard": shard, **entry._asdict()} for shard, entry in newest]
