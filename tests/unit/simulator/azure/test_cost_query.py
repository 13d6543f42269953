from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from simulator.azure.cost_query import (
    BadQueryError,
    CostTable,
    days_of,
    matches,
    number_text,
    read_cost_query,
)
from simulator.world.invoice import Charge

TODAY = (date(2026, 11, 24) - date(1970, 1, 1)).days
CHARGES = [
    Charge(TODAY - 1, Decimal("0.5"), Decimal(10), {"Meter": "HVE"}, {"team": "messaging"}),
    Charge(TODAY - 1, Decimal("0.25"), Decimal(5), {"Meter": "HVE"}, {}),
    Charge(TODAY, Decimal("0.000007"), Decimal(1), {"Meter": "Disk"}, {"team": "platform"}),
]


def body(dataset: dict[str, Any], timeframe: str = "MonthToDate", **more: Any) -> bytes:
    query = {"type": "ActualCost", "timeframe": timeframe, "dataset": dataset, **more}
    return msgspec.json.encode(query)


def table(dataset: dict[str, Any], seed: int = 1) -> list[dict[str, Any]]:
    found = CostTable(read_cost_query(body(dataset)), CHARGES, seed)
    names = [column["name"] for column in found.columns]
    rows = msgspec.json.decode(msgspec.json.encode(found.rows))
    return [dict(zip(names, row, strict=True)) for row in rows]


COST = {"totalCost": {"name": "PreTaxCost", "function": "Sum"}}


def test_rows_are_summed_by_day_and_group() -> None:
    grouping = [{"type": "Dimension", "name": "Meter"}]
    rows = table({"granularity": "Daily", "aggregation": COST, "grouping": grouping})
    assert rows == [
        {"PreTaxCost": 0.75, "UsageDate": 20261123, "Meter": "HVE", "Currency": "USD"},
        {"PreTaxCost": 7e-06, "UsageDate": 20261124, "Meter": "Disk", "Currency": "USD"},
    ]


def test_without_a_sum_there_is_no_cost_column() -> None:
    assert table({"granularity": "Daily"})[0] == {"UsageDate": 20261123, "Currency": "USD"}


def test_months_and_tags_are_columns() -> None:
    rows = table(
        {
            "granularity": "Monthly",
            "aggregation": COST,
            "grouping": [{"type": "TagKey", "name": "team"}],
        }
    )
    assert {row["BillingMonth"] for row in rows} == {"2026-11-01T00:00:00"}
    assert {row["TagValue"] for row in rows} == {"messaging", "", "platform"}


def test_the_order_of_columns_depends_on_the_seed() -> None:
    dataset = {"granularity": "Daily", "aggregation": COST}
    orders = {tuple(table(dataset, seed)[0]) for seed in range(10)}
    assert len(orders) > 1
    assert {frozenset(order) for order in orders} == {
        frozenset({"PreTaxCost", "UsageDate", "Currency"})
    }


def test_numbers_look_like_those_of_the_service() -> None:
    assert bytes(number_text(Decimal("0.000007"))) == b"7E-06"
    assert bytes(number_text(Decimal("0.00032"))) == b"0.00032"


def test_filters_combine() -> None:
    meter = {"dimensions": {"name": "meter", "operator": "In", "values": ["hve"]}}
    tag = {"tags": {"name": "team", "operator": "In", "values": ["messaging"]}}
    assert [matches(charge, meter) for charge in CHARGES] == [True, True, False]
    assert [matches(charge, {"and": [meter, tag]}) for charge in CHARGES] == [True, False, False]
    assert [matches(charge, {"or": [tag, {"not": meter}]}) for charge in CHARGES] == [
        True,
        False,
        True,
    ]
    with pytest.raises(BadQueryError, match="dimension"):
        matches(CHARGES[0], {"dimensions": {"name": "Colour", "operator": "In", "values": ["x"]}})


@pytest.mark.parametrize(
    ("timeframe", "first", "last"),
    [
        ("MonthToDate", "2026-11-01", "2026-11-24"),
        ("TheLastMonth", "2026-10-01", "2026-10-31"),
        ("WeekToDate", "2026-11-22", "2026-11-24"),
    ],
)
def test_named_periods(timeframe: str, first: str, last: str) -> None:
    days = days_of(read_cost_query(body({}, timeframe)), TODAY)
    texts = [date.fromordinal(day + date(1970, 1, 1).toordinal()).isoformat() for day in days]
    assert texts == [first, last]


def test_bad_queries_are_refused() -> None:
    for dataset in (
        {"granularity": "Hourly"},
        {"aggregation": {"x": {"name": "Colour", "function": "Sum"}}},
        {"aggregation": {"x": {"name": "Cost", "function": "Max"}}},
    ):
        with pytest.raises(BadQueryError):
            read_cost_query(body(dataset))
    for timeframe, period in (
        ("Custom", None),
        ("Custom", {"from": "2025-01-01T00:00:00Z", "to": "2026-11-01T00:00:00Z"}),
        ("Custom", {"from": "never", "to": "2026-11-01"}),
        ("Tomorrow", None),
    ):
        with pytest.raises(BadQueryError):
            days_of(read_cost_query(body({}, timeframe, timePeriod=period)), TODAY)
