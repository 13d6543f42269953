"""Events as RFC 5424 says, over verified TLS, and what a receiver that refuses looks like."""

from __future__ import annotations

import json
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import trustme
from pydantic import SecretStr, ValidationError

from hve_monitor.config import AlertTarget
from publish.outgoing import Undelivered
from publish.targets.syslog import frame, sender
from tests.unit.publish.conftest import alert

FRAME = re.compile(
    rb"(\d+) <(\d+)>1 (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z) (\S+) hve-monitor (\d+)"
    rb" (\S{1,32}) - (.*)"
)


@dataclass
class Collector:
    """A receiver of one connection after the other; what it received."""

    port: int
    ca_file: Path
    received: list[bytes] = field(default_factory=list)


def listening(server: socket.socket, collector: Collector) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        with connection:
            connection.settimeout(2)
            collector.received.append(connection.recv(1 << 16))


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[Collector]:
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with socket.create_server(("127.0.0.1", 0)) as plain:
        server = context.wrap_socket(plain, server_side=True)
        running = Collector(server.getsockname()[1], tmp_path / "ca.pem")
        threading.Thread(target=listening, args=(server, running), daemon=True).start()
        yield running
        server.close()


def test_an_event_is_one_counted_frame() -> None:
    match = FRAME.fullmatch(frame(alert(), json.dumps({"subject": "Zażółć\n<34>1 forged"})))
    assert match is not None
    assert int(match[1]) == len(match[0]) - len(match[1]) - 1
    assert int(match[2]) == 10 * 8 + 2
    assert match[6] == b"incident.opened"
    assert b"\n" not in match[7]
    assert json.loads(match[7])["subject"] == "Zażółć\n<34>1 forged"


def test_an_event_arrives_over_tls(collector: Collector) -> None:
    place = urlsplit(f"syslog+tls://127.0.0.1:{collector.port}")
    assert sender(place, str(collector.ca_file), "text")(alert(), "an id", 2) == "sent"
    match = FRAME.fullmatch(collector.received[0])
    assert match is not None
    event = json.loads(match[7])
    assert (event["id"], event["hve_attempt"], event["tenant"]) == ("an id", 2, "contoso")


def test_a_receiver_that_is_not_trusted_gets_nothing(collector: Collector) -> None:
    place = urlsplit(f"syslog+tls://127.0.0.1:{collector.port}")
    with pytest.raises(Undelivered, match=r"127\.0\.0\.1: .*certificate") as error:
        sender(place, "", "text")(alert(), "id", 1)
    assert not error.value.is_passing
    assert collector.received == []


def test_nobody_there_is_tried_again() -> None:
    with pytest.raises(Undelivered, match=r"127\.0\.0\.1: Connection refused") as error:
        sender(urlsplit("syslog+tcp://127.0.0.1:9"), "", "text")(alert(), "id", 1)
    assert error.value.is_passing


def test_without_tls_it_goes_to_this_machine_alone() -> None:
    assert AlertTarget(url=SecretStr("syslog+tcp://127.0.0.1")).is_digested is False
    assert AlertTarget(url=SecretStr("syslog+tls://siem.contoso.com:6514")).scheme == "syslog+tls"
    with pytest.raises(ValidationError, match=r"write syslog\+tls"):
        AlertTarget(url=SecretStr("syslog+tcp://siem.contoso.com"))
