"""The marts say what the rows say: by hour, by day, in money, and who was first."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from models.build import build
from models.engine import sql as runner
from tests.unit.models.conftest import NOW, TENANT, Workbench, at, trace
from warehouse.records.accounts import Account

MINUTES = ("00:00", "14:59", "15:00", "44:59", "45:00", "59:59")
MOMENT = "2026-11-02T07:00:00"
STATUSES = ("Delivered", "filteredAsSpam", "Quarantined", "pending", "gettingStatus", "Resolved")
# Rows of one account each: accounts do not touch each other, and one build serves all.
CASES: dict[str, list[dict[str, Any]]] = {
    "list": [
        trace("m1", "all@contoso.com", MOMENT, status="expanded"),
        trace("m1", "a@contoso.com", MOMENT),
        trace("m1", "b@contoso.com", MOMENT, status="Failed"),
    ],
    "statuses": [
        trace(f"m{number}", "a@contoso.com", MOMENT, status=status)
        for number, status in enumerate(STATUSES)
    ],
    "words": [
        trace(f"m{number}", "a@contoso.com", MOMENT, status=status)
        for number, status in enumerate(("Teleported", "Unknown", "None"))
    ],
    "no-status": [trace("m1", "a@contoso.com", MOMENT, status=None)],
    "hr": [trace("m1", "a@contoso.com", MOMENT)],
    "people": [trace("m2", "a@contoso.com", "2026-11-02T08:00:00")],
    "quarters": [
        trace(f"m{number}", "a@contoso.com", f"2026-11-02T07:{minute}")
        for number, minute in enumerate(MINUTES)
    ],
    "spread": [
        trace("m1", f"{number}@contoso.com", f"2026-11-02T{moment}")
        for number, moment in enumerate(("07:01", "07:20", "07:21", "08:00", "09:59"))
    ]
    + [trace("m2", "0@contoso.com", "2026-11-02T07:01:00")],
    "june": [
        trace("m1", "a@contoso.com", "2026-05-31T23:59:59.999999"),
        trace("m2", "a@contoso.com", "2026-06-01T00:00:00"),
    ],
    "contacts": [
        trace("m1", "a@contoso.com", MOMENT),
        trace("m2", "a@contoso.com", "2026-11-02T07:30:00"),
        trace("m3", "a@contoso.com", "2026-11-03T07:00:00"),
        trace("m4", "b@contoso.com", "2026-11-03T07:00:00", from_ip="192.0.2.99"),
    ],
    "sources": [
        trace("m1", "a@contoso.com", MOMENT, from_ip=""),
        trace("m2", "a@contoso.com", MOMENT, from_ip="255.255.255.255"),
        trace("m3", "a@contoso.com", MOMENT, from_ip=None),
    ],
}
Rows = Callable[[str, str, str], list[tuple[Any, ...]]]


@pytest.fixture(scope="module")
def rows_of(shared_bench: Workbench) -> Rows:
    """Columns of a mart of a case's account, the oldest rows first."""
    shared_bench.land(
        *(
            row | {"trace_id": f"{case}-{row['trace_id']}", "sender": f"{sender}@contoso.com"}
            for case, rows in CASES.items()
            for row in rows
            for sender in ["HR" if case == "hr" else case]
        )
    )
    shared_bench.accounts(Account("hr@contoso.com", ("hr@contoso.com", "people@contoso.com")))
    shared_bench.build()

    def read(case: str, mart: str, columns: str) -> list[tuple[Any, ...]]:
        where = f"where account = '{case}@contoso.com'"
        return shared_bench.query(f"select {columns} from marts.{mart} {where} order by day")

    return read


def test_a_word_that_nobody_knows_is_no_status(rows_of: Rows) -> None:
    columns = "recipients, delivered, pending, other, billable_recipients"
    assert rows_of("words", "hve_usage_daily", columns) == [(3, None, None, 3, None)]


def test_a_list_counts_by_its_members_and_never_by_itself(rows_of: Rows) -> None:
    columns = "messages, recipients, delivered, failed, expanded, billable_recipients"
    assert rows_of("list", "hve_usage_daily", columns) == [(1, 2, 1, 1, 1, 1)]


def test_statuses_in_any_case_and_unknown_ones(rows_of: Rows) -> None:
    columns = "recipients, delivered, filtered_as_spam, quarantined, pending, other"
    assert rows_of("statuses", "hve_usage_daily", columns) == [(6, 1, 1, 1, 1, 2)]


def test_rows_without_a_status_are_unknown_and_not_zero(rows_of: Rows) -> None:
    columns = "recipients, delivered, expanded, other, billable_recipients, unknown_recipients"
    assert rows_of("no-status", "hve_usage_daily", columns) == [(1, None, None, 1, None, 1)]
    assert rows_of("no-status", "hve_cost_daily", "*") == []


def test_rows_of_an_alias_belong_to_the_primary_address(rows_of: Rows) -> None:
    assert rows_of("hr", "hve_usage_daily", "account, messages") == [("hr@contoso.com", 2)]
    assert rows_of("people", "hve_usage_daily", "*") == []


def test_quarter_hours_add_up_to_the_hour(rows_of: Rows) -> None:
    columns = "hour_utc, recipients, recipients_q1, recipients_q2, recipients_q3, recipients_q4"
    assert rows_of("quarters", "hve_usage_hourly", columns) == [(at(MOMENT), 6, 2, 1, 1, 2)]


def test_a_message_counts_once_in_each_quarter_hour_hour_and_day_that_holds_a_row(
    rows_of: Rows,
) -> None:
    assert rows_of("spread", "hve_usage_daily", "messages, recipients") == [(2, 6)]
    hours = rows_of("spread", "hve_usage_hourly", "extract(hour from hour_utc), messages")
    assert sorted(hours) == [(7, 2), (8, 1), (9, 1)]
    columns = "extract(hour from hour_utc), quarter, messages, widest, most_repeated"
    assert sorted(rows_of("spread", "hve_activity", columns)) == [
        (7, 0, 2, 1, 2), (7, 1, 1, 2, 1), (8, 0, 1, 1, 1), (9, 3, 1, 1, 1),
    ]  # fmt: skip


def test_nothing_was_charged_before_june_2026(rows_of: Rows) -> None:
    assert rows_of("june", "hve_cost_daily", "cost") == [(0,), (Decimal("0.000042000"),)]


def test_a_contact_is_new_once(rows_of: Rows) -> None:
    assert rows_of("contacts", "hve_usage_hourly", "new_recipients, new_sources") == [
        (1, 1),
        (1, 1),
    ]


def test_unknown_source_addresses_are_never_new(rows_of: Rows) -> None:
    assert rows_of("sources", "hve_usage_hourly", "new_sources") == [(None,)]


def test_an_alias_that_becomes_known_later_moves_its_old_rows(bench: Workbench) -> None:
    bench.accounts(Account("hr@contoso.com", ("hr@contoso.com",)))
    bench.land(trace("m1", "a@contoso.com", "2026-11-02T07:00:00", sender="people@contoso.com"))
    bench.build()
    assert bench.query("select account from marts.hve_usage_daily") == [("people@contoso.com",)]
    bench.accounts(Account("hr@contoso.com", ("hr@contoso.com", "people@contoso.com")))
    bench.build()
    assert bench.query("select account from marts.hve_usage_daily") == [("hr@contoso.com",)]


def test_hours_add_up_to_days_and_days_to_money(bench: Workbench) -> None:
    bench.land(
        *(
            trace(f"m{i}", f"r{i % 7}@contoso.com", f"2026-11-{1 + i % 9:02d}T{i % 24:02d}:10:00")
            for i in range(200)
        )
    )
    bench.build()
    hours = bench.query("select sum(recipients), sum(delivered) from marts.hve_usage_hourly")
    days = bench.query("select sum(recipients), sum(delivered) from marts.hve_usage_daily")
    assert hours == days == [(200, 200)]
    money = bench.query("select sum(cost), any_value(unit_price) from marts.hve_cost_daily")
    assert money == [(Decimal("0.008400000"), Decimal("0.000042000"))]


def test_a_late_row_takes_the_first_contact_from_the_later_day(bench: Workbench) -> None:
    bench.land(trace("m2", "a@contoso.com", "2026-11-05T07:00:00"))
    bench.build()
    bench.land(trace("m1", "a@contoso.com", "2026-11-02T07:00:00"))
    assert bench.build() == 2
    rows = bench.query("select day, new_recipients from marts.hve_usage_hourly order by hour_utc")
    assert [new for _, new in rows] == [1, 0]


def test_only_touched_days_are_rebuilt_and_a_full_build_says_the_same(bench: Workbench) -> None:
    bench.land(
        *(trace(f"m{day}", "a@contoso.com", f"2026-11-{day:02d}T07:00:00") for day in range(1, 21))
    )
    assert bench.build() == 20
    bench.land(trace("late", "b@contoso.com", "2026-11-07T09:00:00"))
    assert bench.build() == 1
    before = bench.query("from marts.hve_usage_hourly order by all")
    assert bench.build(full=True) == 20
    assert bench.query("from marts.hve_usage_hourly order by all") == before


def test_other_models_make_every_day_another_one(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.land(
        *(trace(f"m{day}", "a@contoso.com", f"2026-11-0{day}T07:00:00") for day in (1, 2, 3))
    )
    assert bench.build() == 3
    assert bench.build() == 0
    monkeypatch.setattr(runner, "version", lambda: "another")
    assert bench.build() == 3


def test_a_build_takes_as_many_days_together_as_their_rows_allow(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    for day, rows in ((2, 3), (3, 1), (4, 1), (5, 1), (6, 9)):
        sent = f"2026-11-0{day}T07:00:00"
        bench.land(*(trace(f"{day}-{n}", "a@contoso.com", sent) for n in range(rows)))
    bench.build()
    before = bench.query("from marts.hve_usage_hourly order by all")
    monkeypatch.setattr("models.build.ROWS_AT_ONCE", 3)
    told: list[tuple[str, int, int]] = []
    build(bench.store, [TENANT], NOW, lambda *step: told.append(step), full=True)
    assert [step for step in told if "days from" in step[0]] == [
        ("contoso: days from 2026-11-02", 0, 5),
        ("contoso: days from 2026-11-03", 1, 5),
        ("contoso: days from 2026-11-06", 4, 5),
    ]
    assert bench.query("from marts.hve_usage_hourly order by all") == before


def test_a_status_change_corrects_the_past_day(bench: Workbench) -> None:
    bench.land(trace("m1", "a@contoso.com", "2026-11-02T07:00:00", status="pending"))
    bench.build()
    bench.land(trace("m1", "a@contoso.com", "2026-11-02T07:00:00", status="delivered"))
    bench.build()
    assert bench.query("select pending, delivered from marts.hve_usage_daily") == [(0, 1)]
