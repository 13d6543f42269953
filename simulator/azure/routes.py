"""Cost Management as Azure Resource Manager serves it."""

from __future__ import annotations

import base64
import binascii
import threading
import uuid

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.azure.cost_query import (
    BadQueryError,
    CostQueryBody,
    CostTable,
    days_of,
    matches,
    read_cost_query,
)
from simulator.mail.instant import day_of
from simulator.paging import link
from simulator.reply import azure_error, azure_throttled, json_reply
from simulator.world.access import AZURE, COSTS
from simulator.world.access import RequestQuota as Quota
from simulator.world.invoice import OTHER_GROUP, RESOURCE_GROUP
from simulator.world.tenant import SimulatedTenant

_WINDOW_SECONDS = 60.0
_PREFIX = "x-ms-ratelimit"
_DENIED = "The client does not have authorization to perform action."


class AzureRoutes:
    """Answers below `/azure`. The sizes of the request buckets are invented."""

    def __init__(self, tenant: SimulatedTenant) -> None:
        self._tenant = tenant
        self._buckets: dict[str, Quota] = {}
        self._choosing = threading.Lock()

    def routes(self) -> list[Route]:
        """Routes relative to the prefix."""
        path = "/{scope:path}/providers/Microsoft.CostManagement/query"
        return [Route(path, self.query, methods=["POST"])]

    async def query(self, request: Request) -> Response:
        """One page of summed charges; 204 when there are none."""
        body = await request.body()
        return await run_in_threadpool(self._answer, request, body)

    def _answer(self, request: Request, body: bytes) -> Response:
        refusal = self._refusal(request)
        if refusal:
            return refusal
        try:
            page = _page_number(request.query_params.get("$skiptoken"))
            table = self._table(request.path_params["scope"], self._read(body))
        except BadQueryError as error:
            return azure_error(400, "BadRequest", str(error))
        if not table.rows:
            return Response(status_code=204)
        return self._page(request, table, page)

    def _read(self, body: bytes) -> CostQueryBody:
        query = read_cost_query(body)
        names = {column.name.lower() for column in query.dataset.aggregation.values()}
        if self._tenant.azure.quantity_refused and "usagequantity" in names:
            raise BadQueryError("Invalid query definition: Invalid aggregation 'UsageQuantity'.")
        return query

    def _refusal(self, request: Request) -> Response | None:
        """The answer to a caller without token, version, role or quota."""
        reason = self._tenant.tokens.refusal(request.headers.get("authorization"), AZURE)
        if reason:
            return azure_error(401, "InvalidAuthenticationToken", reason)
        if "api-version" not in request.query_params:
            text = "The api-version query parameter (?api-version=) is required for all requests."
            return azure_error(400, "MissingApiVersionParameter", text)
        scope = request.path_params["scope"].lower()
        if COSTS not in self._tenant.granted or scope not in self._scopes():
            return azure_error(403, "RBACAccessDenied", _DENIED)
        seconds = self._bucket(request).take()
        return None if seconds is None else azure_throttled(seconds)

    def _scopes(self) -> set[str]:
        root = f"subscriptions/{self._tenant.azure.subscription_id}"
        return {
            root,
            *(f"{root}/resourcegroups/{group}" for group in (RESOURCE_GROUP, OTHER_GROUP)),
        }

    def _bucket(self, request: Request) -> Quota:
        """Callers that give a `ClientType` have a bucket of their own, the others a small one."""
        client, azure = request.headers.get("clienttype", ""), self._tenant.azure
        with self._choosing:
            bucket = self._buckets.setdefault(client, Quota(0, _WINDOW_SECONDS))
        own, shared = azure.requests_per_minute, azure.anonymous_requests_per_minute
        bucket.requests = own if client else shared
        return bucket

    def _table(self, scope: str, query: CostQueryBody) -> CostTable:
        azure = self._tenant.azure
        first, last = days_of(query, day_of(self._tenant.clock))
        group = scope.lower().partition("/resourcegroups/")[2]
        charges = [
            charge
            for charge in azure.charges(first, last)
            if group in ("", charge.dimensions["ResourceGroup"])
            and matches(charge, query.dataset.filter)
        ]
        return CostTable(query, charges, azure.seed)

    def _page(self, request: Request, table: CostTable, page: int) -> Response:
        azure, name = self._tenant.azure, str(uuid.uuid4())
        begin, end = page * azure.page_rows, (page + 1) * azure.page_rows
        following = None
        if end < len(table.rows) or (azure.self_link and begin < len(table.rows)):
            following = _next_link(request, page + 1)
        elif azure.self_link:
            following = _next_link(request, page)
        scope = request.path_params["scope"]
        body = {
            "id": f"{scope}/providers/Microsoft.CostManagement/query/{name}",
            "name": name,
            "type": "Microsoft.CostManagement/query",
            "location": None,
            "sku": None,
            "eTag": None,
            "properties": {
                "nextLink": following,
                "columns": table.columns,
                "rows": table.rows[begin:end],
            },
        }
        return json_reply(body, headers=_remaining())


def _page_number(token: str | None) -> int:
    """The page of a token, four bytes with the lowest first; 0 without a token."""
    if token is None:
        return 0
    try:
        raw = base64.b64decode(token, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadQueryError("Invalid skip token.") from error
    if len(raw) != 4:
        raise BadQueryError("Invalid skip token.")
    return int.from_bytes(raw, "little")


def _next_link(request: Request, page: int) -> str:
    token = base64.b64encode(page.to_bytes(4, "little")).decode()
    version = request.query_params["api-version"]
    return link(request, {"api-version": version, "$skiptoken": token})


def _remaining() -> dict[str, str]:
    """Quota headers of a good answer."""
    return {
        f"{_PREFIX}-microsoft.costmanagement-qpu-consumed": "1",
        f"{_PREFIX}-microsoft.costmanagement-qpu-remaining": "QueriesPerHour:577,QueriesPerMin:59",
        f"{_PREFIX}-remaining-microsoft.costmanagement-entity-requests": "DefaultQuota:3",
        f"{_PREFIX}-remaining-microsoft.costmanagement-tenant-requests": "DefaultQuota:19",
    }
