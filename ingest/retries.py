"""Requests that are sent again: what may pass by itself, and how long that is waited for."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import TypeVar
from urllib.parse import urlsplit
from urllib.request import getproxies

import stamina

from hve_monitor.errors import AuthError, SourceContractError, SourceUnavailable, ThrottledError
from hve_monitor.https import AnswerTooLarge, DecodingError, InvalidURL, Response, TransportError
from hve_monitor.waits import retry_after

T = TypeVar("T")
UNTRUSTED = "CERTIFICATE_VERIFY_FAILED"
ATTEMPTS, TOTAL_SECONDS = 10, 1800.0
# Microsoft's message trace pages do not promise a Retry-After header.
THROTTLED_WITHOUT_HEADER_SECONDS = 60.0


class Throttled(Exception):
    """HTTP 429; `seconds` is the wait that the service requests."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"throttled for {seconds:.0f} s")
        self.seconds = seconds


class Broken(Exception):
    """A passing fault: 5xx, a reset connection, a body cut short."""

    def __init__(self, reason: str, seconds: float | None = None) -> None:
        super().__init__(reason)
        self.seconds = seconds


def patiently(
    ask: Callable[[], T], where: str, attempts: int = ATTEMPTS, seconds: float = TOTAL_SECONDS
) -> T:
    """What `ask` returns, which may raise Throttled and Broken: then it is asked again.

    Raises: ThrottledError and SourceUnavailable, once the attempts or the seconds are used up.
    """
    try:
        for attempt in stamina.retry_context(
            on=_wait, attempts=attempts, timeout=seconds, wait_max=60.0
        ):
            with attempt:
                return ask()
    except Throttled as error:
        raise ThrottledError(f"{where}: still {error}; try again later") from None
    except Broken as error:
        raise SourceUnavailable(f"{where}: {error}; try again later") from None
    raise AssertionError("stamina returns or raises")


def whole_answer(send: Callable[[], Response], where: str) -> Response:
    """The whole answer, whatever it says. Raises: Broken, AuthError, SourceContractError."""
    try:
        return send()
    except AnswerTooLarge as error:
        raise SourceContractError(f"{where}: {error}; it is not read") from error
    except (InvalidURL, UnicodeError) as error:
        raise SourceContractError(f"{where}: a link is no URL ({type(error).__name__})") from None
    except DecodingError as error:
        raise Broken(f"body cut short ({error})") from error
    except TransportError as error:
        if UNTRUSTED in str(error):
            raise AuthError(
                f"{where}: the certificate is not trusted ({error});"
                " check the clock, and endpoints.ca_bundle where a proxy stands between"
            ) from None
        raise Broken(f"{type(error).__name__}: {error}{_through_proxy()}") from error


def check_passing(response: Response) -> None:
    """Raises: Throttled or Broken for an answer that may be another one later."""
    status = response.status_code
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        wait = retry_after(response.headers)
        raise Throttled(THROTTLED_WITHOUT_HEADER_SECONDS if wait is None else wait)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        raise Broken(f"HTTP {status}", retry_after(response.headers))


def _wait(error: Exception) -> bool | float:
    """Seconds to wait before the next attempt, True for the usual back-off, False to give up."""
    if isinstance(error, Throttled):
        return error.seconds
    if isinstance(error, Broken):
        return True if error.seconds is None else error.seconds
    return False


def _through_proxy() -> str:
    """Which proxy of the environment stands between, for the message of a lost connection."""
    proxy = urlsplit(getproxies().get("https", "")).hostname
    return f" (through the proxy {proxy})" if proxy else ""
