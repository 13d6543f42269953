"""Delivery search: every filter, no silent cap, and never 'nothing found' for an unread window."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from hve_monitor.document import encoded
from hve_monitor.errors import ConfigError
from models.delivery.conditions import TraceFilter
from models.delivery.search import COLUMNS, exported_rows, search_traces
from models.usage.coverage import SOURCE
from tests.unit.models.conftest import NOW, KeptStores, Workbench, at, trace
from warehouse.reading import Published
from warehouse.records.accounts import Account
from warehouse.records.coverage import plan_backfill, postpone, record_coverage
from warehouse.windows import Window

OTHER_IP = "198.51.100.7"


def fill(bench: Workbench) -> Workbench:
    bench.accounts(Account("hr@contoso.com", ("hr@contoso.com", "people@contoso.com")))
    start = at("2026-11-01T00:00:00")
    plan_backfill(
        bench.store.state, "contoso", SOURCE, ("hr@contoso.com", "people@contoso.com"), start
    )
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


@pytest.fixture(scope="module")
def mail(shared_bench: Workbench) -> Workbench:
    """For tests that only read."""
    return fill(shared_bench)


@pytest.fixture
def own_mail(kept_stores: KeptStores) -> Iterator[Workbench]:
    """For tests that go on from there."""
    with kept_stores.open(fill) as bench:
        yield bench


def search(bench: Workbench, limit: int = 100, **wanted: Any) -> dict[str, Any]:
    with bench.reader() as connection:
        answer = search_traces(Published(connection, NOW), TraceFilter(**wanted), limit)
    document: dict[str, Any] = encoded(answer)
    return document


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
        ({"message_id": " x@y "}, ["m1:b"]),
        ({"id": " M1"}, ["m1:a", "m1:b"]),
        ({"id": "m1"}, ["m1:a", "m1:b"]),
        ({"from_ip": OTHER_IP}, ["m3:c"]),
        ({"subject": "october PAY"}, ["m1:a"]),
        ({"subject": "100%_'"}, ["m3:c"]),
        ({"subject": "nowhere"}, []),
        ({"since": at("2026-11-03T07:00:00"), "until": at("2026-11-04T07:00:00")}, ["m2:a"]),
        ({"recipient": "' or 1=1 --"}, []),
        ({"recipient": "c@cont"}, ["m3:c", "m4:c"]),
        ({"recipient": "*@CONTOSO.com"}, ["m3:c", "m4:c", "m2:a", "m1:a", "m1:b"]),
        ({"recipient": "@fabrikam.com"}, []),
        ({"recipient": "B*"}, ["m1:b"]),
        ({"recipient": "%@contoso.com"}, []),
        ({"recipient": "_@contoso.com"}, []),
        ({"recipient": "*_contoso*"}, []),
        ({"recipient": "b@contoso.com; C <c@contoso.com>"}, ["m3:c", "m4:c", "m1:b"]),
        ({"recipient": "b@contoso.com, c@con"}, ["m3:c", "m4:c", "m1:b"]),
        ({"sender": "peop"}, ["m3:c", "m2:a", "m1:a", "m1:b"]),
        ({"sender": "it@contoso.com hr@contoso.com"}, ["m3:c", "m4:c", "m2:a", "m1:a", "m1:b"]),
        ({"id": "m2 m3"}, ["m3:c", "m2:a"]),
        ({"message_id": "X@"}, ["m1:b"]),
        ({"message_id": "other@z, x@y"}, ["m1:b"]),
        ({"from_ip": "198.51.100.0/24"}, ["m3:c"]),
        ({"from_ip": "198.51.100.*; 2001:db8::/32"}, ["m3:c"]),
        ({"from_ip": "2001:db8::/32"}, []),
        ({"status": "failed, Filtered as spam"}, ["m1:b"]),
        ({"status": "unknown"}, []),
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


def test_a_cut_answer_counts_all_rows(mail: Workbench) -> None:
    cut, whole = search(mail, limit=1), search(mail)
    assert cut["total"] == whole["total"] == 5
    assert cut["by_status"] == whole["by_status"] == {"delivered": 4, "failed": 1}
    assert cut["by_account"] == whole["by_account"]
    assert sum(cut["by_account"].values()) == 5
    assert list(cut["by_account"].values()) == sorted(cut["by_account"].values(), reverse=True)


def test_a_limit_below_one_is_refused(mail: Workbench) -> None:
    with pytest.raises(ConfigError, match="at least 1"):
        search(mail, limit=0)


@pytest.mark.parametrize("name", ["sender", "recipient", "id", "message_id", "status", "subject"])
def test_a_field_that_names_nothing_is_no_search_for_everything(mail: Workbench, name: str) -> None:
    for text in ("", " ", "\n"):
        with pytest.raises(ConfigError, match=f"--{name.replace('_', '-')}: names nothing"):
            search(mail, **{name: text})


def test_an_unread_window_is_a_gap_and_not_an_empty_answer(mail: Workbench) -> None:
    answer = search(mail, recipient="nobody@contoso.com")
    assert answer["rows"] == []
    assert answer["coverage"]["complete"] is False
    assert {gap["address"] for gap in answer["coverage"]["gaps"]} == {
        "hr@contoso.com",
        "people@contoso.com",
    }


def test_pages_join_without_gap_or_overlap(mail: Workbench) -> None:
    whole = search(mail)["rows"]
    pages: list[dict[str, Any]] = []
    offset: int | None = 0
    while offset is not None:
        page = paged(mail, 2, offset)
        pages += page["rows"]
        offset = page["next_offset"]
    assert pages == whole
    assert len(whole) == 5
    assert paged(mail, 2, 9)["rows"] == []


def paged(bench: Workbench, limit: int, offset: int) -> dict[str, Any]:
    with bench.reader() as connection:
        answer = search_traces(Published(connection, NOW), TraceFilter(), limit, offset)
    document: dict[str, Any] = encoded(answer)
    return document


def test_an_export_holds_every_row_of_the_search(mail: Workbench) -> None:
    with mail.reader() as connection:
        rows = list(
            exported_rows(Published(connection, NOW), TraceFilter(sender="PEOPLE@contoso.com"))
        )
        few = list(exported_rows(Published(connection, NOW), TraceFilter(), 2, 1))
    assert rows == search(mail, sender="people@contoso.com")["rows"]
    assert few == search(mail)["rows"][1:3]
    assert set(COLUMNS) == set(rows[0])


def test_coverage_is_that_of_the_asked_sender(own_mail: Workbench) -> None:
    state = own_mail.store.state
    for address in ("hr@contoso.com", "people@contoso.com"):
        record_coverage(
            state, "contoso", "message_traces", address, Window(at("2026-11-01T00:00:00"), NOW)
        )
    own_mail.accounts(
        Account("hr@contoso.com", ("hr@contoso.com", "people@contoso.com")),
        Account("it@contoso.com", ("it@contoso.com",)),
    )
    own_mail.build()
    since = at("2026-11-02T00:00:00")
    mine = search(own_mail, sender="people@contoso.com", since=since)
    assert (mine["coverage"]["complete"], mine["coverage"]["gaps"]) == (True, [])
    assert search(own_mail, since=since)["coverage"]["complete"] is False
    early = search(own_mail, sender="hr@contoso.com", since=at("2026-10-01T00:00:00"))
    assert early["coverage"]["complete"] is False
    assert early["searched"] == {"since": "2026-10-01T00:00:00Z", "until": "2026-11-24T08:00:00Z"}


NO_SUCH = "there was no such message"
READ_FROM = at("2026-11-02T00:00:00")


@pytest.fixture
def read_mail(own_mail: Workbench) -> Workbench:
    """Every window of every account was read."""
    hr = Account("hr@contoso.com", ("hr@contoso.com", "people@contoso.com"))
    own_mail.accounts(hr)
    for address in hr.addresses:
        record_coverage(
            own_mail.store.state, "contoso", "message_traces", address, Window(READ_FROM, NOW)
        )
    own_mail.build()
    return own_mail


@pytest.mark.parametrize(
    "wanted",
    [
        {"recipient": "nobody@contoso.com"},
        {"recipient": "nobody@contoso.com; none@contoso.com"},
        {"message_id": "<no@where>", "status": "failed"},
        {"id": "5c384d42-86c1-98c8-687f-4624daa8f888"},
        {"sender": "people@contoso.com", "recipient": "nobody@contoso.com"},
    ],
)
def test_no_such_message_is_certain_of_whole_values(
    read_mail: Workbench, wanted: dict[str, Any]
) -> None:
    assert NO_SUCH in search(read_mail, since=READ_FROM, **wanted)["meaning"]
    early = search(read_mail, since=at("2026-10-01T00:00:00"), **wanted)
    assert NO_SUCH not in early["meaning"]
    assert "not read" in early["meaning"]


def test_what_was_left_for_the_next_run_is_no_part_of_what_was_read(own_mail: Workbench) -> None:
    state, quarter = own_mail.store.state, Window(at("2026-11-24T07:45:00"), NOW)
    record_coverage(state, "contoso", SOURCE, "hr@contoso.com", Window(READ_FROM, NOW))
    record_coverage(
        state, "contoso", SOURCE, "people@contoso.com", Window(READ_FROM, quarter.start)
    )
    postpone(state, "contoso", SOURCE, {"people@contoso.com": quarter})
    state.record_now("contoso", NOW)
    own_mail.build()
    nobody: dict[str, Any] = {"since": READ_FROM, "recipient": "nobody@contoso.com"}
    words = "was read up to 2026-11-24 07:45 UTC, so there was no such message"
    assert words in search(own_mail, **nobody)["meaning"]
    earlier = search(own_mail, **nobody, until=at("2026-11-24T07:00:00"))["meaning"]
    assert earlier.startswith("The whole window was read, so there was no such message")


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"recipient": "oskar.gross"}, "recipient …oskar.gross…"),
        ({"recipient": "*gross*"}, "recipient …gross…"),
        ({"recipient": "@fabrikam.com"}, "recipient @fabrikam.com"),
        ({"from_ip": "203.0.113.0/24"}, "Rows without a source address"),
        ({"subject": "nowhere"}, "subject with nowhere"),
        ({"status": "delivred"}, "status delivred"),
        ({"sender": "ceo@contoso.com"}, "ceo@contoso.com belongs to none"),
    ],
)
def test_a_part_that_is_not_found_is_no_proof(
    read_mail: Workbench, wanted: dict[str, Any], words: str
) -> None:
    answer = search(read_mail, since=READ_FROM, **wanted)
    assert answer["rows"] == []
    assert NO_SUCH not in answer["meaning"]
    assert words in answer["meaning"]


def test_a_later_status_holds_and_an_earlier_one_is_not_found(own_mail: Workbench) -> None:
    changed = trace("m1", "b@contoso.com", "2026-11-02T07:00:00", message_id="<x@y>")
    own_mail.land(changed, now=NOW)
    own_mail.build()
    assert found(own_mail, status="failed") == []
    assert "m1:b" in found(own_mail, status="delivered", message_id="x@y")
