from __future__ import annotations

import pytest

from simulator.graph.skiptoken import BadTokenError, read_token, write_token
from simulator.graph.trace_page import Cursor
from simulator.graph.trace_query import TraceQuery

CURSOR = Cursor(TraceQuery(1, 2, 3, {"status": "failed"}, ("contains", "x")), 4, 5, 6)


def test_a_token_carries_the_cursor() -> None:
    assert read_token(write_token(CURSOR), 1800) == CURSOR


def test_an_old_token_is_refused() -> None:
    with pytest.raises(BadTokenError, match="Expired"):
        read_token(write_token(CURSOR), 0)


@pytest.mark.parametrize("text", ["", "1000", "%%%", "ünlesbar", "AAAA"])
def test_a_damaged_token_is_refused(text: str) -> None:
    with pytest.raises(BadTokenError, match="Invalid"):
        read_token(text, 1800)
