"""`InvokeCommand`: Exchange cmdlets over REST, with the envelope of the service."""

from __future__ import annotations

import re
import time

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.exchange.cmdlets import (
    BadParameterError,
    Cmdlets,
    ObjectNotFoundError,
    UnknownCmdletError,
)
from simulator.exchange.trace_cmdlets import TraceCmdlets
from simulator.graph.query_options import RefusedQueryError
from simulator.reply import THROTTLED, JsonObject, base_url, exchange_error, json_reply
from simulator.world.access import CMDLETS, EXCHANGE
from simulator.world.tenant import SimulatedTenant

_PAGE_SIZE = re.compile(r"odata\.maxpagesize\s*=\s*(\d+)", re.IGNORECASE)
_DEFAULT_PAGE_SIZE = 1_000
_MORE = (
    "There are more results available than are currently displayed."
    " To view them, increase the value for the ResultSize parameter."
)
_NAMESPACE = "Microsoft.Exchange.AdminApi.CommandInvocation"
_AMBIGUOUS = f"{_NAMESPACE}.AmbiguousParameterSetException"
_BAD_PARAMETER = (
    "Parameter set cannot be resolved using the specified named parameters."
    " Invalid cmdlet parameters specified. "
)
_RETIRED = ("get-messagetrace", "get-messagetracedetail")
# That the old cmdlets answer 400 here has been observed; the words are invented.
_RETIRED_TEXT = "The cmdlet is not supported. Use Get-MessageTraceV2 or Get-MessageTraceDetailV2."
_NOT_FOUND = "Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException"


class CmdletInput(msgspec.Struct, frozen=True):
    """The cmdlet and its parameters, as the body spells them."""

    CmdletName: str
    Parameters: dict[str, object]


class Invocation(msgspec.Struct, frozen=True):
    """The body of a call."""

    CmdletInput: CmdletInput


class ExchangeRoutes:
    """Answers below `/exchange`."""

    def __init__(self, tenant: SimulatedTenant) -> None:
        self._tenant = tenant
        self._cmdlets = Cmdlets(tenant)
        self._traces = TraceCmdlets(tenant)

    def routes(self) -> list[Route]:
        """Routes relative to the prefix."""
        return [Route("/adminapi/beta/{tenant}/InvokeCommand", self.invoke, methods=["POST"])]

    async def invoke(self, request: Request) -> Response:
        """The output of one cmdlet; message traces are computed beside the event loop."""
        body = await request.body()
        return await run_in_threadpool(self._answer, request, body)

    def _answer(self, request: Request, body: bytes) -> Response:
        refusal = self._refusal(request)
        if refusal:
            return refusal
        try:
            call = msgspec.json.decode(body, type=Invocation).CmdletInput
            return self._output(request, call)
        except UnknownCmdletError:
            return _forbidden()
        except BadParameterError as error:
            return _invalid(_AMBIGUOUS, f"{_BAD_PARAMETER}{error}")
        except RefusedQueryError as error:
            return _invalid("System.ArgumentException", str(error).rpartition("|")[2])
        except ObjectNotFoundError as error:
            return self._not_found(str(error))
        except (msgspec.MsgspecError, ValueError) as error:
            return _invalid(f"{_NAMESPACE}.InvalidRequestException", str(error))

    def _refusal(self, request: Request) -> Response | None:
        """The answer to a caller without a good token, the right tenant or a role."""
        reason = self._tenant.tokens.refusal(request.headers.get("authorization"), EXCHANGE)
        if not reason and request.path_params["tenant"] not in self._names():
            reason = "Tenant mismatch."
        if not reason and CMDLETS not in self._tenant.granted:
            reason = "The application has no role for Exchange Online."
        if reason:
            return json_reply({"error": {"code": "Unauthorized", "message": reason}}, 401)
        return _forbidden() if self._tenant.exchange_refused else None

    def _output(self, request: Request, call: CmdletInput) -> Response:
        if self._traces.has(call.CmdletName):
            return self._message_traces(request, call)
        if call.CmdletName.lower() in _RETIRED:
            return _invalid(f"{_NAMESPACE}.InvalidRequestException", _RETIRED_TEXT)
        size = _result_size(call.Parameters)
        rows = self._cmdlets.run(call.CmdletName, call.Parameters)
        return self._page(request, rows, size, int(request.query_params.get("$skiptoken", "0")))

    def _message_traces(self, request: Request, call: CmdletInput) -> Response:
        """All rows in one answer: these cmdlets know no pages. They draw on the shared quota."""
        seconds = self._tenant.quota.take()
        if seconds is not None:
            headers = {"Retry-After": str(seconds)}
            return exchange_error(429, "TooManyRequests", THROTTLED, headers)
        time.sleep(self._tenant.page_delay)
        output = self._traces.run(call.CmdletName, call.Parameters)
        return json_reply(_envelope(request, output.rows, output.warnings))

    def _names(self) -> set[str]:
        onmicrosoft = f"{self._tenant.name}.onmicrosoft.com"
        return {self._tenant.tenant_id, self._tenant.domain, onmicrosoft}

    def _page(self, request: Request, rows: list[JsonObject], size: int, offset: int) -> Response:
        preference = _PAGE_SIZE.search(request.headers.get("prefer", ""))
        page = max(1, int(preference.group(1)) if preference else _DEFAULT_PAGE_SIZE)
        root = f"{base_url(request)}{request.url.path}"
        warnings = [_MORE] if len(rows) > size else []
        body = _envelope(request, rows[:size][offset : offset + page], warnings)
        if offset + page < min(size, len(rows)):
            body["@odata.nextLink"] = f"{root}?%24skiptoken={offset + page}"
        applied = {"Preference-Applied": preference.group(0)} if preference else None
        return json_reply(body, headers=applied)

    def _not_found(self, identity: str) -> Response:
        text = (
            f"The operation couldn't be performed because object '{identity}' couldn't be found"
            f" on '{self._tenant.name}.onmicrosoft.com'."
        )
        return _cmdlet_error(
            404, "NotFound", "Error executing cmdlet", _NOT_FOUND, text, "Ex6F9304"
        )


def _envelope(request: Request, rows: list[JsonObject], warnings: list[str]) -> JsonObject:
    schema = f"{base_url(request)}{request.url.path}".rpartition("/")[0]
    return {
        "@odata.context": f"{schema}/$metadata#Collection(Exchange.GenericHashTable)",
        "adminapi.warnings@odata.type": "#Collection(String)",
        "@adminapi.warnings": warnings,
        "value": rows,
    }


def _result_size(parameters: dict[str, object]) -> int:
    """Rows the caller wants at most; unlimited when it does not say."""
    size = str(parameters.get("ResultSize", "Unlimited"))
    if size.lower() == "unlimited":
        return 1_000_000
    if not size.isdigit():
        raise BadParameterError("ResultSize")
    return int(size)


def _forbidden() -> Response:
    """403 as the service sends it: zero bytes that claim to be compressed."""
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
    return Response(bytes(4096), 403, headers)


def _invalid(kind: str, text: str) -> Response:
    return _cmdlet_error(400, "BadRequest", "Invalid Operation", kind, text)


def _cmdlet_error(
    status: int, code: str, message: str, kind: str, text: str, prefix: str = ""
) -> Response:
    detail = f"{prefix}|{kind}|{text}"
    inner = {
        "message": message,
        "type": "Microsoft.Exchange.Admin.OData.Core.ODataServiceException",
        "stacktrace": "",
        "internalexception": {"message": text, "type": kind, "stacktrace": ""},
    }
    details = [{"code": "Client", "target": "", "message": detail}]
    error = {"code": code, "message": message, "details": details, "innererror": inner}
    return json_reply({"error": error}, status)
