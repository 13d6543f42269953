"""Any content gives rows, rejected rows or one clear line; no readable row is lost."""

from __future__ import annotations

import gzip
import io
import json
import os
import random
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hve_monitor.config import Tenant
from hve_monitor.errors import ConfigError
from ingest.files.imported import FileImport, ImportResult
from tests.unit.ingest.conftest import NOW, quiet
from tests.unit.ingest.files.formats.exports import EXPORTS, EXTENDED, event, table
from warehouse.records.stored import stored_rows
from warehouse.store import Store, open_store
from warehouse.tables import MESSAGE_TRACES

LOADS, TOGETHER = 25, 20  # imports into one store, files of one import
FILES = Tenant(name="local", accounts="files")
PIECES = [content.encode(code) for content in EXPORTS.values() for code in ("utf-8", "utf-16-le")]
A_FEW = settings(
    deadline=None, database=None, max_examples=4 * int(os.environ.get("EXAMPLES", "1")),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
readable = st.text(alphabet="abc", min_size=1, max_size=4)


def assert_one_line(file: Path, said: str) -> None:
    """What was said names the file."""
    assert str(file) in said
    assert len(said.splitlines()) == 1


def assert_adds_up(result: ImportResult) -> None:
    counts = {key: value for key, value in vars(result).items() if key.startswith("rows_")}
    assert counts.pop("rows_read") == sum(counts.values())


class Site:
    """A store that is imported into again and again, then the next one: a log grows with imports.

    It stays open meanwhile, since most of a small import is opening.
    """

    def __init__(self, folder: Path, opened: ExitStack) -> None:
        self.folder, self._opened, self._loads = folder, opened, 0

    def load(self, content: bytes, name: str = "any.bin") -> ImportResult | str:
        """Counts that add up, or the one line that says what is wrong."""
        file = self.folder / name
        file.write_bytes(content)
        importer = FileImport(self._next_store(), FILES, NOW, {}, "auto", quiet)
        result, said = None, ""
        try:
            result = importer.read(file)
        except ConfigError as error:
            said = str(error)
        if result is None:
            assert_one_line(file, said)
            return said
        assert_adds_up(result)
        return result

    def load_all(self, contents: list[bytes]) -> None:
        """As `load` of every content, by one command; a sound file beside them is read whole."""
        files = [self.folder / f"damaged-{number}.bin" for number in range(len(contents))]
        for file, content in zip(files, contents, strict=True):
            file.write_bytes(content)
        files.insert(0, self.folder / "sound.csv")
        files[0].write_text(EXPORTS["enhanced summary"], encoding="utf-8")
        importer = FileImport(self._next_store(), FILES, NOW, {}, "auto", quiet)
        results = importer.read_all(files)
        assert [Path(result.file) for result in results] == files
        assert (results[0].rows_read, results[0].rows_rejected) == (2, 0)
        for file, result in zip(files, results, strict=True):
            assert_adds_up(result)
            if result.error is not None:
                assert_one_line(file, result.error)

    def stored(self) -> set[tuple[str, str]]:
        """Of the store that the last file was imported into."""
        rows = stored_rows(self._store, MESSAGE_TRACES, "local")
        return {(row["trace_id"], row["recipient"]) for row in rows}

    def _next_store(self) -> Store:
        if self._loads % LOADS == 0:
            self._opened.close()
            root = self.folder / f"store-{self._loads}"
            self._store = self._opened.enter_context(open_store(root, "500MB", 1))
        self._loads += 1
        return self._store


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with ExitStack() as opened:
        yield Site(tmp_path_factory.mktemp("any"), opened)


@pytest.mark.property
@A_FEW
@given(st.binary(max_size=200))
def test_any_bytes(site: Site, content: bytes) -> None:
    site.load(content)


@pytest.mark.property
@A_FEW
@given(st.sampled_from(PIECES), st.data())
def test_an_export_with_any_bytes_changed(site: Site, content: bytes, data: st.DataObject) -> None:
    site.load(damaged(content, random.Random(data.draw(st.integers(0, 10**9)))))  # noqa: S311


@pytest.mark.property
@A_FEW
@given(st.lists(st.tuples(readable, readable, texts, texts), min_size=1, max_size=4), st.booleans())
def test_no_readable_row_is_lost_from_a_summary(
    site: Site, rows: list[tuple[str, str, str, str]], wide: bool
) -> None:
    head = [
        "origin_timestamp_utc",
        "sender_address",
        "recipient_status",
        "message_subject",
        "total_bytes",
        "network_message_id",
    ]
    when, sender = "2026-11-20T10:00:00Z", "hr@contoso.com"
    content = table(
        head,
        *(
            [when, sender, f"{to}@x.com##Receive, Deliver;{to}b@x.com##", subject, size, trace]
            for trace, to, subject, size in rows
        ),
    )
    result = site.load(content.encode("utf-16-le" if wide else "utf-8"))
    assert isinstance(result, ImportResult)
    assert result.rows_read == 2 * len(rows)
    assert {(trace, f"{to}@x.com") for trace, to, _, _ in rows} <= site.stored()


@pytest.mark.property
@A_FEW
@given(st.lists(st.tuples(readable, readable, texts), min_size=1, max_size=4))
def test_no_readable_row_is_lost_from_events(site: Site, rows: list[tuple[str, str, str]]) -> None:
    events = [
        event(name, f"{to}@y.com", network_message_id=trace, message_subject=subject)
        for trace, to, subject in rows
        for name in ("RECEIVE", "DELIVER")
    ]
    result = site.load(table(EXTENDED, *events).encode())
    assert isinstance(result, ImportResult)
    pairs = {(trace, f"{to}@y.com") for trace, to, _ in rows}
    assert result.rows_read == len(pairs)
    assert pairs <= site.stored()


@pytest.mark.property
@A_FEW
@given(st.lists(st.tuples(readable, readable, texts), min_size=1, max_size=4), st.booleans())
def test_no_readable_row_is_lost_from_json(
    site: Site, rows: list[tuple[str, str, str]], as_lines: bool
) -> None:
    records = [
        {"id": trace, "senderAddress": "hr@contoso.com", "recipientAddress": f"{to}@z.com",
         "receivedDateTime": "2026-11-20T10:00:00Z", "subject": subject, "status": subject}
        for trace, to, subject in rows
    ]  # fmt: skip
    text = "\n".join(map(json.dumps, records)) if as_lines else json.dumps({"value": records})
    result = site.load(text.encode())
    assert isinstance(result, ImportResult)
    assert (result.rows_read, result.rows_rejected) == (len(rows), 0)
    assert {(trace, f"{to}@z.com") for trace, to, _ in rows} <= site.stored()


def test_an_archive_with_good_and_bad_members(site: Site) -> None:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr("good.csv", EXPORTS["enhanced summary"])
        archive.writestr("README.txt", "prose without a table\n")
        archive.writestr("noise", bytes(range(256)))
    result = site.load(sink.getvalue(), "mixed.zip")
    assert isinstance(result, ImportResult)
    assert (result.rows_read, result.rows_rejected) == (4, 2)


def damaged(content: bytes, chance: random.Random) -> bytes:
    """A few bytes changed, cut out or doubled, now and then packed or cut short."""
    data = bytearray(content)
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(data) or 1)
        size = chance.choice((1, 1, 2, 7, 40))
        change = chance.randrange(4)
        if change == 0:
            data[at : at + size] = chance.randbytes(size)
        elif change == 1:
            del data[at : at + size]
        elif change == 2:
            data[at:at] = data[at : at + size] * chance.choice((1, 3, 500))
        else:
            data[at : at + 1] = chance.choice(
                (b'"', b",", b"\n", b"\0", b"{", b"}", b"[", b";", b"\xff")
            )
    packed = bytes(data)
    if chance.random() < 0.2:
        packed = gzip.compress(packed)
        packed = packed[: chance.randint(1, len(packed))]
    return packed


@pytest.mark.slow
def test_a_thousand_damaged_exports(site: Site) -> None:
    seed = random.randrange(10**9)  # noqa: S311
    chance = random.Random(seed)  # noqa: S311
    for first in range(0, 1000, TOGETHER):
        contents = [damaged(chance.choice(PIECES), chance) for _ in range(TOGETHER)]
        try:
            site.load_all(contents)
        except BaseException as error:
            error.add_note(f"seed {seed}, {TOGETHER} contents from {first} on")
            raise
