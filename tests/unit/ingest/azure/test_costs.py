"""Azure costs: what is read when, what counts as a change, and what is HVE."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from ingest.azure.costs import SOURCE, hve_mark, ingest_azure_costs, parts
from ingest.http import Api
from ingest.source import SourceResult
from tests.unit.ingest.conftest import NOW, Answer, Asked, Service
from warehouse.records.costs import Cost, newest_costs
from warehouse.records.coverage import covered_windows
from warehouse.records.stored import stored_rows
from warehouse.store import Store
from warehouse.tables import AZURE_COSTS
from warehouse.windows import Window

SCOPE = "/subscriptions/00000000-0000-0000-0000-000000000001"
OTHER = "/subscriptions/00000000-0000-0000-0000-000000000002"
HVE = {"MeterSubcategory": "High Volume Email"}
HOURS = timedelta(hours=1)
Row = tuple[str, int, str]
Ingest = Callable[..., SourceResult]


def answer(*rows: Row) -> Answer:
    """Amount literal, UsageDate and sub-category."""
    names = ("PreTaxCost", "Number"), ("UsageDate", "Number"), ("MeterSubcategory", "String")
    columns = [{"name": name, "type": kind} for name, kind in (*names, ("Currency", "String"))]
    cells = ",".join(f'[{cost},{day},{json.dumps(sub)},"USD"]' for cost, day, sub in rows)
    return Answer(
        200, f'{{"properties":{{"columns":{json.dumps(columns)},"rows":[{cells}]}}}}'.encode()
    )


USUAL = (("0.42", 20261101, "High Volume Email"), ("7E-06", 20261101, "Bandwidth"))


@pytest.fixture
def ingest(store: Store, api: Api) -> Ingest:
    def call(at: datetime = NOW, scopes: tuple[str, ...] = (SCOPE,), **more: Any) -> SourceResult:
        hve_filter = more.pop("hve_filter", {})
        return ingest_azure_costs(store, "contoso", api, scopes, hve_filter, at, **more)

    return call


def periods(service: Service) -> list[tuple[str, str]]:
    """First and last day of every query."""
    asked = [request.json["timePeriod"] for request in service.asked]
    return [(period["from"][:10], period["to"][:10]) for period in asked]


def month_of(*rows: Row) -> Callable[[Asked], Answer]:
    """Answers with the rows of the days that are asked for."""

    def choose(request: Asked) -> Answer:
        period = request.json["timePeriod"]
        first, last = (int(period[end][:10].replace("-", "")) for end in ("from", "to"))
        return answer(*(row for row in rows if first <= row[1] <= last))

    return choose


def known(store: Store) -> dict[str | None, Cost]:
    return {cost.meter_subcategory: cost for cost in newest_costs(store, "contoso").values()}


def test_this_month_and_the_last_are_read_once_in_four_hours(
    ingest: Ingest, store: Store, service: Service
) -> None:
    service.choose = month_of(*USUAL)
    first = ingest()
    assert (first.status, first.rows_new, first.requests) == ("ok", 2, 2)
    assert periods(service) == [("2026-10-01", "2026-10-31"), ("2026-11-01", "2026-11-24")]
    ingest(NOW + 3 * HOURS)
    assert len(service.asked) == 2
    ingest(NOW + 3 * HOURS, forced=True)
    assert len(service.asked) == 4
    again = ingest(NOW + 8 * HOURS)
    assert (len(service.asked), again.rows_unchanged, again.rows_new) == (6, 2, 0)
    assert len(stored_rows(store, AZURE_COSTS, "contoso")) == 2


def test_amounts_are_stored_with_every_digit(
    ingest: Ingest, store: Store, service: Service
) -> None:
    service.choose = month_of(("218.68795741935486", 20261101, "a"), ("-7E-06", 20261102, "a"))
    ingest()
    stored = {row["day"]: row["cost"] for row in stored_rows(store, AZURE_COSTS, "contoso")}
    assert stored == {
        date(2026, 11, 1): Decimal("218.68795741935486"),
        date(2026, 11, 2): Decimal("-0.000007"),
    }


def test_corrections_are_kept_and_what_vanishes_is_zero(
    ingest: Ingest, store: Store, service: Service
) -> None:
    service.choose = month_of(*USUAL)
    ingest()
    service.choose = month_of(("0.40", 20261101, "High Volume Email"))
    later = ingest(NOW + 5 * HOURS)
    assert (later.status, later.rows_changed, later.rows_new) == ("ok", 2, 0)
    assert {name: cost.cost for name, cost in known(store).items()} == {
        "High Volume Email": Decimal("0.40"),
        "Bandwidth": Decimal(0),
    }
    assert len(stored_rows(store, AZURE_COSTS, "contoso")) == 4
    assert ingest(NOW + 10 * HOURS).rows_changed == 0


def test_only_days_that_were_read_can_lose_a_row(
    ingest: Ingest, store: Store, service: Service
) -> None:
    service.choose = month_of(*USUAL)
    ingest()
    asked = Window(datetime(2026, 11, 2, tzinfo=UTC), NOW)
    service.choose = lambda _: answer()
    assert ingest(NOW + HOURS, requested=asked).status == "ok"
    assert all(cost.cost for cost in known(store).values())


TWO_MONTHS = tuple(
    (f"0.{day:02}", 20261000 + 100 * month + day, "High Volume Email")
    for month, days in ((0, 31), (1, 24))
    for day in range(1, days + 1)
)


@pytest.mark.parametrize(
    ("left", "lacking"),
    [
        (TWO_MONTHS[-31:], "on 24 days from 2026-10-01 to 2026-10-24"),
        (TWO_MONTHS[-1:], "on 54 days from 2026-10-01 to 2026-11-23"),
        ((), "on 55 days from 2026-10-01 to 2026-11-24"),
    ],
)
def test_a_short_answer_withdraws_no_day_and_is_told(
    ingest: Ingest, store: Store, service: Service, left: tuple[Row, ...], lacking: str
) -> None:
    service.choose = month_of(*TWO_MONTHS)
    ingest()
    stored = newest_costs(store, "contoso")
    service.choose = month_of(*left)
    later = ingest(NOW + 5 * HOURS)
    assert (later.status, later.rows_changed) == ("partial", 0)
    assert later.error == (
        f"Azure costs of {SCOPE}: the answer lacks costs that are stored, {lacking};"
        " they are kept as they were"
    )
    assert newest_costs(store, "contoso") == stored


def test_a_scope_that_answers_without_content_is_told(
    ingest: Ingest, store: Store, service: Service
) -> None:
    service.choose = lambda _: Answer(204)
    assert ingest().status == "ok"
    service.choose = month_of(*USUAL)
    ingest(NOW + 5 * HOURS)
    service.choose = lambda _: Answer(204)
    assert ingest(NOW + 10 * HOURS).status == "partial"
    assert all(cost.cost for cost in known(store).values())


@pytest.mark.parametrize(
    "odd",
    [Answer(302, headers={"Location": "https://login.example/"}), Answer(304), Answer(202),
     Answer(200), Answer(200, {}), Answer(200, b"null"), Answer(200, b"<html>")],
    ids=["302", "304", "202", "empty", "{}", "null", "html"],
)  # fmt: skip
def test_what_is_no_answer_covers_no_day(
    ingest: Ingest, store: Store, service: Service, odd: Answer
) -> None:
    service.choose = lambda _: odd
    result = ingest()
    assert (result.status, bool(result.error)) == ("failed", True)
    assert covered_windows(store.state, "contoso", SOURCE, SCOPE) == []
    service.choose = month_of(*USUAL)
    assert ingest().status == "ok"


def test_a_meter_that_is_missing_everywhere_is_kept_and_one_that_is_renamed_is_not(
    ingest: Ingest, store: Store, service: Service
) -> None:
    disk = tuple(("1.5", 20261101 + day, "Disk") for day in range(3))
    mail = tuple(("0.42", 20261101 + day, "Mail") for day in range(3))
    service.choose = month_of(*disk, *mail)
    ingest()
    service.choose = month_of(*disk)
    assert ingest(NOW + 5 * HOURS).status == "partial"
    assert known(store)["Mail"].cost == Decimal("0.42")
    renamed = tuple((cost, day, "High Volume Email") for cost, day, _ in mail)
    service.choose = month_of(*disk, *renamed)
    assert ingest(NOW + 10 * HOURS).status == "ok"
    assert (known(store)["Mail"].cost, known(store)["High Volume Email"].cost) == (
        Decimal(0),
        Decimal("0.42"),
    )


def test_an_answer_without_cost_stores_nothing_and_is_asked_again(
    ingest: Ingest, store: Store, service: Service
) -> None:
    bad = Answer(200, {"properties": {"columns": [{"name": "UsageDate"}], "rows": []}})
    service.choose = lambda _: bad
    result = ingest()
    assert result.status == "failed"
    assert "no cost column" in str(result.error)
    assert ingest().requests > result.requests - 1
    assert len(service.asked) == 2


def test_one_refused_scope_does_not_stop_the_others(
    ingest: Ingest, store: Store, service: Service
) -> None:
    denied = Answer(403, {"error": {"code": "RBACAccessDenied", "message": "No authorization."}})
    usual = month_of(*USUAL)
    service.choose = lambda asked: denied if OTHER in asked.path else usual(asked)
    result = ingest(scopes=(OTHER, SCOPE))
    assert result.rows_new == 2
    assert result.status != "ok"
    assert "No authorization." in str(result.error)


def test_rows_are_marked_by_the_filter_also_those_read_before_it_was_set(
    ingest: Ingest, store: Store, service: Service
) -> None:
    service.choose = month_of(*USUAL)
    ingest()
    assert {cost.is_hve for cost in known(store).values()} == {None}
    result = ingest(NOW + HOURS, hve_filter={"metersubcategory": "high volume email"})
    assert (len(service.asked), result.rows_changed) == (2, 2)
    marks = {name: cost.is_hve for name, cost in known(store).items()}
    assert marks == {"High Volume Email": True, "Bandwidth": False}
    assert {cost.cost for cost in known(store).values()} == {Decimal("0.42"), Decimal("0.000007")}


def test_a_column_of_the_filter_is_asked_for(ingest: Ingest, service: Service) -> None:
    service.choose = lambda _: answer()
    ingest(hve_filter={"Product": "HVE", "resourcegroup": "rg-hve"})
    names = [group["name"] for group in service.asked[0].json["dataset"]["grouping"]]
    assert "Product" in names
    assert "resourcegroup" not in names


@pytest.mark.parametrize(
    ("hve_filter", "group", "mark"),
    [
        ({}, {"Meter": "x"}, None),
        (HVE, {"MeterSubcategory": "HIGH volume email"}, True),
        (HVE, {"MeterSubcategory": None}, False),
        (HVE, {"Meter": "x"}, None),
        ({"ResourceGroup": "RG"}, {"ResourceGroupName": "rg"}, True),
        ({**HVE, "Meter": "y"}, {"MeterSubcategory": "High Volume Email", "Meter": "x"}, False),
    ],
)
def test_the_mark_of_a_row(
    hve_filter: dict[str, str], group: dict[str, str | None], mark: bool | None
) -> None:
    assert hve_mark(hve_filter)(group) is mark


def test_long_periods_are_read_month_by_month() -> None:
    ranges = parts(SCOPE, date(2025, 11, 15), date(2026, 2, 10))
    assert [(part.first, part.last) for part in ranges] == [
        (date(2025, 11, 15), date(2025, 11, 30)),
        (date(2025, 12, 1), date(2025, 12, 31)),
        (date(2026, 1, 1), date(2026, 1, 31)),
        (date(2026, 2, 1), date(2026, 2, 10)),
    ]
    assert parts(SCOPE, date(2026, 1, 2), date(2026, 1, 1)) == []
