"""What is shown of an answer: one line, whatever comes."""

from __future__ import annotations

import pytest

from hve_monitor.answers import is_document, words_of
from hve_monitor.https import Response


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"error": ' * 100_000,
        b'{"error":' * 500 + b"1" + b"}" * 500,
        b'{"errors":' + b"[" * 900 + b"]" * 900 + b"}",
    ],
    ids=["brackets", "objects", "objects that end", "lists that end"],
)
def test_nesting_without_end_is_one_short_line_at_most(body: bytes) -> None:
    response = Response(400, content=body)
    assert isinstance(is_document(response), bool)
    words = words_of(response)
    assert len(words) <= 300
    assert len(words.splitlines()) <= 1
