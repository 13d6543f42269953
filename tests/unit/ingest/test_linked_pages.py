"""Pages that lead to one another: every one once, and an end in any case."""

from __future__ import annotations

import msgspec
import pytest

from hve_monitor.errors import SourceContractError
from ingest.http import Api, RequestRefused
from ingest.linked_pages import LinkRefused, address, linked_pages
from tests.unit.ingest.conftest import Answer, Service


class Numbers(msgspec.Struct):
    value: list[int] = []
    next_link: str | None = msgspec.field(default=None, name="next")


def read(api: Api, most: int = 10) -> list[int]:
    pages = linked_pages(api, Numbers, f"{api.base}/first", "numbers", most=most)
    return [number for page in pages for number in page.value]


def test_links_are_followed_whole_until_there_is_none(api: Api, service: Service) -> None:
    service.will(
        Answer(200, {"value": [1], "next": f"{service.url}/second?%24skiptoken=a%2Bb"}),
        Answer(200, {"value": [2], "next": ""}),
    )
    assert read(api) == [1, 2]
    assert service.asked[1].query == {"$skiptoken": ["a+b"]}


def test_a_circle_ends(api: Api, service: Service) -> None:
    service.choose = lambda _: Answer(
        200, {"value": [len(service.asked)], "next": f"{service.url}/first"}
    )
    assert read(api) == [1]


def test_an_endless_chain_is_an_error(api: Api, service: Service) -> None:
    service.choose = lambda _: Answer(200, {"next": f"{service.url}/{len(service.asked)}"})
    with pytest.raises(SourceContractError, match="numbers: more than 10 pages"):
        read(api)


def test_a_refused_link_is_told_from_a_refused_question(api: Api, service: Service) -> None:
    refused = Answer(400, {"error": {"message": "Expired"}})
    service.will(refused)
    with pytest.raises(RequestRefused):
        read(api)
    service.will(Answer(200, {"next": f"{service.url}/2"}), refused)
    with pytest.raises(LinkRefused, match="page 2: Expired"):
        read(api)


def test_an_address_is_spelled_as_odata_wants_it() -> None:
    url = address("https://graph.example/x", {"$filter": "appId eq 'a&b'", "$top": "5"})
    assert url == "https://graph.example/x?$filter=appId%20eq%20%27a%26b%27&$top=5"
