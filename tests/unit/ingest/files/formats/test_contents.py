"""What a member holds: keys that come late, messages of PowerShell, files without a header."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest

from ingest.files.formats import contents
from ingest.files.formats.containers import UnreadableError, members
from ingest.files.formats.contents import Contents, Table
from ingest.files.formats.encoding import NOTE_REASON
from ingest.files.formats.layouts import recognise
from tests.unit.ingest.files.formats.conftest import Read, statuses
from tests.unit.ingest.files.formats.exports import COLUMNS, GRAPH, OBJECT, table

WARNING = "WARNING: There are more results, use the following command to get more.\nGet-Message x\n"


def bare(number: int, *left_out: str, **more: object) -> dict[str, object]:
    row = OBJECT | {"MessageTraceId": f"t{number}", "RecipientAddress": f"r{number}@x.com"}
    return {name: value for name, value in row.items() if name not in left_out} | more


@pytest.mark.parametrize("count", [100, 150, 50_100])
def test_keys_that_come_late_are_read(read: Read, count: int) -> None:
    if count > 1000:
        rows = [json.dumps(bare(0, "Status"))] * count
    else:
        rows = [json.dumps(bare(number, "Status", "Size")) for number in range(count)]
    good, bad = read("\n".join([*rows, json.dumps(bare(count))]))
    assert (len(good), bad) == (count + 1, [])
    assert good[0]["status"] is None
    assert (good[-1]["status"], good[-1]["size_bytes"]) == ("Delivered", 2048)


def test_keys_without_which_nothing_is_recognised_may_come_late(
    read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contents, "FIRST_RECORDS", 2)
    rows = [bare(number, "RecipientAddress", "Received") for number in range(4)]
    good, bad = read("\n".join(map(json.dumps, [*rows, bare(5)])))
    assert [row["trace_id"] for row in good] == ["t5"]
    assert len(bad) == 4


def test_a_table_is_read_as_often_as_needed(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text(table(COLUMNS, [OBJECT[name] for name in COLUMNS]))
    (member,) = members(file)
    content = Contents("auto", lambda columns, _: recognise(columns), {}).of(member)
    assert isinstance(content, Table)
    for _ in range(2):
        (block,) = content.read(["received"])
        assert block.rows.column_names == ["received", "line"]
        assert block.rows["received"].to_pylist() == [OBJECT["Received"]]


def parquet(rows: int, **columns: pa.Array) -> bytes:
    """Rows of GRAPH's columns that are all alike, each text once."""
    alike = {
        name: pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), [str(value)])
        for name, value in OBJECT.items()
    }
    sink = io.BytesIO()
    pa.parquet.write_table(pa.table(alike | columns), sink, row_group_size=rows)
    return sink.getvalue()


def test_a_row_group_that_unpacks_without_end_is_refused(read: Read) -> None:
    subjects = pa.DictionaryArray.from_arrays(pa.array([0] * 1_000_000, pa.int32()), ["A" * 8000])
    bomb = parquet(1_000_000, Subject=subjects)
    assert len(bomb) < 50_000
    before = pa.total_allocated_bytes()
    with pytest.raises(UnreadableError, match=r"row group holds 1,\d\d\d MiB when unpacked"):
        read(bomb, "a.parquet")
    assert pa.total_allocated_bytes() - before < 100 << 20


def test_lists_that_unpack_without_end_are_refused(read: Read) -> None:
    names = pa.ListArray.from_arrays(
        pa.array(range(0, 200_001, 200), pa.int32()),
        pa.DictionaryArray.from_arrays(pa.array([0] * 200_000, pa.int32()), ["A" * 8000]),
    )
    with pytest.raises(UnreadableError, match="when unpacked"):
        read(parquet(1000, RecipientAddress=names), "a.parquet")


def test_long_rows_of_parquet_are_read_in_parts(
    read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = pa.array([f"t{number}" for number in range(50)])
    subjects = pa.array([None, "é" * 5000, *map(str, range(48))])
    lists = pa.array([["a@x.com", "b@x.com"]] * 50)
    content = parquet(50, MessageTraceId=ids, Subject=subjects, RecipientAddress=lists)
    whole = read(content, "a.parquet")
    assert len(whole[0]) == 100
    monkeypatch.setattr(contents, "UNPACKED_AT_ONCE", 1000)
    assert read(content, "a.parquet") == whole


@pytest.mark.parametrize("start", [WARNING, "AVERTISSEMENT : il y en a plus.\n"])
@pytest.mark.parametrize("pretty", [None, 2])
def test_a_warning_above_json_is_told_and_costs_no_row(
    read: Read, start: str, pretty: int | None
) -> None:
    for document in ([OBJECT, OBJECT | {"MessageTraceId": "t2"}], GRAPH):
        good, bad = read(start + json.dumps(document, indent=pretty))
        assert len(statuses((good, bad))) >= 1
        assert bad == [(1, NOTE_REASON)]


def test_a_warning_above_a_header_is_told(read: Read) -> None:
    content = "WARNING: There are more results.\n" + table(
        COLUMNS, [OBJECT[name] for name in COLUMNS]
    )
    good, bad = read(content)
    assert (len(good), bad) == (1, [(1, NOTE_REASON)])


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("WARNING: There are more results.\n", "holds messages of PowerShell alone, it has no"),
        ("Subject  : Secret\nStatus   : Delivered\n", "as Format-List writes them; use Export-Csv"),
    ],
)
def test_what_powershell_prints_for_people_is_refused(
    read: Read, content: str, reason: str
) -> None:
    with pytest.raises(UnreadableError, match=reason) as refusal:
        read(content)
    assert "Secret" not in str(refusal.value)


def test_a_column_whose_name_has_a_colon_is_no_warning(read: Read) -> None:
    content = table(["Note: x", *COLUMNS], ["", *(OBJECT[name] for name in COLUMNS)])
    assert len(read(content)[0]) == 1


@pytest.mark.parametrize(
    "row",
    [
        "t1,hr@contoso.com,a@x.com,Secret subject",
        "2026-11-20T10:00:00Z,NOTIFYMAPI,,Secret subject",
        "4451a062-48cb-e80d-e8c0-196330437ae6,Secret subject",
        "DELIVER,Secret subject which is a whole sentence and so no name of a column at all",
    ],
)
def test_a_file_without_a_header_shows_nothing_of_its_rows(read: Read, row: str) -> None:
    with pytest.raises(UnreadableError, match="its first line looks like a row") as refusal:
        read(f"{row}\n{row}\n")
    assert "Secret" not in str(refusal.value)
