"""Connections of apprise's services: ours, so that they are verified, end, and lead nowhere else.

apprise speaks with requests and smtplib, which wait without end, unpack whole bodies and follow
redirects. What is put in the place of their classes is used by apprise alone in this process.
"""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import urlsplit

import requests
import requests.adapters
import requests.sessions
from apprise.plugins.email import smtp

from hve_monitor.https import Response
from hve_monitor.smtp import Dialogue, SecureDialogue
from hve_monitor.text import printable
from hve_monitor.tls import trust
from publish.outgoing import UNANSWERED, Undelivered, client, refusal, unanswered
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
        url = request.url or ""
        host = urlsplit(url).hostname
        if urlsplit(url).scheme != "https":
            raise _trouble(Undelivered(f"{host}: is no https:// address"))
        try:
            answer = self._answer(request, url)
        except UNANSWERED as error:
            raise _trouble(unanswered(error, url)) from None
        if answer.has_redirect_location:
            there = printable(urlsplit(answer.headers["location"]).hostname or "another place")
            words = f"HTTP {answer.status_code} leads to {there}; it is not followed"
            raise _trouble(Undelivered(f"{host}: {words}"))
        if not answer.is_success:
            _trouble(refusal(answer, url, _headers(request)))
        return _as_of_requests(request, answer)

    def _answer(self, request: requests.PreparedRequest, url: str) -> Response:
        method, body = request.method or "POST", cast("bytes | str | None", request.body)
        with client(self._ca_bundle) as opened:
            return opened.request(method, url, content=body, headers=_headers(request))

    def close(self) -> None:
        """Nothing is kept open."""


def _headers(request: requests.PreparedRequest) -> dict[str, str]:
    return {
        name: str(value)
        for name, value in request.headers.items()
        if name.lower() not in OF_REQUESTS
    }


def _trouble(reason: Undelivered) -> requests.ConnectionError:
    """Keeps the reason; the error is for apprise."""
    troubles.get([]).append(reason)
    return requests.ConnectionError(str(reason))


def _as_of_requests(request: requests.PreparedRequest, answer: Response) -> requests.Response:
    response = requests.Response()
    response.status_code, response.url = answer.status_code, request.url or ""
    response.request = request
    response.headers.update(answer.headers)
    response._content = answer.content  # what its own adapter fills by and by
    return response


def _mail(kind: type[Dialogue], host: str, port: int, *_: Any, **options: Any) -> Dialogue:
    options.pop("timeout", None)
    return kind(host, port, STEP_SECONDS, DIALOGUE_SECONDS, **options)
