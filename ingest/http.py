"""Requests to Microsoft's services: tokens, and what each refusal means."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Protocol, TypeAlias, TypeVar
from urllib.parse import SplitResult, unquote, urlsplit

import msgspec
import stamina

from hve_monitor.clock import aware
from hve_monitor.errors import (
    AuthError,
    SourceContractError,
    SourceUnavailable,
)
from hve_monitor.https import (
    Bounds,
    Client,
    Response,
    TransportError,
)
from hve_monitor.text import printable
from ingest.error_words import error_code, error_message
from ingest.retries import TOTAL_SECONDS, Broken, check_passing, patiently, whole_answer

# An object of an answer whose properties are not all documented.
JsonObject: TypeAlias = dict[str, object]

T = TypeVar("T")
# Users, backslashes and letters of other scripts: libraries differ in whose host that is.
UNUSUAL = re.compile(r"[^A-Za-z0-9.:\[\]-]")
PLACE = re.compile(r"^(?:[a-z]+:)?[/\\]*([^/?#\\]*).*$", re.IGNORECASE | re.DOTALL)
LONGEST_PLACE = 200
LONGEST_URL = 32_768  # a link that goes on has some hundred characters
# Of a tenant's requests together; a server that accepts and never answers costs no more.
PATIENCE_SECONDS = 600.0
# A page of 5,000 traces has some megabytes and comes within a minute.
BOUNDS = Bounds(connect=20.0, read=120.0, seconds=300.0, bytes=128 << 20)


class RequestRefused(SourceContractError):
    """The service understood the request and refuses it (4xx); `message` is its own text."""

    def __init__(self, status: int, message: str, where: str) -> None:
        super().__init__(f"{where}: HTTP {status}: {message}")
        self.status, self.message = status, message


class Tokens(Protocol):
    """Where bearer tokens come from."""

    def bearer(self, scope: str, *, fresh: bool = False) -> str:
        """A token of the scope; `fresh` drops the remembered one."""
        ...


Before: TypeAlias = Callable[[], None]


def at_once() -> None:
    """Waits for nothing before a request."""


def https_client(ca_bundle: str = "", bounds: Bounds = BOUNDS) -> Client:
    """A client for the services of one tenant. Raises: ConfigError (the CA file)."""
    return Client(ca_bundle, bounds)


@dataclass
class ServiceClock:
    """What the answers of a tenant's services say of time.

    latest: the latest time that one named (`Date`, RFC 9110); None before any. silent_seconds: how
    long requests have waited for nothing since the last answer that came whole.
    """

    latest: datetime | None = None
    silent_seconds: float = 0.0

    def watch(self, client: Client) -> None:
        """Looks at every answer from now on."""
        client.event_hooks["response"].append(self._note)

    def not_after(self, moment: datetime) -> datetime:
        """The moment, or the services' time where that is earlier."""
        return moment if self.latest is None else min(moment, self.latest)

    def _note(self, response: Response) -> None:
        moments = [moment for moment in (self.latest, service_time(response)) if moment]
        self.latest = max(moments, default=None)


def service_time(response: Response) -> datetime | None:
    """The latest `Date` of an answer; a proxy may add its own."""
    moments = []
    for text in response.headers.get_list("date"):
        with suppress(ValueError, OverflowError):
            moments.append(aware(parsedate_to_datetime(text)))
    return max(moments, default=None)


class Api:
    """One Microsoft service: base URL, scope, and the permission it needs.

    `before` runs ahead of every attempt (the quota planner waits there); `requests` and
    `throttled` count what was sent and refused.
    """

    def __init__(
        self,
        client: Client,
        tokens: Tokens,
        base: str,
        scope: str,
        permission: str,
        before: Before = at_once,
        clock: ServiceClock | None = None,
    ) -> None:
        self._client, self._tokens, self._scope = client, tokens, scope
        self._clock = clock or ServiceClock()
        self.base, self.permission, self._before = base, permission, before
        self.requests = self.throttled = 0

    def get(self, url: str, params: Mapping[str, str] | None = None) -> bytes:
        """Body of a GET. Raises: RequestRefused, AuthError, ThrottledError, SourceUnavailable."""
        return self._call("GET", url, params=params)

    def post(
        self,
        url: str,
        body: object,
        headers: Mapping[str, str] | None = None,
        no_content: bytes | None = None,
    ) -> bytes:
        """Body of a POST of JSON. no_content: what "no content" (204) stands for, if anything.

        Raises: as get.
        """
        return self._call("POST", url, no_content, json=body, headers=headers)

    def decoded(
        self,
        kind: type[T],
        fetch: Callable[[], bytes],
        where: str,
        leniently: Callable[[bytes], T] | None = None,
    ) -> T:
        """The fetched body as a typed value; a body cut short is fetched again.

        leniently: how to read a body of another shape, where one odd row must not cost the others.
        Raises: SourceContractError naming the page and the field when the shape is wrong.
        """
        try:
            for attempt in stamina.retry_context(
                on=_is_cut_short, attempts=4, timeout=TOTAL_SECONDS
            ):
                with attempt:
                    return _decoded(fetch(), kind, leniently)
        except msgspec.ValidationError as error:
            raise SourceContractError(f"{where}: {error}") from None
        except msgspec.DecodeError as error:
            raise SourceContractError(f"{where}: the answer is no JSON ({error})") from None
        raise AssertionError("stamina returns or raises")

    def _call(
        self, method: str, url: str, no_content: bytes | None = None, **options: Any
    ) -> bytes:
        where = f"{method} {url.split('?', maxsplit=1)[0]}"
        self._check_place(url, where)
        fresh = False

        def answered() -> bytes:
            nonlocal fresh
            self._give_up_in_silence(where)
            response = self._send(method, url, fresh=fresh, **options)
            if response.status_code == HTTPStatus.UNAUTHORIZED and not fresh:
                fresh = True
                response = self._send(method, url, fresh=True, **options)
            if response.status_code == HTTPStatus.NO_CONTENT and no_content is not None:
                return no_content
            return self._body(response, where)

        return patiently(answered, where)

    def _check_place(self, url: str, where: str) -> None:
        """A token goes nowhere but to its service, whatever a link in an answer says."""
        if not _is_inside(self.base, url):
            host = printable(PLACE.sub(r"\1", url))[:LONGEST_PLACE] or "no host"
            raise SourceContractError(
                f"{printable(where)[:LONGEST_PLACE]}: a link leads to {host}, outside of"
                f" {self.base}; not followed"
            )

    def _give_up_in_silence(self, where: str) -> None:
        """A run that waits at every source for hours would publish nothing meanwhile."""
        if self._clock.silent_seconds >= PATIENCE_SECONDS:
            raise SourceUnavailable(
                f"{where}: no service has answered for {PATIENCE_SECONDS / 60:.0f} minutes;"
                " try again later"
            )

    def _send(self, method: str, url: str, *, fresh: bool, **options: Any) -> Response:
        headers = {
            **(options.pop("headers", None) or {}),
            "Authorization": f"Bearer {self._tokens.bearer(self._scope, fresh=fresh)}",
        }
        self._before()
        self.requests += 1
        return self._answer(method, url, headers=headers, **options)

    def _answer(self, method: str, url: str, **options: Any) -> Response:
        """The whole answer, whatever it says. Raises: Broken, AuthError, SourceContractError."""
        where, started = url.split("?", maxsplit=1)[0], time.monotonic()
        try:
            response = whole_answer(lambda: self._client.request(method, url, **options), where)
        except (Broken, SourceContractError) as error:
            if isinstance(error.__cause__, TransportError):
                self._clock.silent_seconds += time.monotonic() - started
            raise
        self._clock.silent_seconds = 0.0
        return response

    def _body(self, response: Response, where: str) -> bytes:
        status = response.status_code
        if status == HTTPStatus.OK:
            return response.content
        if status < HTTPStatus.BAD_REQUEST:
            raise SourceContractError(
                f"{where}: HTTP {status}{_destination(response)} instead of an answer;"
                " look for a proxy or a sign-in page in between"
            )
        self.throttled += status == HTTPStatus.TOO_MANY_REQUESTS
        check_passing(response)
        message = ": ".join(
            filter(None, (error_code(response.content), error_message(response.content)))
        )
        if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            raise AuthError(
                f"{where}: HTTP {status}: {message or 'refused'}; needed: {self.permission}"
            )
        raise RequestRefused(status, message, where)


def _is_inside(base: str, url: str) -> bool:
    """Whether a URL has scheme, host and port of the base, its path below the base's, no user.

    Paths are compared as they are written: one that climbs, in any spelling, is outside, and so is
    what no URL holds: parsers drop tabs and line ends, or refuse the whole.
    """
    if not url.isprintable() or len(url) > LONGEST_URL:
        return False
    try:
        service, there = urlsplit(base), urlsplit(url)
        is_same = _origin(there) == _origin(service)
    except ValueError:  # brackets or a port that are none
        return False
    folder, path = service.path.rstrip("/") + "/", there.path
    steps = unquote(unquote(path)).replace("\\", "/").split("/")
    is_below = path == service.path or path.startswith(folder)
    return is_same and is_below and ".." not in steps and not UNUSUAL.search(there.netloc)


def _origin(parts: SplitResult) -> tuple[str, str | None, int | None]:
    """Scheme, host and port; the price list writes `:443` into its links."""
    usual = 443 if parts.scheme == "https" else None
    return parts.scheme, parts.hostname, usual if parts.port is None else parts.port


def _destination(response: Response) -> str:
    """Which host a redirect leads to, for its message."""
    match = PLACE.match(response.headers.get("location", ""))
    host = printable(match[1])[:LONGEST_PLACE] if match else ""
    return f" leads to {host or 'nowhere'}" if response.is_redirect else ""


def _decoded(body: bytes, kind: type[T], leniently: Callable[[bytes], T] | None) -> T:
    """Raises: DecodeError, ValidationError."""
    try:
        return _typed(body, kind, leniently)
    except RecursionError:
        raise msgspec.ValidationError("the answer is nested too deeply") from None


def _typed(body: bytes, kind: type[T], leniently: Callable[[bytes], T] | None) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except UnicodeDecodeError:
        # One bad byte in a subject costs that sign, not the page.
        text = body.decode("utf-8", "replace")
        return _typed(text.encode(), kind, leniently)
    except msgspec.ValidationError:
        if leniently is None:
            raise
        return leniently(body)


def _is_cut_short(error: Exception) -> bool:
    """A body that is no JSON may come whole next time; a wrong shape will not change."""
    return isinstance(error, msgspec.DecodeError) and not isinstance(error, msgspec.ValidationError)


def objects_in(value: object) -> list[JsonObject]:
    """The objects of a list; none where the value is no list."""
    return value if isinstance(value, list) else []
