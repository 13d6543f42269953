"""Imported files: every export of message traces, or any table by a map of its columns.

Formats, encodings and archives are those of ingest.files.formats. Rows that cannot be read are
kept in raw.rejected_rows with file (and member), line and reason. What a file lacks is null.
Read = new + changed + unchanged + rejected + skipped, where read counts (message, recipient) rows,
not lines: an export may list several recipients in a line, or one recipient in many lines.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from hve_monitor.addresses import EMPTY_SENDER
from hve_monitor.config import Tenant
from hve_monitor.errors import ConfigError
from hve_monitor.plural import plural
from ingest.files.column_map import OPTIONAL, columns_for
from ingest.files.formats.containers import Member, UnreadableError, members
from ingest.files.formats.contents import FORMATS, Chosen, Collected
from ingest.files.formats.dates import Order
from ingest.files.formats.layouts import MAP_TEXTS, Layout, plain, recognise
from ingest.files.formats.reading import Reader, Rows
from ingest.pace import Pace
from ingest.powershell.collected import record_collection
from ingest.source import Progress
from ingest.statuses import is_known
from warehouse.business_time import record_time
from warehouse.connection import compute
from warehouse.protection.pseudonyms import hidden
from warehouse.records.accounts import current_accounts
from warehouse.records.message_traces import UNKNOWN_WORD, land
from warehouse.records.rejected_rows import RejectedRow, reject_rows
from warehouse.store import Store

ROWS_AT_ONCE, BYTES_AT_ONCE = 100_000, 256 << 20
MOST_REASONS = 20
MOST_REJECTED = 100_000  # kept of one file with their lines; the others are counted
# A small archive may unpack to bad lines without end.
MOST_BAD_ROWS, MOST_BAD_SHARE = 1_000_000, 1.01
OWN = {MAP_TEXTS.get(name, name): (plain(name),) for name in OPTIONAL}
TABLE = Layout("table", "rows", OWN, ())


@dataclass
class Rejection:
    """Rows that were rejected for one reason; `file` tells the member of an archive."""

    file: str
    line: int | None  # of the first such row
    reason: str
    rows: int


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
    unknown_statuses: dict[str, int] = field(default_factory=dict)  # rows by word
    rejections: list[Rejection] = field(default_factory=list)  # the first reasons; all are stored
    error: str | None = None


@dataclass
class FileImport:
    """Imports files into one tenant of a store."""

    store: Store
    tenant: Tenant
    now: datetime
    columns: Mapping[str, str]
    format: str
    progress: Progress
    dates: Order | None = None
    senders: frozenset[str] | None = field(init=False)
    waiting: list[pa.Table] = field(init=False, default_factory=list)
    rows_waiting: int = field(init=False, default=0)
    bytes_waiting: int = field(init=False, default=0)
    refused: list[RejectedRow] = field(init=False, default_factory=list)
    first_batch: int = field(init=False, default=0)
    has_landed: bool = field(init=False, default=False)  # since the first batch
    span: list[date] = field(init=False, default_factory=list)
    spans: set[tuple[date, date]] = field(init=False, default_factory=set)  # of whole members
    pace: Pace = field(init=False, default_factory=Pace)

    def __post_init__(self) -> None:
        """Raises: ConfigError when there is no format of that name."""
        if self.format not in FORMATS:
            raise ConfigError(f"--format {self.format}: use one of {', '.join(FORMATS)}")
        self.senders = self._listed_senders()

    def read_all(self, files: Sequence[Path]) -> list[ImportResult]:
        """Lands what can be read; a file that cannot is reported beside the others.

        Raises: ConfigError when not one of them can be read; then nothing was written.
        """
        results, first = [], None
        with self._reader() as reader:
            for file in files:
                try:
                    results.append(self._read_file(reader, file))
                except ConfigError as error:
                    first = first or error
                    results.append(ImportResult(str(file), error=str(error)))
        if first is not None and all(result.error for result in results):
            raise first
        record_time(self.store, self.tenant.name, self.now, service_time=None)
        return results

    def read(self, file: Path) -> ImportResult:
        """Lands one file.

        Raises: ConfigError when the file or the map does not fit, or no member can be read.
        """
        with self._reader() as reader:
            return self._read_file(reader, file)

    @contextmanager
    def _reader(self) -> Iterator[Reader]:
        with compute(self.store.spill, self.store.memory_limit, self.store.threads) as connection:
            yield Reader(connection, self.now, self.format, self.dates, self._choose, self.columns)

    def _read_file(self, reader: Reader, file: Path) -> ImportResult:
        if not file.is_file():
            raise ConfigError(f"{file}: no such file")
        result = ImportResult(str(file))
        try:
            refusals = [
                (member.name, self._read_member(reader, member, result)) for member in members(file)
            ]
        finally:
            self._finish(result)
        refused = [(name, reason) for name, reason in refusals if reason is not None]
        if refused and not result.rows_read and len(refused) == len(refusals):
            name, reason = refused[0]
            raise ConfigError(f"{name}: {reason}")
        for name, reason in refused:
            self._reject(result, name, [(None, reason)])
        self._store_refused()
        return result

    def _finish(self, result: ImportResult) -> None:
        """Lands what waits, and notes the days of the members that are whole."""
        self._land(result)
        self._store_refused()
        spans, self.spans = self.spans, set()
        if spans:
            self.store.state.record_file_spans(self.tenant.name, sorted(spans))

    def _read_member(self, reader: Reader, member: Member, result: ImportResult) -> str | None:
        """Reads one member and returns why it could not be read to its end, if so.

        Small members are landed together, since each landing reads the store.
        """
        self._begin_member(result)
        try:
            self._keep_all(reader, member, result)
        except duckdb.Error as error:
            reason = f"{member.name}: cannot be worked out ({type(error).__name__})"
            raise ConfigError(reason) from error
        except (UnreadableError, ConfigError) as error:
            reason = str(error).removeprefix(f"{member.name}: ")
            if not member.archived:
                raise ConfigError(f"{member.name}: {reason}") from None
            return reason
        return None

    def _begin_member(self, result: ImportResult) -> None:
        """Rows that were landed of an earlier member may be dated otherwise than the next ones."""
        if self.has_landed or not self.waiting:
            self._land(result)
            self.first_batch, self.has_landed = self.store.state.next_batch(), False
        self.span = []

    def _keep_all(self, reader: Reader, member: Member, result: ImportResult) -> None:
        read, rejected = result.rows_read, result.rows_rejected
        for content in reader.read(member):
            if isinstance(content, Collected):
                self._keep_collection(content, member, result)
                continue
            self._keep(content, member.name, result)
            self.pace.rows += content.table.num_rows
            self.progress(f"{Path(member.name).name}: {self.pace.text()}", 0, 1)
            _check_use(result.rows_read - read, result.rows_rejected - rejected)
        if self.span:
            self.spans.add((self.span[0], self.span[1]))

    def _keep(self, rows: Rows, name: str, result: ImportResult) -> None:
        table = rows.table
        bad = table.filter(pc.is_valid(table["reason"]))
        if bad.num_rows:
            pairs = zip(bad["line"].to_pylist(), bad["reason"].to_pylist(), strict=True)
            self._reject(result, name, list(pairs))
        self._reject(result, name, rows.broken)
        good = table.num_rows - bad.num_rows
        if good:
            of_accounts = self._of_accounts(table.filter(pc.is_null(table["reason"])))
            result.rows_read += good
            result.rows_skipped += good - of_accounts.num_rows
            self._stretch(of_accounts["received_at"])
            shown = self.store.protection.mode == "full"
            _count_unknown(of_accounts["status"], result.unknown_statuses, shown)
            self.waiting.append(of_accounts)
            self.rows_waiting += of_accounts.num_rows
            self.bytes_waiting += of_accounts.nbytes
        if self.rows_waiting >= ROWS_AT_ONCE or self.bytes_waiting >= BYTES_AT_ONCE:
            self._land(result)

    def _stretch(self, times: pa.ChunkedArray) -> None:
        """Notes the first and the last day of the rows so far."""
        ends = [end.as_py() for end in pc.min_max(times).values()]
        days = [end.astimezone(UTC).date() for end in ends if end is not None]
        if days:
            self.span = [min([*days, *self.span]), max([*days, *self.span])]

    def _land(self, result: ImportResult) -> None:
        """Lands what has been kept: many rows at once, since each landing reads the store."""
        if not self.waiting:
            return
        rows, self.waiting, self.has_landed = pa.concat_tables(self.waiting), [], True
        self.rows_waiting = self.bytes_waiting = 0
        source = f"file:{Path(result.file).name}"
        landed = land(self.store, self.tenant.name, rows, self.now, source, self.first_batch)
        result.rows_new += landed.new
        result.rows_changed += landed.changed
        result.rows_unchanged += landed.unchanged
        if landed.purged:
            before = self.store.state.purged_before(self.tenant.name)
            reason = f"{plural(landed.purged, 'row')} of days that were purged (before {before})"
            self.refused.append((result.file, None, reason))
            result.rows_rejected += landed.purged

    def _keep_collection(self, collected: Collected, member: Member, result: ImportResult) -> None:
        """Accounts and billing policies; the rows of later files are selected by them."""
        name, tenant = member.name, self.tenant.name
        for source in record_collection(self.store, tenant, collected.document, self.now, name):
            result.rows_read += source.rows_read
            result.rows_new += source.rows_new
            result.rows_changed += source.rows_changed
            result.rows_unchanged += source.rows_unchanged
            if source.error:
                self._reject(result, name, [(None, source.error)])
        self.senders = self._listed_senders()

    def _listed_senders(self) -> frozenset[str] | None:
        """Tenants with listed accounts keep only rows of those; files tenants keep every sender."""
        if self.tenant.accounts == "files":
            return None
        accounts = current_accounts(self.store, self.tenant.name)
        listed = {address for account in accounts for address in account.addresses}
        if isinstance(self.tenant.accounts, tuple):
            listed |= {address.lower() for address in self.tenant.accounts}
        return frozenset(listed)

    def _of_accounts(self, rows: pa.Table) -> pa.Table:
        """Rows of the tenant's senders; mail without a sender, such as a bounce, is nobody's."""
        if self.senders is None:
            return rows.filter(pc.not_equal(rows["sender"], EMPTY_SENDER))
        senders = pa.array(sorted(self.senders), pa.string())
        return rows.filter(pc.is_in(pc.utf8_lower(rows["sender"]), value_set=senders))

    def _reject(
        self, result: ImportResult, name: str, reasons: Sequence[tuple[int | None, str]]
    ) -> None:
        result.rows_read += len(reasons)
        result.rows_rejected += len(reasons)
        self._tell(result, name, reasons)
        room = max(0, MOST_REJECTED + len(reasons) - result.rows_rejected)
        self.refused += [(name, line, reason) for line, reason in reasons[:room]]
        if len(reasons) > room and result.rows_rejected - len(reasons) <= MOST_REJECTED:
            words = f"more than {MOST_REJECTED:,} rows were rejected; the others are only counted"
            self.refused.append((name, None, words))

    def _tell(
        self, result: ImportResult, name: str, reasons: Sequence[tuple[int | None, str]]
    ) -> None:
        """Counts the rows by their reason."""
        counted = {(part.file, part.reason): part for part in result.rejections}
        for line, text in reasons:
            reason = text if self.store.protection.is_plain else hidden(text)
            if (name, reason) in counted:
                counted[name, reason].rows += 1
            elif len(counted) < MOST_REASONS:
                counted[name, reason] = Rejection(name, line, reason, 1)
        result.rejections = list(counted.values())

    def _store_refused(self) -> None:
        rejected, self.refused = self.refused, []
        reject_rows(self.store, self.tenant.name, rejected, self.now)

    def _choose(self, columns: Sequence[str], name: str) -> Chosen:
        """A known export, unless a map says which column is what."""
        recognised = None if self.columns else recognise(columns)
        if recognised:
            return recognised
        chosen = columns_for(self.columns, columns, Path(name))
        return TABLE, {MAP_TEXTS.get(name, name): column for name, column in chosen.items()}


def _check_use(read: int, rejected: int) -> None:
    """Raises: UnreadableError for a member of bad lines alone, which may have no end."""
    if rejected >= MOST_BAD_ROWS and read < rejected * MOST_BAD_SHARE:
        raise UnreadableError(
            f"{rejected:,} of the first {read:,} rows cannot be read; the rest was not looked at"
        )


def _count_unknown(statuses: pa.ChunkedArray, rows_by_word: dict[str, int], is_shown: bool) -> None:
    """Adds the rows of each word that is no status that we know; a hidden one has a mark."""
    for counted in pc.value_counts(statuses).to_pylist():
        word, count = counted["values"], counted["counts"]
        if word is not None and not is_known(word):
            word = word if is_shown else UNKNOWN_WORD
            rows_by_word[word] = rows_by_word.get(word, 0) + count


def totals(results: Sequence[ImportResult]) -> dict[str, int]:
    """Counts summed over the files."""
    names = [name for name in ImportResult.__dataclass_fields__ if name.startswith("rows_")]
    return {name: sum(getattr(result, name) for result in results) for name in names}
