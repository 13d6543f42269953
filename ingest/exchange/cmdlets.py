"""Exchange cmdlets over REST (`InvokeCommand`).

Microsoft does not document this endpoint, so it is never the only way to a fact: configured
addresses and imported files do without it.
"""

from __future__ import annotations

import msgspec

from hve_monitor.errors import SourceContractError
from ingest.http import Api, JsonObject

MAILBOX = "bb558c35-97f1-4cb9-8ff7-d53741dc928c"
MOST_PAGES = 100


class CmdletRows(msgspec.Struct):
    """The answer's rows; sidecar keys such as `X@odata.type` stay beside the values."""

    value: list[JsonObject] = []
    next_link: str | None = msgspec.field(default=None, name="@odata.nextLink")


class Exchange:
    """Runs read-only cmdlets of one tenant."""

    def __init__(self, api: Api, tenant_id: str) -> None:
        self.api = api
        self._url = f"{api.base}/adminapi/beta/{tenant_id}/InvokeCommand"
        self._headers = {
            "X-AnchorMailbox": f"APP:SystemMailbox{{{MAILBOX}}}@{tenant_id}",
            "Prefer": "odata.maxpagesize=1000",
        }

    def rows(self, cmdlet: str, **parameters: object) -> list[JsonObject]:
        """All rows of a cmdlet; a next link is POSTed again with the same body.

        Raises: SourceContractError, AuthError, SourceUnavailable.
        """
        body = {"CmdletInput": {"CmdletName": cmdlet, "Parameters": parameters}}
        rows: list[JsonObject] = []
        url: str | None = self._url
        for _ in range(MOST_PAGES):
            if not url:
                return rows
            page = self._page(url, body, cmdlet)
            rows += page.value
            url = page.next_link if page.next_link != url else None
        raise SourceContractError(f"{cmdlet}: more than {MOST_PAGES} pages")

    def _page(self, url: str, body: object, cmdlet: str) -> CmdletRows:
        return self.api.decoded(
            CmdletRows, lambda: self.api.post(url, body, self._headers), f"cmdlet {cmdlet}"
        )
