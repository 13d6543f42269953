"""JSON: envelopes stand for their records, and a broken record costs itself alone."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.files.formats import encoding, objects
from ingest.files.formats.contents import JSON_LINE
from ingest.files.formats.encoding import Text
from ingest.files.formats.objects import NEXT_RECORD, blocks, numbered, texts
from tests.unit.growth import TOO_MUCH, growth

A, B, C = {"x": 1}, {"x": "zwei"}, {"x": None, "y": [1, {"z": "}],{"}]}


def read(content: str | bytes) -> list[Any]:
    """Records and reasons in their order."""
    data = content if isinstance(content, bytes) else content.encode()
    entries = list(numbered(Text(io.BytesIO(data))))
    assert [number for number, _ in entries] == list(range(1, len(entries) + 1))
    return [record for _, record in entries]


ENVELOPES = [
    json.dumps([A, B, C]),
    json.dumps({"value": [A, B, C]}),
    json.dumps({"odata.metadata": "m", "value": [A, B, C], "odata.nextLink": "n", "Count": 3}),
    json.dumps({"d": {"results": [A, B, C]}}, indent=2),
    json.dumps({"d": [A, B, C]}),
    json.dumps([[A], {"value": [B]}, C]),
    "\n".join(json.dumps(tenant) for tenant in (A, B, C)),
    "\r\n".join(json.dumps(tenant) for tenant in (A, B, C)) + "\r\n",
    "".join(json.dumps(tenant, indent=3) for tenant in (A, B, C)),
    json.dumps({"value": [A]}) + "\n" + json.dumps({"value": [B, C]}),
]


@pytest.mark.parametrize("content", ENVELOPES)
def test_envelopes_stand_for_their_records(content: str) -> None:
    assert read(content) == [A, B, C]


@pytest.mark.parametrize("content", ENVELOPES)
def test_a_value_may_be_cut_anywhere(content: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoding, "CHUNK", 5)
    assert read(content) == [A, B, C]


@pytest.mark.parametrize("content", ENVELOPES[:3])
def test_an_envelope_that_is_too_long_is_entered(
    content: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoding, "CHUNK", 30)
    monkeypatch.setattr(objects, "LONGEST_RECORD", 60)
    assert [row for row in read(content) if isinstance(row, dict)] == [A, B, C]


def reasons(found: list[Any]) -> int:
    return sum(isinstance(part, str) for part in found)


@pytest.mark.parametrize(
    "content",
    [
        '{"x": 1}\n{"x": oops}\n{"x": "zwei"}\n',
        '[{"x": 1}, {"x": oops}, {"x": "zwei"}]',
        '{"value": [{"x": 1}, {"x" 2}, {"x": "zwei"}]}',
        '{"x": 1}\n{"x": "never closed}\n{"x": "zwei"}\n',
        '{"x": 1} {"x": "zwei"} {"x": ',
        '{"x": 1}\n42\n{"x": "zwei"}\n',
    ],
)
def test_a_broken_record_costs_itself_alone(content: str) -> None:
    found = read(content)
    assert [part for part in found if isinstance(part, dict)] == [A, B]
    assert reasons(found) == 1


@pytest.mark.parametrize(
    ("content", "rows"),
    [("[", 0), ("[[[[", 0), ('{"value":[', 0), ('{"value":[[', 0), ("[[]", 0), ('[{"x": 1}', 1),
     ('[{"x": 1},', 1), ('[{"x": 1}, {"x": "zwei"},\n', 2), ('{"value": [{"x": 1},', 1),
     ('{"value": [{"x": 1}]', 1), ('{"d": {"results": [{"x": 1}]}', 1),
     ('{"value": [{"x": 1}], "n": "]}"', 1), ('[{"x": 1}]\n[{"x": "zwei"}', 2)],
)  # fmt: skip
def test_a_document_that_was_cut_is_told(content: str, rows: int) -> None:
    entries = read(content)
    assert [entry for entry in entries if isinstance(entry, dict)] == [A, B][:rows]
    assert [entry for entry in entries if isinstance(entry, str)] == [objects.CUT]


@pytest.mark.parametrize("content", ["[]", "[[]]", '{"value": []}', "[[], []]\n[]"])
def test_an_empty_document_is_whole(content: str) -> None:
    assert read(content) == []


def test_an_error_answer_is_no_row() -> None:
    found = read('{"error": {"code": "BadRequest", "message": "no"}}')
    assert reasons(found) == len(found) == 1


@pytest.mark.parametrize("content", ["[" * 100_000, '{"a":' * 100_000, "[" + "9" * 10_000 + "]"])
def test_hostile_nesting_and_numbers_are_told(content: str) -> None:
    assert reasons(read(content)) <= 1


def test_values_become_text() -> None:
    values = [1, "a", None, 2048.0, 1.5, True, {"value": "/Date(0)/"}, ["x"], "\ud800"]
    assert texts(values).to_pylist() == [
        "1", "a", None, "2048", "1.5", "true", "/Date(0)/", '["x"]', "?",
    ]  # fmt: skip


def test_each_record_spells_its_keys_in_its_own_way() -> None:
    rows = [{"SenderAddress": "a"}, {"sender_address": "b"}, {"Sender Address@data.type": "c"}]
    (block,) = blocks(enumerate(rows, start=1), {"sender": ("senderaddress",)})
    assert block.rows["sender"].to_pylist() == ["a", "b", None]
    assert block.rows["line"].to_pylist() == [1, 2, 3]


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(deadline=None, database=None, max_examples=100)
@given(st.lists(st.dictionaries(st.sampled_from("xyz"), values, max_size=3), max_size=5))
def test_any_records_are_read_back(rows: list[dict[str, Any]]) -> None:
    rows = [{"first": 1}, *rows]
    for content in (
        json.dumps(rows),
        "\n".join(map(json.dumps, rows)),
        json.dumps({"value": rows}),
    ):
        assert str(read(content)) == str(rows)


@settings(deadline=None, database=None, max_examples=200)
@given(st.text(alphabet='{}[]",:x1\\ \n', max_size=50))
def test_any_text_keeps_the_records_around_it(text: str) -> None:
    found = read('{"x": 1}\n' + text + '\n{"x": "zwei"}\n')
    assert found[0] == A


@pytest.mark.parametrize("unit", ["\n", "\r\n", "\n ", "} ,", "{", "[\n", " "])
def test_looking_for_the_next_record_costs_no_more_than_the_length(unit: str) -> None:
    assert growth(lambda text: NEXT_RECORD.search(text + "!"), unit) < TOO_MUCH
    assert growth(lambda text: JSON_LINE.search(text + "!"), unit) < TOO_MUCH
