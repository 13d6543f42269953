"""Syslog for a SIEM or its forwarder: one message for each event, over TLS.

Source: RFC 5424 (the message), RFC 5425 (over TLS) and RFC 6587, 3.4.1 (octet counting). The
protocol has no answer: a message counts as delivered once it is sent and nothing was refused, so
that a receiver that dies may lose one. The URL of the target is
syslog+tls://host:6514, or syslog+tcp:// for a forwarder on this machine.
"""

from __future__ import annotations

import json
import os
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC
from urllib.parse import SplitResult

from hve_monitor.tls import trust
from publish.message import Alert, DigestMessage
from publish.outgoing import Undelivered
from publish.target import Send
from publish.targets.webhook import document

TLS, USUAL_PORT = "syslog+tls", {"syslog+tls": 6514, "syslog+tcp": 601}
SECONDS, ANSWER_SECONDS = 10.0, 0.5
# Facilities of RFC 5424: 10 security and authorization, 13 log audit.
SECURITY, AUDIT = 10, 13
SEVERITIES = {"high": 2, "medium": 4, "low": 5}  # critical, warning, notice
LONGEST_NAME = 32  # MSGID


def sender(place: SplitResult, ca_bundle: str, form: str) -> Send:
    """Sends events to the place, with a connection of its own for each."""

    def send(message: Alert | DigestMessage, identity: str, attempt: int) -> str:
        event = document(message, identity, form)
        line = frame(message, json.dumps({**event, "hve_attempt": attempt}))
        try:
            with _connection(place, ca_bundle) as connection:
                connection.sendall(line)
                _listen(connection)
        except OSError as error:
            is_passing = not isinstance(error, ssl.SSLCertVerificationError)
            reason = f"{place.hostname}: {error.strerror or error}"
            raise Undelivered(reason, is_passing=is_passing) from None
        return "sent"

    return send


def frame(message: Alert | DigestMessage, content: str) -> bytes:
    """The message of RFC 5424 in its octet-counted frame; the content is ASCII."""
    facility = AUDIT if message.type.startswith("audit.") else SECURITY
    priority = facility * 8 + SEVERITIES[message.severity]
    at = message.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    host = socket.gethostname() or "-"
    name = message.type[:LONGEST_NAME]
    text = f"<{priority}>1 {at} {host} hve-monitor {os.getpid()} {name} - {content}".encode("ascii")
    return b"%d %s" % (len(text), text)


@contextmanager
def _connection(place: SplitResult, ca_bundle: str) -> Iterator[socket.socket]:
    """Raises: OSError, of certificates that are not trusted too."""
    host, port = place.hostname or "", place.port or USUAL_PORT[place.scheme]
    with socket.create_connection((host, port), timeout=SECONDS) as plain:
        if place.scheme != TLS:
            yield plain
            return
        with trust(ca_bundle).wrap_socket(plain, server_hostname=host) as secured:
            yield secured


def _listen(connection: socket.socket) -> None:
    """Waits a moment for what a receiver that refuses says: a reset, or an alert of TLS."""
    connection.settimeout(ANSWER_SECONDS)
    with suppress(TimeoutError):
        connection.recv(1)
