"""Imported files: any table of CSV, TSV, JSON lines or Parquet, by a map of its columns.

Rows that cannot be read are kept in raw.rejected_rows with file, line and reason. Columns that the
file lacks are null. Read = new + changed + unchanged + rejected + skipped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from hve_monitor.config import Tenant
from hve_monitor.errors import ConfigError
from ingest.source import Progress
from warehouse.accounts import current_accounts
from warehouse.connection import compute
from warehouse.landing import land
from warehouse.rejected import reject
from warehouse.store import Store

IMPORT = Path(__file__).with_name("files.sql").read_text(encoding="utf-8")
ROWS_AT_ONCE = 200_000
REQUIRED = ("id", "sender", "recipient", "received_at")
OPTIONAL = ("message_id", "subject", "size", "from_ip", "to_ip", "status")
FORMATS = ("auto", "csv", "tsv", "jsonl", "parquet")
SUFFIXES = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".parquet": "parquet",
}


@dataclass
class ImportResult:
    """What became of one file's rows."""

    file: str
    rows_read: int = 0
    rows_new: int = 0
    rows_changed: int = 0
    rows_unchanged: int = 0
    rows_rejected: int = 0
    rows_skipped: int = 0


@dataclass
class FileImport:
    """Imports files into one tenant of a store."""

    store: Store
    tenant: Tenant
    now: datetime
    columns: Mapping[str, str]
    format: str
    progress: Progress
    senders: frozenset[str] | None = field(init=False)

    def __post_init__(self) -> None:
        """Tenants with listed accounts keep only rows of those; files tenants keep every sender."""
        accounts = current_accounts(self.store, self.tenant.name)
        listed = {address for account in accounts for address in account.addresses}
        if isinstance(self.tenant.accounts, tuple):
            listed |= set(self.tenant.accounts)
        self.senders = None if self.tenant.accounts == "files" else frozenset(listed)

    def read(self, file: Path) -> ImportResult:
        """Lands one file. Raises: ConfigError when the file or the map does not fit."""
        result = ImportResult(str(file))
        store = self.store
        with compute(store.spill, store.memory_limit, store.threads) as connection:
            for batch in self._batches(connection, file):
                self._land(batch, result)
                self.progress(f"{file.name}: {result.rows_read:,} rows", 0, 1)
            self._malformed(connection, result)
        return result

    def _batches(self, connection: duckdb.DuckDBPyConnection, file: Path) -> Iterator[pa.Table]:
        kind = detect_format(file, self.format)
        connection.execute("set preserve_insertion_order = true")
        try:
            relation = connection.sql(reader_sql(file, kind))
            columns = mapping(self.columns, relation.columns, file)
            relation.create_view("file")
            sql = IMPORT.format(**{name: _text(columns.get(name)) for name in REQUIRED + OPTIONAL})
            reader = connection.sql(sql).to_arrow_reader(ROWS_AT_ONCE)
            for batch in reader:
                yield pa.Table.from_batches([batch])
        except duckdb.Error as error:
            reason = str(error).splitlines()[0]
            raise ConfigError(f"{file}: cannot be read as {kind} ({reason})") from None

    def _land(self, batch: pa.Table, result: ImportResult) -> None:
        result.rows_read += batch.num_rows
        bad = batch.filter(pc.is_valid(batch["reason"]))
        self._reject(
            result, list(zip(bad["line"].to_pylist(), bad["reason"].to_pylist(), strict=True))
        )
        good = batch.filter(pc.is_null(batch["reason"]))
        mine = self._of_accounts(good)
        result.rows_skipped += good.num_rows - mine.num_rows
        source = f"file:{Path(result.file).name}"
        landed = land(self.store, self.tenant.name, mine, self.now, source)
        result.rows_new += landed.new
        result.rows_changed += landed.changed
        result.rows_unchanged += landed.unchanged

    def _of_accounts(self, rows: pa.Table) -> pa.Table:
        if self.senders is None:
            return rows
        known = pa.array(sorted(self.senders), pa.string())
        return rows.filter(pc.is_in(pc.utf8_lower(rows["sender"]), value_set=known))

    def _malformed(self, connection: duckdb.DuckDBPyConnection, result: ImportResult) -> None:
        """Lines that are no row of the table at all, as the CSV reader reports them."""
        tables = connection.execute(
            "select 1 from duckdb_tables() where table_name = 'reject_errors'"
        ).fetchall()
        if not tables:
            return
        rows = connection.execute(
            "select line, any_value(error_message) from reject_errors group by line order by line"
        ).fetchall()
        result.rows_read += len(rows)
        self._reject(result, [(line, str(text).splitlines()[0]) for line, text in rows])

    def _reject(self, result: ImportResult, reasons: list[tuple[int | None, str]]) -> None:
        result.rows_rejected += len(reasons)
        reject(self.store, self.tenant.name, result.file, reasons, self.now)


def parse_map(text: str | None) -> dict[str, str]:
    """`id=COL,sender=COL,…` as a dict. Raises: ConfigError naming the part that is wrong."""
    pairs: dict[str, str] = {}
    for part in (text or "").split(","):
        name, equals, column = part.strip().partition("=")
        if not part.strip():
            continue
        if not equals or not column or name not in REQUIRED + OPTIONAL:
            known = ", ".join(REQUIRED + OPTIONAL)
            raise ConfigError(f"--map {part.strip()}: write name=COLUMN with a name of {known}")
        pairs[name] = column
    return pairs


def mapping(asked: Mapping[str, str], columns: Sequence[str], file: Path) -> dict[str, str]:
    """Column of the file for each of our names: the asked ones, or columns that bear the name.

    Raises: ConfigError when a required name has no column or an asked column is missing.
    """
    found = {name: name for name in REQUIRED + OPTIONAL if name in columns and name not in asked}
    found |= asked
    absent = [column for column in asked.values() if column not in columns]
    if absent:
        have = ", ".join(columns[:20])
        raise ConfigError(f"{file}: no column '{absent[0]}'; it has: {have}")
    missing = [name for name in REQUIRED if name not in found]
    if missing:
        raise ConfigError(
            f"{file}: which column is '{missing[0]}'? add --map {missing[0]}=COLUMN"
            f" (columns: {', '.join(columns[:20])})"
        )
    return found


def detect_format(file: Path, asked: str) -> str:
    """The asked format, or the one that the name's ending tells. Raises: ConfigError."""
    if asked not in FORMATS:
        raise ConfigError(f"--format {asked}: use one of {', '.join(FORMATS)}")
    if not file.is_file():
        raise ConfigError(f"{file}: no such file")
    if asked != "auto":
        return asked
    name = file.name.removesuffix(".gz").removesuffix(".zst")
    kind = SUFFIXES.get(Path(name).suffix.lower())
    if kind is None:
        raise ConfigError(f"{file}: unknown kind of file; add --format csv|tsv|jsonl|parquet")
    return kind


def reader_sql(file: Path, kind: str) -> str:
    """A select over the file in its own columns; text formats are read as text."""
    path = "'" + str(file).replace("'", "''") + "'"
    if kind == "parquet":
        return f"select * from read_parquet({path})"
    if kind == "jsonl":
        return f"select * from read_json({path}, format = 'auto', maximum_sample_files = 1)"
    delimiter = "\t" if kind == "tsv" else ","
    return (
        f"select * from read_csv({path}, delim = '{delimiter}', header = true,"
        " all_varchar = true, store_rejects = true, null_padding = false)"
    )


def _text(column: str | None) -> str:
    """SQL of the column's trimmed text; a column that the file lacks is null."""
    if column is None:
        return "cast(null as varchar)"
    quoted = '"' + column.replace('"', '""') + '"'
    return f"nullif(trim(cast({quoted} as varchar)), '')"


def expand(paths: Sequence[Path]) -> list[Path]:
    """The files meant: a folder stands for the files below it. Raises: ConfigError when none."""
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = [each for each in sorted(path.rglob("*")) if each.is_file()]
            files += [each for each in inside if not each.name.startswith(".")]
        elif path.exists():
            files.append(path)
        else:
            raise ConfigError(f"{path}: no such file or folder")
    if not files:
        raise ConfigError(f"{paths[0]}: the folder holds no file")
    return files


def totals(results: Sequence[ImportResult]) -> dict[str, Any]:
    """Counts summed over the files."""
    names = [name for name in ImportResult.__dataclass_fields__ if name != "file"]
    return {name: sum(getattr(result, name) for result in results) for name in names}
