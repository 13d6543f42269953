"""Any content gives rows, rejected rows or one clear line; no readable row is lost."""

from __future__ import annotations

import gzip
import io
import json
import os
import random
import zipfile
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
from warehouse.store import open_store
from warehouse.tables import MESSAGE_TRACES

FILES = Tenant(name="local", accounts="files")
PIECES = [content.encode(code) for content in EXPORTS.values() for code in ("utf-8", "utf-16-le")]
A_FEW = settings(
    deadline=None, database=None, max_examples=4 * int(os.environ.get("EXAMPLES", "1")),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
readable = st.text(alphabet="abc", min_size=1, max_size=4)


class Site:
    """A store that is imported into again and again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def load(self, content: bytes, name: str = "any.bin") -> ImportResult | str:
        """Counts that add up, or the one line that says what is wrong."""
        file = self.folder / name
        file.write_bytes(content)
        with open_store(self.folder / "store", "500MB", 1) as store:
            importer = FileImport(store, FILES, NOW, {}, "auto", quiet)
            result, said = None, ""
            try:
                result = importer.read(file)
            except ConfigError as error:
                said = str(error)
        if result is None:
            assert str(file) in said
            assert len(said.splitlines()) == 1
            return said
        counts = {key: value for key, value in vars(result).items() if key.startswith("rows_")}
        assert counts.pop("rows_read") == sum(counts.values())
        return result

    def stored(self) -> set[tuple[str, str]]:
        with open_store(self.folder / "store") as store:
            rows = stored_rows(store, MESSAGE_TRACES, "local")
        return {(row["trace_id"], row["recipient"]) for row in rows}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site(tmp_path_factory.mktemp("any"))


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
    for tries in range(1000):
        content = damaged(chance.choice(PIECES), chance)
        try:
            site.load(content, f"damaged-{tries % 7}.bin")
        except Exception as error:
            error.add_note(f"seed {seed}, try {tries}: {content[:2000]!r}")
            raise
