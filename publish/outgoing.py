"""What receivers answer: verified TLS, and what each refusal means.

It is apart from ingest's: alerts must not wait as long as a backfill may, and publish knows nothing
of ingest. Reasons name the host alone, because the rest of a URL can be a secret.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextvars import copy_context
from http import HTTPStatus
from typing import NamedTuple, TypeVar
from urllib.parse import unquote, urlsplit

import stamina

from hve_monitor.answers import words_of
from hve_monitor.https import (
    AnswerTooLarge,
    Bounds,
    Client,
    DecodingError,
    InvalidURL,
    Response,
    TransportError,
)
from hve_monitor.text import one_line
from hve_monitor.waits import retry_after

T = TypeVar("T")
# A receiver has a word or two to say.
BOUNDS = Bounds(connect=5.0, read=15.0, seconds=30.0, bytes=1 << 20)
# Within a run; the outbox goes on from there.
QUICK_ATTEMPTS, QUICK_SECONDS, LONGEST_QUICK_WAIT = 3, 30.0, 10.0
UNANSWERED = (TransportError, DecodingError, InvalidURL)
OF_THE_MESSAGE = (400, 413, 415, 422)
PARTS = re.compile(r"[/?&=:@\s]")
# A piece of a path that is a word of a language is none of our secrets: `services`, `collector`.
PLAIN_WORD, LONGEST_PLAIN = re.compile(r"[a-z]{1,9}"), 3


class Undelivered(Exception):
    """A message that was not accepted.

    `seconds` is the wait that the receiver requests. `is_passing`: worth another try at once.
    `is_of_target`: the other messages of this target would fare alike.
    """

    def __init__(
        self,
        reason: str,
        *,
        seconds: float | None = None,
        is_passing: bool = False,
        is_of_target: bool = True,
        body: bytes = b"",
    ) -> None:
        super().__init__(one_line(reason))
        self.body = body
        self.seconds, self.is_passing, self.is_of_target = seconds, is_passing, is_of_target


def client(ca_bundle: str = "", bounds: Bounds = BOUNDS) -> Client:
    """A client for one receiver. Raises: ConfigError (the CA file)."""
    return Client(ca_bundle, bounds)


def within(seconds: float, work: Callable[[], T]) -> T:
    """What the work returns, or raises.

    Work that is not done in time is left alone: its thread keeps no process from ending.
    Raises: TimeoutError.
    """
    done: Future[T] = Future()

    def run() -> None:
        try:
            done.set_result(work())
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits
            done.set_exception(error)

    threading.Thread(target=copy_context().run, args=(run,), daemon=True).start()
    return done.result(seconds)


class Answer(NamedTuple):
    """A receiver's answer to a POST that it accepted."""

    status: int
    body: bytes

    def __str__(self) -> str:
        return f"HTTP {self.status}"


def post(opened: Client, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    """The answer to an accepted POST. Raises: Undelivered."""
    try:
        answer = opened.post(url, content=body, headers=dict(headers))
    except UNANSWERED as error:
        raise unanswered(error, url) from None
    if answer.is_success:
        return Answer(answer.status_code, answer.content)
    raise refusal(answer, url, headers)


def unanswered(error: Exception, url: str) -> Undelivered:
    """What a request without a whole answer ended with."""
    is_passing = isinstance(error, TransportError) and not isinstance(error, AnswerTooLarge)
    return Undelivered(f"{_host(url)}: {type(error).__name__}: {error}", is_passing=is_passing)


def refusal(answer: Response, url: str, headers: Mapping[str, str]) -> Undelivered:
    """What an answer that is no success says, in the receiver's own words without our secrets."""
    status = answer.status_code
    words = without_secrets(words_of(answer), url, headers.get("Authorization", ""))
    return Undelivered(
        f"{_host(url)}: HTTP {status}" + (f": {words}" if words else ""),
        seconds=retry_after(answer.headers),
        is_passing=status in (408, 425, 429) or status >= HTTPStatus.INTERNAL_SERVER_ERROR,
        is_of_target=status not in OF_THE_MESSAGE,
        body=answer.content,
    )


def without_secrets(words: str, url: str, *secrets: str) -> str:
    """The words without the secrets, and without any part of the URL that may be one."""
    _, _, rest = url.partition("://")
    pieces = {piece for piece in PARTS.split(rest) if not PLAIN_WORD.fullmatch(piece)}
    pieces |= {piece for secret in secrets for piece in PARTS.split(secret)}
    pieces |= {unquote(piece) for piece in pieces}
    for piece in sorted(pieces, key=len, reverse=True):
        if len(piece) > LONGEST_PLAIN and piece != _host(url):
            words = words.replace(piece, "…")
    return words


def quickly(send: Callable[[], T]) -> T:
    """Sends, and again shortly after a passing fault; the answer. Raises: Undelivered."""
    attempts = stamina.retry_context(
        on=_wait, attempts=QUICK_ATTEMPTS, timeout=QUICK_SECONDS, wait_max=LONGEST_QUICK_WAIT
    )
    for attempt in attempts:
        with attempt:
            return send()
    raise AssertionError("stamina returns or raises")


def _wait(error: Exception) -> bool | float:
    if not isinstance(error, Undelivered) or not error.is_passing:
        return False
    if error.seconds is None:
        return True
    return error.seconds if error.seconds <= LONGEST_QUICK_WAIT else False


def _host(url: str) -> str:
    return urlsplit(url).hostname or "?"
