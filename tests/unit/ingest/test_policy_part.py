"""Documents of policies: the same text for the same content."""

from __future__ import annotations

from ingest.policy_part import document


def test_keys_and_lists_of_texts_are_sorted_and_annotations_left_out() -> None:
    one = {"b": ["y", "x"], "@odata.etag": "1", "A@data.type": "t", "a": {"c": None}}
    other = {"a": {"c": None}, "b": ["x", "y"]}
    assert document(one) == document(other) == '{"a":{"c":null},"b":["x","y"]}'


def test_lists_of_objects_keep_their_order() -> None:
    assert document({"steps": [{"n": 2}, {"n": 1}]}) == '{"steps":[{"n":2},{"n":1}]}'
