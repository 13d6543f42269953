"""Who wrote to whom on a closed day: a small file a day, in the order of senders.

The rows of a day lie in the order of recipients, for searches: the contacts of one account would
read all of them. Everything here is derived from the files of a day, whose paths give a file its
name: a day of other files, or whose file is missing or damaged, is read from its rows.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
import zlib
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from urllib.parse import unquote

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from hve_monitor.files import sql
from warehouse.connection import arrow, quoted
from warehouse.lookup.trace_files import root_of
from warehouse.store import Store
from warehouse.tables import MESSAGE_TRACES

FOLDER = "contacts"
_GROUP = 16_384  # of the rows that an account reads, a few more are read with them
_UNFINISHED = ".new"


def keep_contacts(store: Store, tenant: str, before: date, hours: float) -> int:
    """Writes the missing files of days before a day; returns how many.

    Files of days that have other rows now go after so many hours: a reader of an older version may
    still want them.
    """
    paths = _paths_by_day(store, tenant)
    keys = {_key_of(day, files): day for day, files in paths.items() if day < before}
    folder = _folder(store.root, tenant)
    _remove([file for file in _listing(folder) if not _is_intact(file)])
    kept = {_key(file): file for file in _listing(folder)}
    _remove([file for key, file in kept.items() if key not in keys and _age(file) > hours])
    _remove(folder.glob(f"*{_UNFINISHED}"))
    missing = [(key, day) for key, day in sorted(keys.items()) if key not in kept]
    for key, day in missing:
        with store.existing(MESSAGE_TRACES, tenant, [day]) as connection:
            _write(folder, key, arrow(connection, sql(__file__, "contacts_of_day")))
    return len(missing)


def contact_files(
    connection: duckdb.DuckDBPyConnection, tenant: str, since: datetime, until: datetime
) -> dict[date, Path]:
    """The file of every day that lies wholly between two instants and has an intact one.

    Columns of a file: sender, recipient, recipients (rows without `expanded`), by sender.
    """
    files = {_key(file): file for file in _listing(_folder(root_of(connection), tenant))}
    paths = _published_paths(connection, tenant, since, until)
    whole = sorted(day for day in paths if since.date() < day < until.date())
    named = {day: files.get(_key_of(day, paths[day])) for day in whole}
    return {day: file for day, file in named.items() if file is not None and _is_intact(file)}


def contacts_sql(files: Iterable[Path]) -> str:
    """A select over such files; no file, no row."""
    listed = ", ".join(quoted(str(file)) for file in files)
    if not listed:
        typed = "null::varchar as sender, null::varchar as recipient, 0 as recipients"
        return f"select {typed} where false"
    return f"select sender, recipient, recipients from read_parquet([{listed}])"


def forget_contacts(root: Path) -> None:
    """Removes every file: after a removal the old ones hold what was removed.

    Raises: OSError where one stays; nobody may take it for removed.
    """
    folder = root / FOLDER
    if folder.exists():
        shutil.rmtree(folder.resolve())  # also where it is a link to another disk
    if folder.is_symlink():
        folder.unlink()


def _paths_by_day(store: Store, tenant: str) -> dict[date, list[str]]:
    files = store.delta.active(MESSAGE_TRACES, tenant)
    if "max.is_revision" not in files.column_names:
        return {}
    columns = (files[name].to_pylist() for name in ("partition.day", "path", "max.is_revision"))
    return _unrevised(
        (day, unquote(path), is_revised is not False)
        for day, path, is_revised in zip(*columns, strict=True)
    )


def _published_paths(
    connection: duckdb.DuckDBPyConnection, tenant: str, since: datetime, until: datetime
) -> dict[date, list[str]]:
    query, parameters = sql(__file__, "trace_files"), {"tenant": tenant, "since": since}
    try:
        rows = connection.execute(query, parameters | {"until": until}).fetchall()
    except duckdb.CatalogException:  # of a release before: all days are read from their rows
        return {}
    return _unrevised((day, path, is_revised) for path, (_, day), is_revised in rows)


def _unrevised(files: Iterable[tuple[date, str, bool]]) -> dict[date, list[str]]:
    """Paths below the table by day, without days on which a row was observed again."""
    days: dict[date, list[str]] = {}
    revised = set()
    for day, path, is_revised in files:
        days.setdefault(day, []).append(path)
        if is_revised:
            revised.add(day)
    return {day: paths for day, paths in days.items() if day not in revised}


def _write(folder: Path, key: str, rows: pa.Table) -> None:
    """Beside the others and renamed, but not synced: a torn file shows it by its checksum."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    sink = pa.BufferOutputStream()
    pq.write_table(rows, sink, row_group_size=_GROUP, compression="zstd")
    body = sink.getvalue().to_pybytes()
    fresh = folder / f".{key}{_UNFINISHED}"
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(body)
    fresh.replace(folder / f"{key}-{zlib.crc32(body):08x}.parquet")


def _remove(files: Iterable[Path]) -> None:
    for file in files:
        file.unlink(missing_ok=True)


def _age(file: Path) -> float:
    """Hours since it was written."""
    return (time.time() - file.stat().st_mtime) / 3600


def _is_intact(file: Path) -> bool:
    try:
        return f"{zlib.crc32(file.read_bytes()):08x}" == file.stem.rpartition("-")[2]
    except OSError:
        return False


def _listing(folder: Path) -> Iterable[Path]:
    return sorted(folder.glob("[!.]*.parquet"))


def _key(file: Path) -> str:
    """What a file is of: its name without the checksum."""
    return file.stem.rpartition("-")[0]


def _key_of(day: date, paths: Iterable[str]) -> str:
    digest = hashlib.sha256("\n".join(sorted(paths)).encode()).hexdigest()
    return f"{day}-{digest[:24]}"


def _folder(root: Path, tenant: str) -> Path:
    return root / FOLDER / f"tenant={tenant}"
