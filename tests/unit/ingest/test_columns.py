"""Columns in the forms of the store, and columns that are in them already left as they are."""

from __future__ import annotations

import pyarrow as pa
import pytest

from ingest import columns
from tests.unit.growth import TOO_MUCH, growth

GUID = "3b4fc661-180d-4c2f-60c9-08da6e38dd10"
SPELLINGS = (
    GUID.upper(),
    f"{{{GUID}}}",
    f"({GUID})",
    f'"{GUID.upper()}"',
    GUID.replace("-", ""),
    f"urn:uuid:{GUID}",
    f" {GUID} ",
    "0x61C64F3B0D182F4C60C908DA6E38DD10",
)
NONE = ("", "NULL", "null", "None", "nan", "N/A", "-", "System.Byte[]",
        "00000000-0000-0000-0000-000000000000")  # fmt: skip


def ids(values: list[str | None], message_ids: list[str | None] | None = None) -> list[str | None]:
    names = message_ids or [None] * len(values)
    found = columns.trace_ids(pa.array(values, pa.string()), pa.array(names, pa.string()))
    listed: list[str | None] = found.to_pylist()
    return listed


@pytest.mark.parametrize("text", SPELLINGS)
def test_a_guid_in_every_spelling_is_one_id(text: str) -> None:
    assert ids([text]) == ids([GUID, text])[1:] == [GUID]


@pytest.mark.parametrize("text", NONE)
def test_without_an_id_the_message_id_stands_in(text: str) -> None:
    assert ids([text, GUID], ["<m1@contoso.com>", "<m2@contoso.com>"]) == ["<m1@contoso.com>", GUID]
    assert ids([text], ["m1@contoso.com"]) == ["<m1@contoso.com>"]
    assert ids([text], [text]) == [None]


def test_other_ids_stay_as_they_are() -> None:
    other = ["t1", "T1", "<M1@contoso.com>", "3b4fc661-180d-4c2f-60c9-08da6e38dd1", "abc" * 12]
    assert ids([*other]) == other


def test_a_message_id_of_the_length_of_a_guid_gets_its_brackets() -> None:
    assert ids(["a" * 24 + "@contoso.com"]) == ["<" + "a" * 24 + "@contoso.com>"]


def test_columns_in_their_form_are_not_touched() -> None:
    usual = pa.array(["ana@contoso.com", "o'brien+x@contoso.com;bo@contoso.com", "", None])
    cells = pa.array(["ana@contoso.com##Receive, Deliver; bo@contoso.com##Receive, Fail;"])
    assert columns.recipients(usual) is usual
    assert columns.recipient_statuses(cells) is cells
    assert columns.trace_ids(pa.array([GUID]), pa.array(["x"])).to_pylist() == [GUID]


@pytest.mark.parametrize(
    "text",
    ["ana@x.com.", "'ana@x.com", "ana@x.com'", "<ana@x.com>", "SMTP:ana@x.com", "ana@x.com "],
)
def test_one_odd_value_is_seen_among_usual_ones(text: str) -> None:
    values = pa.chunked_array([["bo@x.com"], [text, None, "cy@x.com"]])
    expected = ["bo@x.com", "ana@x.com", None, "cy@x.com"]
    assert columns.recipients(values).to_pylist() == expected
    assert columns.senders(values).to_pylist() == expected


def test_a_word_for_nothing_is_seen_beside_a_list() -> None:
    values = pa.array(["NULL", "ana@x.com;bo@x.com"])
    assert columns.recipients(values).to_pylist() == ["", "ana@x.com;bo@x.com"]


def test_the_addresses_of_a_recipient_status() -> None:
    cell = '"Doe; Ana" <ana@x.com>##Receive, Deliver; bo@x.com, cy@x.com##Receive, Fail;##Receive'
    assert columns.recipient_statuses(pa.array([cell, None])).to_pylist() == [
        "ana@x.com##Receive, Deliver;bo@x.com##Receive, Fail;cy@x.com##Receive, Fail;##Receive",
        None,
    ]


def test_a_row_for_each_recipient_and_one_for_none() -> None:
    table = pa.table({"line": [1, 2, 3], "recipient": ["a@x.com; b@x.com;", None, "c@x.com"]})
    rows = columns.exploded(table).to_pylist()
    assert [(row["line"], row["recipient"]) for row in rows] == [
        (1, "a@x.com"),
        (1, "b@x.com"),
        (2, ""),
        (3, "c@x.com"),
    ]


@pytest.mark.parametrize("unit", ["<", "<a", '"', '"a', ";", "a##", "<a@", '\\"'])
def test_a_long_cell_costs_no_more_than_its_length(unit: str) -> None:
    def look(text: str) -> None:
        columns.recipient_statuses(pa.array([text]))
        columns.recipients(pa.array([text]))

    assert growth(look, unit, end="##x") < TOO_MUCH
