"""Pages that lead to one another by links: Graph, Cost Management and the price list alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Protocol, TypeVar
from urllib.parse import quote, urlencode

from hve_monitor.errors import SourceContractError
from ingest.http import Api, RequestRefused


class LinkRefused(SourceContractError):
    """A link that the service gave is refused: it expires after a while; begin anew."""


class Linked(Protocol):
    """A page that may name the next one."""

    @property
    def next_link(self) -> str | None:
        """Address of the next page, used whole."""
        ...


PageType = TypeVar("PageType", bound=Linked)


def linked_pages(
    api: Api,
    kind: type[PageType],
    url: str,
    where: str,
    fetch: Callable[[str], bytes] | None = None,
    most: int = 1000,
) -> Iterator[PageType]:
    """Every page from the first address on; a link that was followed before ends the chain.

    Raises: LinkRefused when a link no longer leads on, SourceContractError after `most` pages, and
    whatever fetching raises.
    """
    get = fetch or api.get
    link: str | None = url
    read: set[str] = set()
    while link and link not in read:
        if len(read) == most:
            raise SourceContractError(f"{where}: more than {most} pages; ask for less at once")
        read.add(link)
        try:
            page = _page(api, kind, link, get, where)
        except RequestRefused as error:
            if link == url:
                raise
            raise LinkRefused(f"{where}: page {len(read)}: {error.message}; try again") from None
        yield page
        link = page.next_link


def _page(
    api: Api, kind: type[PageType], link: str, get: Callable[[str], bytes], where: str
) -> PageType:
    return api.decoded(kind, lambda: get(link), where)


def address(base: str, params: Mapping[str, str]) -> str:
    """The base with a query; `$` stays readable, spaces become %20 as OData wants them."""
    return f"{base}?{urlencode(params, safe='$', quote_via=quote)}"
