"""Connections of apprise's services: ours, so that they are verified, end, and lead nowhere else.

apprise speaks with requests and smtplib, which wait without end, unpack whole bodies and follow
redirects. What is put in the place of their classes is used by apprise alone in this process.
"""

from __future__ import annotations

import smtplib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import requests
import requests.adapters
import requests.sessions
from apprise.plugins.email import smtp

from hve_monitor.https import AnswerTooLarge, DecodingError, InvalidURL, TransportError
from hve_monitor.smtp import Dialogue, SecureDialogue
from hve_monitor.text import printable
from hve_monitor.tls import trust
from publish.outgoing import Undelivered, client, refusal
from publish.targets.mail import DIALOGUE_SECONDS, STEP_SECONDS

# Why requests of this sending failed: apprise keeps such words to itself.
troubles: ContextVar[list[Undelivered]] = ContextVar("troubles")
# requests would accept more ways of packing than our client unpacks.
OF_REQUESTS = ("accept-encoding", "connection", "content-length")


@contextmanager
def wired(ca_bundle: str) -> Iterator[None]:
    """What apprise sends within goes through our clients. Raises: ConfigError (the CA file)."""
    trust(ca_bundle)
    http: Any = requests.sessions
    mail: Any = smtp
    before = http.HTTPAdapter, mail.smtplib
    classes = {"SMTP": partial(_mail, Dialogue), "SMTP_SSL": partial(_mail, SecureDialogue)}
    http.HTTPAdapter = partial(_Adapter, ca_bundle)
    mail.smtplib = SimpleNamespace(**vars(smtplib) | classes)
    try:
        yield
    finally:
        http.HTTPAdapter, mail.smtplib = before


class _Adapter(requests.adapters.BaseAdapter):
    """Sends a request of apprise with our own client."""

    def __init__(self, ca_bundle: str) -> None:
        super().__init__()
        self._ca_bundle = ca_bundle

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        """The whole answer. Raises: requests.ConnectionError, also for plain HTTP and redirects."""
        place = urlsplit(request.url or "")
        if place.scheme != "https":
            raise _trouble(f"{place.hostname}: is no https:// address")
        headers = {
            name: str(value)
            for name, value in request.headers.items()
            if name.lower() not in OF_REQUESTS
        }
        body: Any = request.body
        try:
            with client(self._ca_bundle) as opened:
                answer = opened.request(
                    request.method or "POST", request.url or "", content=body, headers=headers
                )
        except (TransportError, DecodingError, InvalidURL) as error:
            is_passing = isinstance(error, TransportError) and not isinstance(error, AnswerTooLarge)
            words = f"{place.hostname}: {type(error).__name__}: {error}"
            raise _trouble(words, is_passing=is_passing) from None
        if answer.has_redirect_location:
            host = urlsplit(answer.headers["location"]).hostname or "another place"
            words = f"HTTP {answer.status_code} leads to {printable(host)}; it is not followed"
            raise _trouble(f"{place.hostname}: {words}")
        if not answer.is_success:
            troubles.get([]).append(refusal(answer, request.url or "", headers))
        return _as_of_requests(request, answer.status_code, answer.headers, answer.content)

    def close(self) -> None:
        """Nothing is kept open."""


def _trouble(words: str, *, is_passing: bool = False) -> requests.ConnectionError:
    troubles.get([]).append(Undelivered(words, is_passing=is_passing))
    return requests.ConnectionError(words)


def _as_of_requests(
    request: requests.PreparedRequest, status: int, headers: Mapping[str, str], content: bytes
) -> requests.Response:
    response = requests.Response()
    response.status_code, response.request, response.url = status, request, request.url or ""
    response.headers.update(headers)
    response._content = content  # what its own adapter fills by and by
    return response


def _mail(kind: type[Dialogue], host: str, port: int, *_: Any, **options: Any) -> Dialogue:
    options.pop("timeout", None)
    return kind(host, port, STEP_SECONDS, DIALOGUE_SECONDS, **options)
