"""Delivery search: every filter, no silent cap, and never 'nothing found' for an unread window."""

from __future__ import annotations

from typing import Any

import pytest

from hve_monitor.errors import ConfigError
from models.search import TraceFilter, search_traces
from tests.unit.models.conftest import NOW, Workbench, at, trace
from warehouse.accounts import Account

OTHER_IP = "198.51.100.7"


@pytest.fixture
def mail(bench: Workbench) -> Workbench:
    bench.accounts(Account("hr@contoso.com", ("hr@contoso.com", "people@contoso.com")))
    bench.land(
        trace("m1", "a@contoso.com", "2026-11-02T07:00:00", subject="Payroll of October"),
        trace("m1", "b@contoso.com", "2026-11-02T07:00:00", status="failed", message_id="<x@y>"),
        trace("m2", "a@contoso.com", "2026-11-03T07:00:00", sender="people@contoso.com"),
        trace(
            "m3", "c@contoso.com", "2026-11-04T07:00:00", from_ip="198.51.100.7", subject="100%_'"
        ),
        trace("m4", "c@contoso.com", "2026-11-04T07:00:00", sender="it@contoso.com", subject=None),
    )
    bench.build()
    return bench


def search(bench: Workbench, limit: int = 100, **wanted: Any) -> dict[str, Any]:
    with bench.reader() as connection:
        return search_traces(connection, TraceFilter(**wanted), NOW, limit)


def found(bench: Workbench, **wanted: Any) -> list[str]:
    return [f"{row['id']}:{row['recipient'][0]}" for row in search(bench, **wanted)["rows"]]


@pytest.mark.parametrize(
    ("wanted", "rows"),
    [
        ({"sender": "HR@contoso.com"}, ["m3:c", "m2:a", "m1:a", "m1:b"]),
        ({"sender": "people@contoso.com"}, ["m3:c", "m2:a", "m1:a", "m1:b"]),
        ({"sender": "it@contoso.com"}, ["m4:c"]),
        ({"recipient": " A@contoso.com"}, ["m2:a", "m1:a"]),
        ({"status": "Failed"}, ["m1:b"]),
        ({"message_id": "<x@y>"}, ["m1:b"]),
        ({"id": "m1"}, ["m1:a", "m1:b"]),
        ({"from_ip": OTHER_IP}, ["m3:c"]),
        ({"subject": "october PAY"}, ["m1:a"]),
        ({"subject": "100%_'"}, ["m3:c"]),
        ({"subject": "nowhere"}, []),
        ({"since": at("2026-11-03T07:00:00"), "until": at("2026-11-04T07:00:00")}, ["m2:a"]),
        ({"recipient": "' or 1=1 --"}, []),
    ],
)
def test_filters(mail: Workbench, wanted: dict[str, Any], rows: list[str]) -> None:
    assert found(mail, **wanted) == rows


def test_a_cut_answer_says_so(mail: Workbench) -> None:
    assert search(mail, limit=4)["truncated"] is True
    whole = search(mail, limit=5)
    assert whole["truncated"] is False
    assert whole["rows"][0] == {
        "tenant": "contoso",
        "id": "m3",
        "message_id": None,
        "account": "hr@contoso.com",
        "sender": "hr@contoso.com",
        "recipient": "c@contoso.com",
        "received_at": "2026-11-04T07:00:00Z",
        "subject": "100%_'",
        "status": "delivered",
        "size_bytes": 1000,
        "from_ip": OTHER_IP,
        "to_ip": None,
        "source": "graph",
    }


def test_a_limit_below_one_is_refused(mail: Workbench) -> None:
    with pytest.raises(ConfigError, match="at least 1"):
        search(mail, limit=0)


def test_an_unread_window_is_a_gap_and_not_an_empty_answer(mail: Workbench) -> None:
    answer = search(mail, recipient="nobody@contoso.com")
    assert answer["rows"] == []
    assert answer["coverage"]["complete"] is False
    assert {gap["address"] for gap in answer["coverage"]["gaps"]} == {
        "hr@contoso.com",
        "people@contoso.com",
    }
