"""Imported files: every row is new, changed, unchanged, rejected or skipped; none is lost."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hve_monitor.config import Tenant
from hve_monitor.errors import ConfigError
from ingest.files import imported
from ingest.files.formats import records
from ingest.files.imported import FileImport, ImportResult, totals
from ingest.files.paths import expand
from tests.unit.ingest.conftest import NOW, quiet
from warehouse.records.accounts import Account, record_accounts
from warehouse.records.message_traces import land
from warehouse.records.stored import stored_rows
from warehouse.store import Store, open_store
from warehouse.tables import MESSAGE_TRACES, REJECTED_ROWS, Table

LOCAL = Tenant(name="local", accounts="files")
LISTED = Tenant(name="local", tenant_id="t", managed_identity=True, accounts=("HR@contoso.com",))
HEADER = "id,sender,recipient,received_at"
GOOD = "t1,HR@Contoso.com,reader@fabrikam.com,2026-11-24T07:00:00Z"
ROW = {
    "id": "t1",
    "sender": "hr@contoso.com",
    "recipient": "reader@fabrikam.com",
    "received_at": "2026-11-24T07:00:00Z",
}
COUNTS = ("read", "new", "changed", "unchanged", "rejected", "skipped")


class Site:
    """A folder with files and the store that they are imported into."""

    def __init__(self, folder: Path, store: Store) -> None:
        self.folder, self.store, self.tenant = folder, store, LOCAL

    def write(self, name: str, content: str | bytes) -> Path:
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return file

    def read(self, file: Path, kind: str = "auto", **columns: str) -> ImportResult:
        return FileImport(self.store, self.tenant, NOW, columns, kind, quiet).read(file)

    def load(self, name: str, content: str | bytes, **columns: str) -> dict[str, int]:
        return counts(self.read(self.write(name, content), **columns))

    def rows(self, table: Table = MESSAGE_TRACES) -> list[dict[str, Any]]:
        return sorted(stored_rows(self.store, table, "local"), key=str)

    def values(self, column: str) -> dict[str, object]:
        return {row["trace_id"]: row[column] for row in self.rows()}

    def rejected(self) -> dict[int, str]:
        return {row["line"]: row["reason"] for row in self.rows(REJECTED_ROWS)}


@pytest.fixture
def site(tmp_path: Path, store: Store) -> Site:
    return Site(tmp_path, store)


def counts(result: ImportResult) -> dict[str, int]:
    """The counts that are not 0."""
    found = {name: getattr(result, f"rows_{name}") for name in COUNTS}
    assert found["read"] == sum(found.values()) - found["read"]
    return {name: count for name, count in found.items() if count}


def lines(*rows: str) -> str:
    return "\n".join([HEADER, *rows, ""])


def json_lines(*rows: dict[str, object]) -> str:
    return "".join(json.dumps(ROW | row) + "\n" for row in rows)


# -- formats --------------------------------------------------------------------------------------


def parquet(rows: dict[str, list[object]]) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(rows), sink)
    return sink.getvalue().to_pybytes()


FORMATS: dict[str, str | bytes] = {
    "a.csv": lines(GOOD),
    "b.CSV": lines(GOOD).replace("\n", "\r\n"),
    "c.csv": b"\xef\xbb\xbf" + lines(GOOD).encode(),
    "d.csv": lines(GOOD).rstrip("\n"),
    "e.tsv": lines(GOOD).replace(",", "\t"),
    "f.jsonl": json_lines({}),
    "g.json": json.dumps([ROW]),
    "h.parquet": parquet({name: [value] for name, value in ROW.items()}),
    "i.parquet": parquet(
        {name: [value] for name, value in ROW.items()}
        | {"received_at": [datetime(2026, 11, 24, 7, tzinfo=UTC)]}
    ),
    "it's [1] of 2*.csv": lines(GOOD),
}


def test_every_format_says_the_same(site: Site) -> None:
    found = [site.load(name, content) for name, content in FORMATS.items()]
    assert found == [{"read": 1, "new": 1}, *[{"read": 1, "unchanged": 1}] * 9]
    (row,) = site.rows()
    assert (row["trace_id"], row["sender"], row["recipient"], row["received_at"]) == (
        "t1",
        "hr@contoso.com",
        "reader@fabrikam.com",
        datetime(2026, 11, 24, 7, tzinfo=UTC),
    )
    assert row["source"] == "file:a.csv"


def test_a_format_that_is_named_beats_the_ending(site: Site) -> None:
    file = site.write("export.txt", lines(GOOD).replace(",", "\t"))
    assert counts(site.read(file, "tsv")) == {"read": 1, "new": 1}


def test_an_unknown_kind_of_file_is_told(site: Site) -> None:
    with pytest.raises(ConfigError, match=r"a\.pdf: is a PDF; export the report as CSV"):
        site.load("a.pdf", b"%PDF-1.7")
    with pytest.raises(ConfigError, match="--format xml: use one of auto, csv"):
        site.read(site.folder / "a.pdf", "xml")
    with pytest.raises(ConfigError, match="no such file"):
        site.read(site.folder / "gone.csv")


def test_the_days_from_the_first_to_the_last_row_of_a_file_are_kept(site: Site) -> None:
    site.load("a.csv", lines(GOOD, GOOD.replace("t1", "t2").replace("11-24", "11-20")))
    site.load("b.csv", lines(GOOD))
    assert site.store.state.file_spans("local") == [
        (date(2026, 11, 20), date(2026, 11, 24)),
        (date(2026, 11, 24), date(2026, 11, 24)),
    ]


# -- counts ---------------------------------------------------------------------------------------


def test_a_second_import_changes_nothing(site: Site) -> None:
    content = lines(GOOD, GOOD.replace("t1", "t2"))
    assert site.load("a.csv", content) == {"read": 2, "new": 2}
    before = site.rows()
    assert site.load("a.csv", content) == {"read": 2, "unchanged": 2}
    assert site.rows() == before


def test_a_later_export_with_more_is_a_change(site: Site) -> None:
    site.load("a.csv", lines(GOOD))
    more = f"{HEADER},status\n{GOOD},delivered\n{GOOD.replace('t1', 't2')},failed\n"
    assert site.load("b.csv", more) == {"read": 2, "new": 1, "changed": 1}
    found = {(row["trace_id"], row["status"]) for row in site.rows()}
    assert found == {("t1", None), ("t1", "Delivered"), ("t2", "Failed")}


def test_a_file_with_a_header_alone_is_nothing(site: Site) -> None:
    assert site.load("a.csv", HEADER + "\n") == {}


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.parquet"])
def test_an_empty_file_is_told(site: Site, name: str) -> None:
    with pytest.raises(ConfigError, match=rf"a\.{name[2:]}: "):
        site.load(name, "")


def test_every_bad_cell_is_rejected_with_its_line_and_reason(site: Site) -> None:
    content = (
        f"{HEADER},size\n,a@contoso.com,b@fabrikam.com,2026-11-24,1\n"
        "t2,,b@fabrikam.com,2026-11-24,1\nt3,a@contoso.com,  ,2026-11-24,1\n"
        "t4,a@contoso.com,b@fabrikam.com,,1\nt5,a@contoso.com,b@fabrikam.com,yesterday,1\n"
        "t6,a@contoso.com,b@fabrikam.com,2026-11-24,big\nt7,a@contoso.com,b@fabrikam.com,2026-11-24,\n"
    )
    assert site.load("a.csv", content) == {"read": 7, "new": 2, "rejected": 5}
    assert site.rejected() == {
        2: "id is empty",
        3: "sender is empty",
        4: "recipient is empty",
        5: "received_at is empty",
        6: "received_at is no time: aaaaaaaaa",
    }


def test_lines_that_are_no_row_are_rejected_with_their_line(site: Site) -> None:
    content = lines(GOOD, "t2,short", GOOD.replace("t1", "t3"), GOOD + ",long")
    assert site.load("a.csv", content) == {"read": 4, "new": 2, "rejected": 2}
    assert site.rejected() == {
        3: "has 2 cells where the header has 4",
        5: "has 5 cells where the header has 4",
    }


def test_a_line_that_is_no_utf8_is_read_as_windows_text(site: Site) -> None:
    content = f"{HEADER},subject\n{GOOD},Gr\xfc\xdfe\n{GOOD.replace('t1', 't2')},Hi\n"
    assert site.load("a.csv", content.encode("cp1252")) == {"read": 2, "new": 2}
    assert site.values("subject") == {"t1": "Gr\xfc\xdfe", "t2": "Hi"}


def test_quoted_commas_quotes_and_line_ends_are_text(site: Site) -> None:
    subject = 'one, "two"\nthree'
    quoted = '"' + subject.replace('"', '""') + '"'
    assert site.load("a.csv", f"{HEADER},subject\n{GOOD},{quoted}\n") == {"read": 1, "new": 1}
    assert site.values("subject") == {"t1": subject}


def test_empty_cells_of_optional_columns_are_null(site: Site) -> None:
    site.load("a.csv", f"{HEADER},subject,size,from_ip\n{GOOD},, ,\n")
    (row,) = site.rows()
    assert (row["subject"], row["size_bytes"], row["from_ip"]) == (None, None, None)


TIMES = {
    "2026-11-24": datetime(2026, 11, 24, tzinfo=UTC),
    "2026-11-24 08:00:00": datetime(2026, 11, 24, 8, tzinfo=UTC),
    "2026-11-24T10:00:00+02:00": datetime(2026, 11, 24, 8, tzinfo=UTC),
    "2026-11-24T23:59:59.9999999Z": datetime(2026, 11, 24, 23, 59, 59, 999999, tzinfo=UTC),
}


def test_times_mean_the_same_in_csv_and_json(site: Site) -> None:
    site.load("a.csv", lines(*(f"{text},a@contoso.com,b@fabrikam.com,{text}" for text in TIMES)))
    assert site.values("received_at") == TIMES
    again = site.load("a.jsonl", json_lines(*({"id": text, "received_at": text} for text in TIMES)))
    assert again["read"] == 4
    assert site.values("received_at") == TIMES


# -- columns --------------------------------------------------------------------------------------


def test_a_map_names_the_columns_of_the_file(site: Site) -> None:
    content = 'Message "Trace" ID;x,From,To,When\nt1,a@contoso.com,b@fabrikam.com,2026-11-24\n'
    columns = {
        "id": 'Message "Trace" ID;x',
        "sender": "From",
        "recipient": "To",
        "received_at": "When",
    }
    assert site.load("a.csv", content, **columns) == {"read": 1, "new": 1}


def test_a_required_column_that_is_missing_names_those_there_are(site: Site) -> None:
    with pytest.raises(ConfigError, match=r"which column is 'sender'\? add --map sender=COLUMN"):
        site.load("a.csv", "id,From,recipient,received_at\n1,a,b,2026-11-24\n")
    with pytest.raises(ConfigError, match="columns: id, sender"):
        site.load("b.csv", "id;sender\n1;a@contoso.com\n")
    assert site.rows() == []


# -- accounts -------------------------------------------------------------------------------------

OTHERS = lines(
    GOOD,
    "t2,ceo@contoso.com,reader@fabrikam.com,2026-11-24T07:00:00Z",
    "t3,people@contoso.com,reader@fabrikam.com,2026-11-24T07:00:00Z",
)


def stored_bytes(store: Store) -> bytes:
    return b"".join(file.read_bytes() for file in store.root.rglob("*") if file.is_file())


def test_senders_that_are_no_account_are_skipped_and_never_stored(site: Site) -> None:
    site.tenant = LISTED
    assert site.load("a.csv", OTHERS) == {"read": 3, "new": 1, "skipped": 2}
    assert list(site.values("sender").values()) == ["hr@contoso.com"]
    assert b"ceo@" not in stored_bytes(site.store)
    assert b"hr@contoso.com" in stored_bytes(site.store)


def test_every_address_of_a_known_account_is_kept(site: Site) -> None:
    account = Account("hr@contoso.com", ("hr@contoso.com", "people@contoso.com"))
    record_accounts(site.store, "local", [account], NOW, "exchange")
    site.tenant = Tenant(name="local", tenant_id="t", managed_identity=True)
    assert site.load("a.csv", OTHERS) == {"read": 3, "new": 2, "skipped": 1}


def test_before_any_account_is_known_every_row_is_skipped(site: Site) -> None:
    site.tenant = Tenant(name="local", tenant_id="t", managed_identity=True)
    assert site.load("a.csv", OTHERS) == {"read": 3, "skipped": 3}


# -- several files --------------------------------------------------------------------------------


def test_a_folder_stands_for_the_files_below_it(site: Site) -> None:
    for name in ("in/b.csv", "in/sub/a.csv", "in/.hidden"):
        site.write(name, "")
    found = expand([site.folder / "in", site.write("c.csv", "")])
    assert [str(file.relative_to(site.folder)) for file in found] == [
        str(Path("in/b.csv")),
        str(Path("in/sub/a.csv")),
        "c.csv",
    ]


def test_a_folder_without_files_and_a_missing_path_are_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="the folder holds no file"):
        expand([tmp_path])
    with pytest.raises(ConfigError, match=r"gone\.csv: no such file or folder"):
        expand([tmp_path / "gone.csv"])


def test_a_pattern_stands_for_what_it_matches(site: Site) -> None:
    for name in ("in/b.csv", "in/a.csv", "in/c.txt", "in/deep/d.csv"):
        site.write(name, "")
    found = expand([site.folder / "in" / "*.csv", site.folder / "in/a.csv"])
    assert [file.name for file in found] == ["a.csv", "b.csv"]
    assert [file.name for file in expand([site.folder / "**" / "d.csv"])] == ["d.csv"]
    with pytest.raises(ConfigError, match="no such file or folder"):
        expand([site.folder / "in" / "*.parquet"])


def test_the_rows_of_an_archive_are_those_of_its_members(site: Site) -> None:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr("a.csv", lines(GOOD, "t2,short"))
        archive.writestr("b.jsonl", json_lines({"id": "t3"}))
        archive.writestr("c.txt", "no table")
    assert site.load("a.zip", sink.getvalue()) == {"read": 4, "new": 2, "rejected": 2}
    found = {(Path(row["file"]).name, row["line"]) for row in site.rows(REJECTED_ROWS)}
    assert found == {("a.csv", 3), ("c.txt", None)}


def test_an_archive_of_which_nothing_can_be_read_is_refused(site: Site) -> None:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for day in (1, 2):
            row = GOOD.replace("2026-11-24T07:00:00Z", f"{day}/11/2026 10:00")
            archive.writestr(f"{day}.csv", lines(row))
    with pytest.raises(ConfigError, match=r"a\.zip/1\.csv: .*--dates day-first"):
        site.load("a.zip", sink.getvalue())
    assert site.rows() == site.rows(REJECTED_ROWS) == []


def test_reasons_are_told_with_their_first_line_and_rows(site: Site) -> None:
    bad = GOOD.replace("2026-11-24T07:00:00Z", "soon")
    file = site.write("a.csv", lines(GOOD, bad, bad, "short"))
    reasons = [(part.line, part.reason, part.rows) for part in site.read(file).rejections]
    assert sorted(reasons, key=str) == [
        (3, "received_at is no time: aaaa", 2),
        (5, "has 1 cells where the header has 4", 1),
    ]


def test_a_requested_order_of_days_holds_for_mapped_columns_too(site: Site) -> None:
    content = lines(GOOD.replace("2026-11-24T07:00:00Z", "5/11/2026 10:00"))
    file = site.write("a.csv", content.replace("received_at", "When"))
    columns = {"received_at": "When"}
    with pytest.raises(ConfigError, match="--dates day-first or --dates month-first"):
        site.read(file, **columns)
    importer = FileImport(site.store, LOCAL, NOW, columns, "auto", quiet, "day-first")
    assert importer.read(file).rows_new == 1
    (row,) = site.rows()
    assert row["received_at"] == datetime(2026, 11, 5, 10, tzinfo=UTC)


def test_optional_keys_of_own_names_may_come_late(site: Site) -> None:
    rows = [{"id": f"t{number}"} for number in range(120)]
    site.load("a.jsonl", json_lines(*rows, {"id": "last", "status": "delivered", "size": 7}))
    (row,) = [row for row in site.rows() if row["trace_id"] == "last"]
    assert (row["status"], row["size_bytes"]) == ("Delivered", 7)
    content = json_lines(*rows) + json.dumps(ROW | {"id": "last", "State": "failed"})
    assert site.load("b.jsonl", content, status="State") == {
        "read": 121,
        "changed": 1,
        "unchanged": 120,
    }


def test_totals_are_sums_over_the_files() -> None:
    found = totals([ImportResult("a", 5, 1, 1, 1, 1, 1), ImportResult("b", 2, 2)])
    assert found == {
        "rows_read": 7,
        "rows_new": 3,
        "rows_changed": 1,
        "rows_unchanged": 1,
        "rows_rejected": 1,
        "rows_skipped": 1,
    }


# -- any content ----------------------------------------------------------------------------------

# Line ends of Unicode have a test of their own, see test_delta.py.
cells = st.lists(
    st.text(
        st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"], include_characters="\0\t\r\n"),
        max_size=12,
    ),
    min_size=6,
    max_size=6,
)


@pytest.fixture(scope="module")
def fuzz(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str | bytes], None]:
    """Imports into one store again and again, as a user would."""
    folder = tmp_path_factory.mktemp("fuzz")

    def load(name: str, content: str | bytes) -> None:
        with open_store(folder / "store") as store:
            Site(folder, store).load(name, content)

    return load


NO_CHECK = [HealthCheck.function_scoped_fixture]


@settings(deadline=None, database=None, max_examples=6, suppress_health_check=NO_CHECK)
@given(st.lists(cells, max_size=5))
def test_any_cells_are_counted_once_and_never_crash(
    fuzz: Callable[[str, str | bytes], None], rows: list[list[str]]
) -> None:
    named = [
        dict(zip([*ROW, "subject", "status"], row, strict=True))
        | {"received_at": "2026-11-24T07:00:00Z"}
        for row in rows
    ]
    if named:
        fuzz("any.jsonl", "".join(json.dumps(row) + "\n" for row in named))


@settings(deadline=None, database=None, max_examples=6, suppress_health_check=NO_CHECK)
@given(st.lists(cells, max_size=5))
def test_any_quoted_csv_is_counted_once_and_never_crashes(
    fuzz: Callable[[str, str | bytes], None], tmp_path: Path, rows: list[list[str]]
) -> None:
    file = tmp_path / "any.csv"
    with file.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.writer(handle, quoting=csv.QUOTE_ALL)
        writer.writerow([*ROW, "subject", "status"])
        writer.writerows(rows)
    fuzz("any.csv", file.read_bytes())


# -- content that looks like something else -------------------------------------------------------


def test_times_outside_the_calendar_are_rejected(site: Site) -> None:
    texts = ("infinity", "294000-01-01", "0044-03-15 (BC)")
    bad = [f"t{n},a@contoso.com,b@fabrikam.com,{text}" for n, text in enumerate(texts, start=2)]
    assert site.load("a.csv", lines(GOOD, *bad)) == {"read": 4, "new": 1, "rejected": 3}


def test_a_first_quote_late_in_a_long_file_is_still_a_quote(site: Site) -> None:
    plain = "".join(f"t{n},a@contoso.com,b@fabrikam.com,2026-11-24,s\n" for n in range(21_000))
    late = 'q,a@contoso.com,b@fabrikam.com,2026-11-24,"a, b"\n'
    found = site.load("a.csv", f"{HEADER},subject\n{plain}{late}")
    assert found == {"read": 21_001, "new": 21_001}


def test_apostrophes_are_text(site: Site) -> None:
    site.load("a.csv", f"{HEADER},subject\n{GOOD},'one'\n{GOOD.replace('t1', 't2')},'two'\n")
    assert site.values("subject") == {"t1": "'one'", "t2": "'two'"}


def test_a_bad_json_line_is_named_by_its_own_number(site: Site) -> None:
    site.load("a.jsonl", json_lines({"received_at": "soon"}, {"id": "t2"}))
    assert list(site.rejected()) == [1]


def test_a_bad_row_below_a_malformed_line_is_named_by_its_own_number(site: Site) -> None:
    site.load("a.csv", lines(GOOD, "t2,short", "t3,a@contoso.com,b@fabrikam.com,soon"))
    assert sorted(site.rejected()) == [3, 4]


def test_texts_and_numbers_in_one_json_column_are_texts(site: Site) -> None:
    site.load("a.jsonl", json_lines({"id": "t1", "subject": 5}, {"id": "t2", "subject": "x"}))
    assert site.values("subject") == {"t1": "5", "t2": "x"}


def test_an_upper_case_id_is_the_same_in_csv_and_json(site: Site) -> None:
    upper = "4451A062-48CB-E80D-E8C0-196330437AE6"
    site.load("a.csv", lines(GOOD.replace("t1", upper)))
    assert site.load("a.jsonl", json_lines({"id": upper})) == {"read": 1, "unchanged": 1}


def test_a_malformed_json_line_is_rejected_alone(site: Site) -> None:
    content = json_lines({}) + "{oops\n" + json_lines({"id": "t2"})
    assert site.load("a.jsonl", content) == {"read": 3, "new": 2, "rejected": 1}


SIZES = {
    "2048": 2048, "2048.0": 2048, "2048.": 2048, "2,048": 2048, "1,234,567.00": 1234567, "0": 0,
    "-5": None, "1.5": None, "2.048": None, "big": None, "NaN": None, "1e999": None, "9" * 30: None,
    "12,34": None,
}  # fmt: skip


def test_a_size_that_cannot_be_read_is_unknown_and_costs_no_row(site: Site) -> None:
    ids = {text: f"size {text.replace(',', ';')}" for text in SIZES}
    rows = [f'{GOOD.replace("t1", ids[text])},"{text}"' for text in SIZES]
    content = f"{HEADER},size\n" + "\n".join(rows)
    assert site.load("a.csv", content) == {"read": len(SIZES), "new": len(SIZES)}
    assert site.values("size_bytes") == {ids[text]: size for text, size in SIZES.items()}


def test_sizes_of_json_and_parquet_are_read_as_those_of_csv(site: Site) -> None:
    site.load("a.jsonl", json_lines({"size": 2048.0}, {"id": "t2", "size": float("nan")}))
    columns = {name: [value] for name, value in (ROW | {"id": "t3"}).items()}
    site.load("a.parquet", parquet(columns | {"size": [Decimal("2048.00")]}))
    assert site.values("size_bytes") == {"t1": 2048, "t2": None, "t3": 2048}


WITHOUT_MAIL = {
    "0001-01-01T00:00:00Z": "0001-01-01 00:00:00: .NET writes year 1 where there is no date",
    "/Date(-62135596800000)/": "0001-01-01 00:00:00: .NET writes year 1 where there is no date",
    "1601-01-01 00:00": "1601-01-01 00:00:00: the zero of a clock stands where there is no date",
    "1448-06-11 10:00": "1448-06-11 10:00:00: 1448 is a Hijri year; export times as ISO 8601",
    "2569-11-20 13:00": "2569-11-20 13:00:00: 2569 is a Buddhist year; export times as ISO 8601",
    "2026-11-26 08:00:01": "2026-11-26 08:00:01, which is after now",
    "9999-12-31": "9999-12-31 00:00:00, a time without mail",
    "26-11-20": "0026-11-20 00:00:00: a year of two digits; export times as ISO 8601",
}


def test_times_without_mail_are_rejected_with_what_usually_writes_them(site: Site) -> None:
    rows = [f"{text},a@contoso.com,b@fabrikam.com,{text}" for text in WITHOUT_MAIL]
    last = "t,a@contoso.com,b@fabrikam.com,2026-11-26 08:00"
    count = len(WITHOUT_MAIL)
    assert site.load("a.csv", lines(*rows, last)) == {
        "read": count + 1,
        "new": 1,
        "rejected": count,
    }
    assert list(site.rejected().values()) == [
        f"received_at is {text}" for text in WITHOUT_MAIL.values()
    ]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("46346.4166", "99999.9999 (days of a spreadsheet?"),
        ("1795168800", "9999999999 (seconds since 1970,"),
        ("1795168800000", "9999999999999 (seconds since 1970,"),
    ],
)
def test_a_number_is_no_time_and_told_as_what_it_may_be(site: Site, text: str, hint: str) -> None:
    site.load("a.csv", lines(f"t1,a@contoso.com,b@fabrikam.com,{text}"))
    assert site.rejected()[2].startswith(f"received_at is no time: {hint}")


def test_infinity_is_no_time(site: Site) -> None:
    site.load("a.csv", lines("t1,a@contoso.com,b@fabrikam.com,infinity"))
    assert site.rejected() == {2: "received_at is no time"}


def test_white_space_around_an_address_is_no_part_of_it(site: Site) -> None:
    site.load("a.csv", lines("t1,a@contoso.com\t,\u00a0b@fabrikam.com,2026-11-24"))
    (row,) = site.rows()
    assert (row["sender"], row["recipient"]) == ("a@contoso.com", "b@fabrikam.com")


def test_bad_lines_are_stored_once_however_often_the_file_is_imported(site: Site) -> None:
    for _ in range(2):
        site.load("a.csv", lines("t1,a@contoso.com,b@fabrikam.com,soon"))
    assert len(site.rows(REJECTED_ROWS)) == 1


def test_ids_that_a_tool_wrote_as_null_are_none(site: Site) -> None:
    rows = [GOOD.replace("t1", word) for word in ("NULL", "None", "nan", "-", "N/A")]
    assert site.load("f.csv", "\n".join([HEADER, *rows]))["rejected"] == 5
    head = f"{HEADER},message_id\n"
    rows = [f"{GOOD.replace('t1', 'NULL')},<m{number}@contoso.com>" for number in (1, 2)]
    assert site.load("g.csv", head + "\n".join(rows))["new"] == 2
    bare = "\n".join(rows).replace("<", "").replace(">", "")
    assert "new" not in site.load("h.csv", head + bare)


def test_mail_without_a_sender_is_nobodys(site: Site) -> None:
    text = f"{HEADER}\n{GOOD}\n{GOOD.replace('HR@Contoso.com', '<>')}\n"
    assert site.load("f.csv", text) == {
        **counts(ImportResult("")),
        "read": 2,
        "new": 1,
        "skipped": 1,
    }
    site.load("g.csv", f"{HEADER}\n{GOOD.replace('HR@Contoso.com', 'NULL')}\n")
    assert {row["sender"] for row in site.rows()} == {"hr@contoso.com"}


def test_status_words_that_nobody_knows_are_told(site: Site) -> None:
    words = ("Teleported", "Teleported", "Zugestellt", "Unknown", "NULL", "Re: my payslip")
    rows = [f"{GOOD.replace('t1', f't{at}')},{word}" for at, word in enumerate(words)]
    result = site.read(site.write("f.csv", "\n".join([f"{HEADER},status", *rows])))
    assert result.unknown_statuses == {"Teleported": 2, "aa: aa aaaaaaa": 1}


def test_parquet_with_binary_ids_and_lists_of_recipients(site: Site) -> None:
    guid = UUID("3b4fc661-180d-4c2f-60c9-08da6e38dd10")
    columns = {
        "id": pa.array([guid.bytes], pa.binary(16)),
        "sender": pa.array(["HR <hr@contoso.com>"]),
        "recipient": pa.array([["ana@fabrikam.com", "bo@fabrikam.com"]]),
        "received_at": pa.array([datetime(2026, 11, 24, 7, tzinfo=UTC)]),
    }
    file = site.folder / "f.parquet"
    pq.write_table(pa.table(columns), file)
    assert counts(site.read(file)) == {"read": 2, "new": 2}
    upper = lines(
        *(GOOD.replace("t1", str(guid).upper()).replace("reader", n) for n in ("ana", "bo"))
    )
    assert site.load("g.csv", upper) == {"read": 2, "unchanged": 2}


EVENTS = (
    "TimeGenerated,eventId,recipientAddress,senderAddress,networkMessageId,relatedRecipientAddress\n"
    "2026-11-24T07:00:00Z,RECEIVE,ana@fabrikam.com;bo@fabrikam.com,hr@contoso.com,t1,\n"
    "2026-11-24T07:00:01Z,DELIVER,ana@fabrikam.com,hr@contoso.com,t1,\n"
    "2026-11-24T07:00:01Z,MODERATORREJECT,bo@fabrikam.com,hr@contoso.com,t1,\n"
)


@pytest.mark.parametrize(
    ("kind", "columns"),
    [
        ("extended", {"received_at": "TimeGenerated"}),
        ("auto", {"received_at": "timegenerated", "event": "eventId"}),
    ],
)
def test_a_map_and_a_format_go_together(site: Site, kind: str, columns: dict[str, str]) -> None:
    result = site.read(site.write("f.csv", EVENTS), kind, **columns)
    assert counts(result) == {"read": 2, "new": 2}
    assert {(row["recipient"], row["status"]) for row in site.rows()} == {
        ("ana@fabrikam.com", "Delivered"),
        ("bo@fabrikam.com", "Failed"),
    }


def test_a_map_of_a_format_names_columns_that_are_there(site: Site) -> None:
    with pytest.raises(ConfigError, match="no column 'When'; it has: TimeGenerated"):
        site.read(site.write("f.csv", EVENTS), "extended", received_at="When")
    with pytest.raises(ConfigError, match="is no extended export, it has no column datetimeutc"):
        site.read(site.write("g.csv", EVENTS), "extended")


def test_a_mapped_table_of_events_names_every_recipient(site: Site) -> None:
    names = {"id": "networkMessageId", "sender": "senderAddress", "recipient": "recipientAddress"}
    file = site.write("f.csv", EVENTS)
    site.read(file, received_at="TimeGenerated", status="eventId", **names)
    assert {(row["recipient"], row["status"]) for row in site.rows()} == {
        ("ana@fabrikam.com", "Delivered"),
        ("bo@fabrikam.com", "Failed"),
    }


# -- many and endless -----------------------------------------------------------------------------


def archive(*contents: str) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as packed:
        for number, content in enumerate(contents):
            packed.writestr(f"{number}.csv", content)
    return sink.getvalue()


def one(number: int, day: int = 24, word: str = "") -> str:
    return f"t{number},hr@contoso.com,reader@fabrikam.com,2026-11-{day:02}T07:00:00Z{word}"


@pytest.fixture
def landings(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many rows each landing brought."""
    rows: list[int] = []

    def counted(store: Store, tenant: str, table: pa.Table, *others: Any) -> Any:
        rows.append(table.num_rows)
        return land(store, tenant, table, *others)

    monkeypatch.setattr(imported, "land", counted)
    return rows


def test_small_members_are_landed_together(site: Site, landings: list[int]) -> None:
    members = [lines(one(number), "bad") for number in range(30)]
    counts = site.load("many.zip", archive(*members, "", "no export"))
    assert counts == {"read": 62, "new": 30, "rejected": 32}
    assert landings == [30]
    reasons = site.rows(REJECTED_ROWS)
    assert len({row["file"] for row in reasons}) == 32
    assert len({row["batch"] for row in reasons}) == 2
    assert site.store.state.file_spans("local") == [(date(2026, 11, 24), date(2026, 11, 24))]


def test_the_last_member_holds_however_they_are_landed(
    site: Site, landings: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = [
        HEADER + ",subject\n" + one(1, day, f",{word}\n") for day, word in ((23, "a"), (24, "b"))
    ]
    together = site.load("a.zip", archive(*words))
    assert together == {"read": 2, "new": 1, "unchanged": 1}
    assert site.values("subject") == {"t1": "b"}
    monkeypatch.setattr(imported, "ROWS_AT_ONCE", 2)
    many = [lines(one(2), one(3), one(4)), lines(one(4, 23)), lines(one(5))]
    assert site.load("b.zip", archive(*many)) == {"read": 5, "new": 4, "unchanged": 1}
    assert landings == [2, 3, 2]


def test_rejections_are_cut_off_with_a_count(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imported, "MOST_REJECTED", 5)
    assert site.load("a.csv", lines(one(1), *["bad"] * 40)) == {
        "read": 41, "new": 1, "rejected": 40,
    }  # fmt: skip
    kept = site.rows(REJECTED_ROWS)
    assert [row["line"] for row in kept if row["line"]] == [3, 4, 5, 6, 7]
    assert [row["reason"] for row in kept if not row["line"]] == [
        "more than 5 rows were rejected; the others are only counted"
    ]


def test_bad_lines_without_end_are_not_read_to_it(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imported, "MOST_BAD_ROWS", 100)
    monkeypatch.setattr(records, "MOST_AT_ONCE", 50)
    with pytest.raises(ConfigError, match="100 of the first 100 rows cannot be read; the rest"):
        site.load("a.csv", lines(*["bad"] * 5000))
    assert len(site.rows(REJECTED_ROWS)) == 100
    mixed = site.load("b.csv", lines(*map(one, range(20)), *["bad"] * 200))
    assert mixed == {"read": 220, "new": 20, "rejected": 200}, "some rows are worth the reading"
