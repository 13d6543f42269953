"""Every answer has an end: in time, and in size while it is unpacked."""

from __future__ import annotations

import gzip
import socket
import time
import tracemalloc

import pytest

from hve_monitor.https import AnswerTooLarge, Bounds, Client, DecodingError, TransportError
from tests.endless import ANSWERS, HEAD, PAUSE, Talk, bomb, drip, endless

SECONDS, LONG = 0.4, 10.0  # a busy machine is slow, an answer without end takes for ever
BOUNDS = Bounds(connect=2.0, read=0.2, seconds=SECONDS, bytes=1 << 20)


@pytest.mark.parametrize("talk", ANSWERS.values(), ids=ANSWERS)
def test_no_answer_is_waited_for_without_end(talk: Talk) -> None:
    with endless(talk) as server, Client(str(server.ca_file), BOUNDS) as client:
        began = time.monotonic()
        with pytest.raises(TransportError):
            client.get(f"https://{server.place}/")
        assert time.monotonic() - began < LONG


def test_a_drip_is_told_from_a_silence() -> None:
    assert BOUNDS.read > PAUSE
    with endless(drip(HEAD + b"\r\n")) as server, Client(str(server.ca_file), BOUNDS) as client:
        with pytest.raises(TransportError, match=r"no end after 0\.4 s"):
            client.get(f"https://{server.place}/")
        with pytest.raises(TransportError, match=r"no end after 0\.4 s"):
            client.post(f"https://{server.place}/", content=b"{}")


def test_a_bomb_fills_no_memory() -> None:
    with endless(bomb(40)) as server, Client(str(server.ca_file), BOUNDS) as client:
        tracemalloc.start()
        try:
            with pytest.raises(AnswerTooLarge, match="larger than 1 MiB"):
                client.get(f"https://{server.place}/")
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 10 << 20


def answered(head: bytes, body: bytes) -> Talk:
    """One answer, then nothing more."""

    def talk(connection: socket.socket) -> None:
        connection.recv(65_536)
        length = f"Content-Length: {len(body)}\r\n\r\n".encode()
        connection.sendall(b"HTTP/1.1 " + head + b"\r\n" + length + body)

    return talk


PACKED = gzip.compress(b'{"n": 1}', mtime=0)  # the same in every worker: it names tests


@pytest.mark.parametrize(
    ("head", "body", "expected"),
    [
        (b"200 OK", b'{"n": 1}', b'{"n": 1}'),
        (b"200 OK\r\nContent-Encoding: gzip", PACKED, b'{"n": 1}'),
        (b"200 OK\r\nContent-Encoding: GZIP", PACKED, b'{"n": 1}'),
        (b"204 No Content\r\nContent-Encoding: gzip", b"", b""),
        (b"403 Forbidden\r\nContent-Encoding: gzip", b"\0" * 64, b""),
        (b"403 Forbidden\r\nContent-Encoding: br", b"\0" * 64, b""),
    ],
)
def test_a_body_comes_unpacked(head: bytes, body: bytes, expected: bytes) -> None:
    with (
        endless(answered(head, body)) as server,
        Client(str(server.ca_file), BOUNDS) as client,
    ):
        assert client.get(f"https://{server.place}/").content == expected


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", PACKED[:-9]),
        ("gzip", b"\0" * 64),
        ("gzip, gzip", gzip.compress(PACKED, mtime=0)),
        ("br", b"\x0b\x02\x80"),
        ("deflate", b"x"),
    ],
)
def test_a_body_that_cannot_be_unpacked_is_none(coding: str, body: bytes) -> None:
    head = f"200 OK\r\nContent-Encoding: {coding}".encode()
    with (
        endless(answered(head, body)) as server,
        Client(str(server.ca_file), BOUNDS) as client,
        pytest.raises(DecodingError),
    ):
        client.get(f"https://{server.place}/")


def test_a_deadline_begins_anew_with_each_request_of_a_kept_connection() -> None:
    longer = Bounds(connect=2.0, read=1.0, seconds=1.0, bytes=1 << 20)
    with endless(answered_slowly) as server, Client(str(server.ca_file), longer) as client:
        for _ in range(4):
            assert client.get(f"https://{server.place}/").content == b"ok"
        assert server.connections == 1


def answered_slowly(connection: socket.socket) -> None:
    """The same answer to each request, after a third of the time."""
    while connection.recv(65_536):
        time.sleep(0.3)
        connection.sendall(HEAD + b"Content-Length: 2\r\n\r\nok")


def test_a_server_that_takes_a_body_without_end_is_left() -> None:
    def sip(connection: socket.socket) -> None:
        while connection.recv(1):
            time.sleep(PAUSE)

    with endless(sip) as server, Client(str(server.ca_file), BOUNDS) as client:
        began = time.monotonic()
        with pytest.raises(TransportError):
            client.post(f"https://{server.place}/", content=b"x" * (32 << 20))
        assert time.monotonic() - began < LONG


def test_a_server_that_never_ends_the_handshake_is_left() -> None:
    with (
        endless(drip(b"\x16\x03\x03", b"\x00", listens=False), tls=False) as server,
        Client(str(server.ca_file), BOUNDS) as client,
    ):
        began = time.monotonic()
        with pytest.raises(TransportError):
            client.get(f"https://{server.place}/")
        assert time.monotonic() - began < LONG


def test_a_proxy_is_waited_for_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    for talk in (ANSWERS["nothing"], drip(b"HTTP/1.1 200 OK\r\nX: ", b"a")):
        with endless(talk, tls=False) as proxy:
            for name in ("HTTPS_PROXY", "https_proxy"):
                monkeypatch.setenv(name, f"http://{proxy.place}")
            began = time.monotonic()
            with Client("", BOUNDS) as client, pytest.raises(TransportError):
                client.get("https://graph.contoso.com/")
            assert time.monotonic() - began < LONG
            assert proxy.connections == 1
