"""What a walk is made from, told apart hour by hour: a kept walk of other inputs is not used."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

import duckdb
import numpy as np
from numpy.typing import NDArray

from hve_monitor.config import Tenant
from models.baseline.hours import HISTORY, HOUR
from warehouse.connection import files_sql
from warehouse.records.verdicts import Verdict
from warehouse.store import Store
from warehouse.tables import HVE_USAGE_HOURLY
from warehouse.walks import WalkFiles
from warehouse.windows import Window

Hashes = NDArray[np.uint64]
LONGEST = HISTORY + timedelta(days=100)  # that a walk goes on without a new beginning
_EPOCH = date(1970, 1, 1).toordinal()
_SEEN = "hours_seen"
_ROOM = Path(__file__).parents[2]
_CODE = (
    "baseline/*.py",
    "incidents/*.py",
    "incidents/walks/*.py",
    "incidents/volume/*.py",
    "incident.py",
    "statistics.py",
)
# Rows of an hour in any order give one number; an hour without rows is 0.
_HASHES = """
select
    cast(epoch(hour_utc) / 3600 as bigint) as hour,
    bit_xor(
        hash(
            account, recipients, recipients_q1, recipients_q2, recipients_q3, recipients_q4,
            new_recipients, new_sources
        )
    ) as hash
from ({files})
group by hour
"""


@dataclass(frozen=True)
class Inputs:
    """What the walk of a tenant's accounts is made from.

    hashes: of the stored rows of every UTC hour from `start` on, which holds the first row.
    """

    start: datetime
    until: datetime
    hashes: Hashes
    gaps: Mapping[str, Sequence[Window]]
    verdicts: Sequence[Verdict]
    settings: str

    def hours_before(self, midnight: datetime) -> Hashes:
        """Hashes of the hours before a midnight."""
        return self.hashes[: (midnight - self.start) // HOUR]

    def are_the_same(self, hashes: Hashes, midnight: datetime) -> bool:
        """Whether the rows of the hours before a midnight were the same, as far as it is kept."""
        now = self.hours_before(midnight)
        kept = max((self.until - HISTORY - self.start) // HOUR, 0)
        return len(now) == len(hashes) and bool((now[kept:] == hashes[kept:]).all())

    def digest(self, accounts: Sequence[str], midnight: datetime) -> bytes:
        """All else that the walk of some accounts depends on up to a midnight."""
        parts = [self.settings, self.start.isoformat(), *accounts]
        for account in accounts:
            for window in self.gaps.get(account, ()):
                first, last = max(window.start, self.start), min(window.end, midnight)
                if first < last:
                    parts += [account, first.isoformat(), last.isoformat()]
        names = set(accounts)
        parts += [
            f"{verdict.status} {verdict.at} {verdict.judged}"
            for verdict in self.verdicts
            if verdict.at < midnight and verdict.judged.account in names
        ]
        return hashlib.sha256("\n".join(parts).encode()).digest()


def inputs_of(
    store: Store,
    tenant: Tenant,
    until: datetime,
    gaps: Mapping[str, Sequence[Window]],
    verdicts: Sequence[Verdict],
    begun: datetime | None,
) -> Inputs:
    """What the walk of a tenant is made from now.

    begun: where the kept walk begins; it goes on from there, while its first row is the same.
    """
    by_hour = _hashes_by_hour(store, tenant.name)
    since, end = _hour_of(until - HISTORY), _hour_of(until) + 1
    recent = sorted(hour for hour in by_hour if since <= hour < end)
    first = recent[0] if recent else end - 1
    if begun is not None and begun > until - LONGEST:
        old = _hour_of(begun)
        is_first = not any(min(old, since) <= hour < old for hour in by_hour)
        first = old if old in by_hour and is_first else first
    hashes = np.array([by_hour.get(hour, 0) for hour in range(first, end)], np.uint64)
    start = datetime.fromtimestamp(first * 3600, UTC)
    return Inputs(start, until, hashes, gaps, verdicts, _settings(tenant))


def _hour_of(moment: datetime) -> int:
    return int(moment.timestamp()) // 3600


def _settings(tenant: Tenant) -> str:
    holidays = sorted(str(day) for day in tenant.holidays)
    return f"{_code()} {np.__version__} {duckdb.__version__} {tenant.timezone} {holidays}"


@cache
def _code() -> str:
    """Another text whenever a module is another one that judging goes through."""
    files = [file for pattern in _CODE for file in sorted(_ROOM.glob(pattern))]
    return hashlib.sha256(b"\n".join(file.read_bytes() for file in files)).hexdigest()


def _hashes_by_hour(store: Store, tenant: str) -> dict[int, int]:
    """Hash of the stored rows by UTC hour; days whose files are known are not read again."""
    files = WalkFiles(store.root, tenant)
    kept = files.read(_SEEN) or {}
    known = dict(zip(kept.get("day", ()), kept.get("files", ()), strict=True))
    stamps = _stamps(store, tenant)
    fresh = [day for day, stamp in stamps.items() if known.get(day) != stamp]
    hours = {
        int(hour): int(value)
        for hour, value in zip(kept.get("hour", ()), kept.get("hash", ()), strict=True)
        if (day := int(hour) // 24) in stamps and known.get(day) == stamps[day]
    }
    if fresh:
        hours |= _read_hashes(store, tenant, fresh)
    if fresh or known.keys() - stamps.keys():
        files.write(
            _SEEN,
            {
                "day": np.array(list(stamps), np.int64),
                "files": np.array(list(stamps.values()), np.uint64),
                "hour": np.array(list(hours), np.int64),
                "hash": np.array(list(hours.values()), np.uint64),
            },
        )
    return hours


def _stamps(store: Store, tenant: str) -> dict[int, int]:
    """What tells the files of each UTC day apart, by days since 1970."""
    active = store.delta.active(HVE_USAGE_HOURLY, tenant)
    ordered = active.sort_by([("partition.day", "ascending"), ("path", "ascending")])
    names: dict[date, list[str]] = {}
    days, paths = ordered["partition.day"].to_pylist(), ordered["path"].to_pylist()
    for day, path in zip(days, paths, strict=True):
        names.setdefault(day, []).append(path)
    return {
        day.toordinal() - _EPOCH: int.from_bytes(
            hashlib.sha256("\n".join(paths).encode()).digest()[:8], "big"
        )
        for day, paths in names.items()
    }


def _read_hashes(store: Store, tenant: str, days: Iterable[int]) -> dict[int, int]:
    dates = [date.fromordinal(day + _EPOCH) for day in days]
    files = store.delta.files(HVE_USAGE_HOURLY, tenant, dates)
    select = _HASHES.format(files=files_sql(HVE_USAGE_HOURLY, files))
    with store.compute() as connection:
        rows: list[tuple[int, int]] = connection.execute(select).fetchall()
    return dict(rows)
