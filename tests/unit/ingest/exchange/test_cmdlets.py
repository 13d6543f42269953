"""Exchange cmdlets: one body, several pages."""

from __future__ import annotations

import pytest

from hve_monitor.errors import SourceContractError
from ingest.exchange.cmdlets import Exchange
from ingest.http import Api
from tests.unit.ingest.conftest import Answer, Asked, Service

TENANT = "11111111-2222-3333-4444-555555555555"


@pytest.fixture
def exchange(api: Api) -> Exchange:
    return Exchange(api, TENANT)


def page(*names: str, link: str | None = None) -> Answer:
    rows = [{"Identity": name, "WhenCreated@data.type": "System.DateTime"} for name in names]
    more = {"@odata.nextLink": link} if link else {}
    return Answer(200, {"@adminapi.warnings": [], "value": rows, **more})


def test_every_page_is_posted_with_the_same_body(exchange: Exchange, service: Service) -> None:
    link = f"{service.url}/adminapi/beta/{TENANT}/InvokeCommand?%24skiptoken=two"
    service.will(page("a", "b", link=link), page("c"))
    rows = exchange.rows("Get-MailUser", HVEAccount=True)
    assert [row["Identity"] for row in rows] == ["a", "b", "c"]
    bodies = [asked.json for asked in service.asked]
    assert (
        bodies
        == [{"CmdletInput": {"CmdletName": "Get-MailUser", "Parameters": {"HVEAccount": True}}}] * 2
    )
    assert service.asked[1].query == {"$skiptoken": ["two"]}


def test_the_request_is_anchored_and_below_the_tenant(exchange: Exchange, service: Service) -> None:
    service.will(page())
    exchange.rows("Get-MailUser")
    asked = service.asked[0]
    assert asked.path == f"/adminapi/beta/{TENANT}/InvokeCommand"
    assert asked.headers["x-anchormailbox"].endswith(f"}}@{TENANT}")
    assert asked.json["CmdletInput"]["Parameters"] == {}


def test_an_answer_of_warnings_alone_has_no_rows(exchange: Exchange, service: Service) -> None:
    service.will(Answer(200, {"@adminapi.warnings": ["nothing found"]}))
    assert exchange.rows("Get-MailUser") == []


def test_a_link_to_itself_ends(exchange: Exchange, service: Service) -> None:
    link = f"{service.url}/again"
    service.choose = lambda _: page("a", link=link)
    assert len(exchange.rows("Get-MailUser")) == 2


def test_links_without_end_are_an_error(
    exchange: Exchange, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.exchange.cmdlets.MOST_PAGES", 4)

    def endless(_: Asked) -> Answer:
        return page(link=f"{service.url}/{len(service.asked)}")

    service.choose = endless
    with pytest.raises(SourceContractError, match="Get-MailUser: more than 4 pages"):
        exchange.rows("Get-MailUser")


def test_rows_that_are_no_list_are_told(exchange: Exchange, service: Service) -> None:
    service.choose = lambda _: Answer(200, {"value": "none"})
    with pytest.raises(SourceContractError, match=r"cmdlet Get-MailUser: .*\$\.value"):
        exchange.rows("Get-MailUser")
