"""Names and origins under which the dashboard may be reached."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from pydantic import ValidationError
from starlette.types import Message, Receive, Scope, Send

from dashboards.gate import HEADERS, Gate, host_name, hosts_of, origins_of
from hve_monitor.config import Auth
from tests.unit.dashboards.secrets_file import secrets_in

LOCAL = "127.0.0.1:8501"
Given = list[tuple[bytes, bytes]]


async def page(scope: Scope, _receive: Receive, send: Send) -> None:
    """An application that lets itself be framed."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        return
    given = [(b"X-Frame-Options", b"ALLOWALL"), (b"content-type", b"text/plain")]
    await send({"type": "http.response.start", "status": 200, "headers": given})
    await send({"type": "http.response.body", "body": b"page"})


def answers(kind: str, host: str) -> list[Message]:
    """What the gate sends for a request."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request"}

    asyncio.run(gate()({"type": kind, "headers": headers(host)}, receive, send))
    return sent


def gate(auth: Auth | None = None) -> Gate:
    known = auth or Auth()
    return Gate(page, hosts_of(known), origins_of(known))


def headers(*hosts: str, origin: str | None = None) -> Given:
    given = [(b"host", host.encode()) for host in hosts]
    return given + ([(b"origin", origin.encode())] if origin is not None else [])


@pytest.mark.parametrize(
    "host", [LOCAL, "127.0.0.1", "localhost:8501", "LOCALHOST", "localhost.", "[::1]:8501", "[::1]"]
)
def test_this_machine_is_let_in(host: str) -> None:
    assert gate().admits(headers(host))
    assert gate().admits(headers(host, origin=f"http://{host}"))


@pytest.mark.parametrize(
    "host",
    [
        "evil.example:8501", "127.0.0.1.evil.example", "localhost.evil.example",
        "evil.example#localhost", "localhost@evil.example", "evil.example/localhost",
        "", " ", "127.0.0.2", "0.0.0.0:8501",
        "192.0.2.10", "::1", "[::2]", "localhost:x", "localhost:8501:9", "hve.contoso.com", "*",
    ],
)  # fmt: skip
def test_any_other_name_is_refused(host: str) -> None:
    assert not gate().admits(headers(host))
    assert not gate().admits(headers(host, origin=f"http://{host}"))


def test_a_request_has_one_host() -> None:
    assert not gate().admits(headers())
    assert not gate().admits(headers(LOCAL, "evil.example"))
    assert not gate().admits(headers("evil.example", LOCAL))


@pytest.mark.parametrize(
    "origin",
    ["http://localhost:9999", "http://localhost", "http://127.0.0.1:9999", "http://127.0.0.1",
     "http://evil.example", "http://evil.example:8501", "null", "", "file://", "http://localhost:8501"],
)  # fmt: skip
def test_a_page_of_another_origin_is_refused(origin: str) -> None:
    assert not gate().admits(headers(LOCAL, origin=origin))


def test_the_names_of_the_login_and_of_the_configuration_are_ours(tmp_path: Path) -> None:
    behind_proxy = gate(Auth(hosts=("HVE.fabrikam.com",)))
    assert behind_proxy.admits(headers("hve.fabrikam.com", origin="https://hve.fabrikam.com"))
    assert not behind_proxy.admits(headers("hve.contoso.com"))
    with_login = gate(Auth(secrets_file=secrets_in(tmp_path)))
    assert with_login.admits(headers("hve.contoso.com", origin="https://hve.contoso.com"))
    assert with_login.admits(headers(LOCAL, origin="https://hve.contoso.com"))
    assert not with_login.admits(headers(LOCAL, origin="https://www.contoso.com"))
    assert not with_login.admits(headers("hve.contoso.com", origin="https://hve.contoso.com:99"))


def test_a_name_is_meant_as_browsers_send_it() -> None:
    behind_proxy = gate(Auth(hosts=("hve.münchen.example", "HVE.Contoso.com.")))
    assert behind_proxy.admits(headers("hve.xn--mnchen-3ya.example:8443"))
    assert behind_proxy.admits(headers("hve.contoso.com"))


@pytest.mark.parametrize(
    "host",
    ["https://hve.contoso.com", "hve.contoso.com:8443", "*", "*.contoso.com", "", "a b", "a/b"],
)
def test_what_is_no_host_name_is_refused(host: str) -> None:
    with pytest.raises(ValidationError, match="write a host name alone"):
        Auth(hosts=(host,))


def test_every_answer_says_what_browsers_must_not_do() -> None:
    start, body = answers("http", LOCAL)
    assert (start["status"], body["body"]) == (200, b"page")
    given = dict(start["headers"])
    assert given == HEADERS | {b"content-type": b"text/plain"}
    assert given[b"x-frame-options"] == b"DENY"
    assert b"frame-ancestors 'none'" in given[b"content-security-policy"]
    assert given[b"x-content-type-options"] == b"nosniff"


def test_a_foreign_name_gets_no_page_and_no_websocket() -> None:
    start, body = answers("http", "evil.example:8501")
    assert (start["status"], body["body"].split(b".")[0]) == (403, b"This address is not served")
    assert dict(start["headers"])[b"x-frame-options"] == b"DENY"
    assert answers("websocket", "evil.example:8501") == [{"type": "websocket.close", "code": 1008}]
    assert answers("websocket", LOCAL) == [{"type": "websocket.accept"}]


def test_a_host_is_read_without_its_port() -> None:
    assert host_name("HVE.contoso.com:8443") == "hve.contoso.com"
    assert host_name("[::1]:8501") == "::1"
    assert host_name("a b") is None
