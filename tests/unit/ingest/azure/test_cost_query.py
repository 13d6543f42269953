"""Cost Management answers: columns by name, digits kept, links followed to their end."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pytest

from hve_monitor.errors import AuthError, SourceContractError
from ingest.azure.cost_query import GROUPS, CostQuery
from ingest.http import Api, RequestRefused
from tests.unit.ingest.conftest import Answer, Service
from warehouse.records.costs import CostRange

SCOPE = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-hve"
DAYS = CostRange(SCOPE, date(2026, 10, 1), date(2026, 11, 24))
COLUMNS = '[{"name":"PreTaxCost","type":"Number"},{"name":"UsageDate","type":"Number"},\
{"name":"ResourceGroup","type":"String"},{"name":"Currency","type":"String"}]'


def answer(rows: str, columns: str = COLUMNS, link: str | None = None) -> Answer:
    """An answer whose numbers are spelled as given."""
    text = f'{{"properties":{{"nextLink":{json.dumps(link)},"columns":{columns},"rows":{rows}}}}}'
    return Answer(200, text.encode())


@pytest.fixture
def query(api: Api) -> CostQuery:
    return CostQuery(api, DAYS)


def test_the_question_is_daily_by_name_and_under_our_own_name(
    query: CostQuery, service: Service
) -> None:
    service.will(answer("[]"))
    assert query.costs() == []
    asked = service.asked[0]
    assert asked.path == f"{SCOPE}/providers/Microsoft.CostManagement/query"
    assert asked.query == {"api-version": ["2025-03-01"]}
    assert asked.headers["clienttype"] == "hve-monitor"
    assert asked.json["timePeriod"] == {
        "from": "2026-10-01T00:00:00+00:00",
        "to": "2026-11-24T23:59:59+00:00",
    }
    dataset = asked.json["dataset"]
    assert dataset["granularity"] == "Daily"
    assert [group["name"] for group in dataset["grouping"]] == list(GROUPS)


def test_columns_are_found_by_name_in_any_order(query: CostQuery, service: Service) -> None:
    columns = json.dumps(
        [
            {"name": name, "type": kind}
            for name, kind in (
                ("Currency", "String"),
                ("MeterSubcategory", "String"),
                ("UsageDate", "Number"),
                ("CostUSD", "Number"),
                ("Meter", "String"),
                ("Cost", "Number"),
                ("ServiceName", "String"),
                ("ResourceGroupName", "String"),
                ("MeterCategory", "String"),
                ("Publisher", "String"),
            )
        ]
    )
    row = '["EUR","High Volume Email",20261101,9,"Recipients",8.5,"Exchange","rg-hve","","Azure"]'
    service.will(answer(f"[{row}]", columns))
    (cost,) = query.costs() or []
    assert (cost.cost, cost.currency, cost.day) == (Decimal("8.5"), "EUR", date(2026, 11, 1))
    assert (cost.service_name, cost.meter, cost.resource_group) == (
        "Exchange",
        "Recipients",
        "rg-hve",
    )
    assert cost.meter_category is None
    assert cost.group["Publisher"] == "Azure"
    assert "CostUSD" not in cost.group


@pytest.mark.parametrize(
    ("literal", "amount"),
    [
        ("7E-06", "0.000007"),
        ("218.68795741935486", "218.68795741935486"),
        ("0.0", "0"),
        ("-12.5", "-12.5"),
        ("3", "3"),
        ('"1.5E-05"', "0.000015"),
        ("0.1234567890123456789", "0.123456789012345679"),
    ],
)
def test_no_digit_of_an_amount_is_lost(
    query: CostQuery, service: Service, literal: str, amount: str
) -> None:
    service.will(answer(f'[[{literal},20261101,"rg-hve","USD"]]'))
    (cost,) = query.costs() or []
    assert cost.cost == Decimal(amount)


@pytest.mark.parametrize("day", ["20261103", '"20261103"', '"2026-11-03"', '"2026-11-03T00:00:00"'])
def test_a_day_is_a_number_or_a_text(query: CostQuery, service: Service, day: str) -> None:
    service.will(answer(f'[[1,{day},"rg-hve","USD"]]'))
    (cost,) = query.costs() or []
    assert cost.day == date(2026, 11, 3)


@pytest.mark.parametrize(
    ("row", "named"),
    [
        ('[null,20261101,"a","USD"]', "PreTaxCost"),
        ('["NaN",20261101,"a","USD"]', "PreTaxCost"),
        ('[1,"soon","a","USD"]', "UsageDate"),
        ('[1,20261101,"a"]', "3 cells for 4 columns"),
    ],
)
def test_a_cell_that_cannot_be_read_is_named(
    query: CostQuery, service: Service, row: str, named: str
) -> None:
    service.will(answer(f"[{row}]"))
    with pytest.raises(SourceContractError, match=named):
        query.costs()


def test_an_answer_without_cost_names_the_columns_that_came(
    query: CostQuery, service: Service
) -> None:
    columns = '[{"name":"UsageDate","type":"Number"},{"name":"Currency","type":"String"}]'
    service.will(answer('[[20200517,"USD"]]', columns))
    with pytest.raises(SourceContractError, match=r"no cost column.*UsageDate, Currency"):
        query.costs()


def test_no_content_says_nothing_and_an_empty_table_says_zero(
    query: CostQuery, service: Service
) -> None:
    service.will(Answer(204), answer("[]"))
    assert query.costs() is None
    assert query.costs() == []


def test_links_are_posted_with_the_same_body_and_one_to_itself_ends(
    query: CostQuery, service: Service
) -> None:
    link = f"{service.url}/next?api-version=2025-03-01&$skiptoken=AQAAAA%3D%3D"
    first = answer('[[1,20261101,"a","USD"]]', link=link)
    last = answer('[[2,20261101,"b","USD"],[1,20261101,"a","USD"]]', link=link)
    service.will(first, last)
    costs = query.costs() or []
    assert [cost.cost for cost in costs] == [1, 2]
    assert [asked.method for asked in service.asked] == ["POST", "POST"]
    assert service.asked[0].body == service.asked[1].body


def test_rows_of_the_same_place_on_one_page_add_up(query: CostQuery, service: Service) -> None:
    service.will(answer('[[5,20261101,"a","USD"],[-2,20261101,"a","USD"]]'))
    assert [cost.cost for cost in query.costs() or []] == [3]


def test_a_link_that_expired_begins_anew(query: CostQuery, service: Service) -> None:
    link = f"{service.url}/next"
    first, last = answer('[[1,20261101,"a","USD"]]', link=link), answer('[[2,20261101,"b","USD"]]')
    refused = Answer(400, {"error": {"message": "Expired or Invalid pagination request."}})
    service.will(first, refused, first, last)
    assert [cost.cost for cost in query.costs() or []] == [1, 2]


def test_too_many_pages_are_an_error(query: CostQuery, service: Service) -> None:
    service.choose = lambda _: answer("[]", link=f"{service.url}/page{len(service.asked)}")
    with pytest.raises(SourceContractError, match="more than 200 pages"):
        query.costs()


def test_a_grouping_that_the_agreement_does_not_know_is_left_out(
    query: CostQuery, service: Service
) -> None:
    text = (
        "Invalid query definition: Invalid dataset grouping: 'ServiceName'; valid values: 'Meter'."
    )
    service.will(Answer(400, {"error": {"message": text}}), answer("[]"))
    query.costs()
    names = [group["name"] for group in service.asked[1].json["dataset"]["grouping"]]
    assert names == [name for name in GROUPS if name != "ServiceName"]


def test_other_refusals_are_told(query: CostQuery, service: Service) -> None:
    refusal = Answer(400, {"error": {"message": "Invalid query definition"}})
    service.will(refusal, refusal)  # the second time without the quantity
    with pytest.raises(RequestRefused, match="Invalid query definition"):
        query.costs()
    service.will(Answer(403, {"error": {"code": "RBACAccessDenied", "message": "no right"}}))
    with pytest.raises(AuthError, match="no right"):
        query.costs()


def test_throttling_is_waited_out_by_the_longest_header(query: CostQuery, service: Service) -> None:
    headers = {
        "x-ms-ratelimit-microsoft.costmanagement-clienttype-retry-after": "45",
        "x-ms-ratelimit-microsoft.costmanagement-qpu-retry-after": "7",
    }
    service.will(Answer(429, {"error": {"code": "429"}}, headers), answer("[]"))
    query.costs()
    assert query.api.throttled == 1


def test_a_quantity_is_kept_and_one_that_is_refused_is_not_asked_again(
    query: CostQuery, service: Service
) -> None:
    columns = COLUMNS.replace("[{", '[{"name":"UsageQuantity","type":"Number"},{', 1)
    service.will(answer('[[0.5,21,20261101,"rg-hve","USD"]]', columns))
    (cost,) = query.costs() or []
    assert (cost.quantity, cost.cost) == (Decimal("0.5"), Decimal(21))
    assert service.asked[0].json["dataset"]["aggregation"]["totalQuantity"] == {
        "name": "UsageQuantity",
        "function": "Sum",
    }
    refusal = Answer(400, b'{"error":{"code":"BadRequest","message":"Invalid aggregation"}}')
    service.will(refusal, answer('[[21,20261101,"rg-hve","USD"]]'))
    (plain,) = query.costs() or []
    assert plain.quantity is None
    assert list(service.asked[-1].json["dataset"]["aggregation"]) == ["totalCost"]
