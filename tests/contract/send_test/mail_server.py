"""Real SMTP servers with TLS on loopback: one that behaves, and one that follows a script."""

from __future__ import annotations

import socket
import ssl
import threading
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

HOST = "127.0.0.1"
PASSWORD, TOKEN = "pässword:1", "token.of.entra"
OK = "250 2.0.0 OK"


@dataclass
class Authority:
    """A throw-away certificate authority and the file that trusts it."""

    ca: trustme.CA
    file: Path

    def context(self, *names: str, days: float = 90) -> ssl.SSLContext:
        """A server's side of TLS with a certificate for these names."""
        now = datetime.now(UTC)
        leaf = self.ca.issue_cert(
            *(names or (HOST, "localhost")),
            not_before=now - timedelta(days=400),
            not_after=now + timedelta(days=days),
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        leaf.configure_cert(context)
        return context


@dataclass
class Mailbox:
    """aiosmtpd's handler: keeps what it gets; `replies` answer in place of OK, by command."""

    replies: dict[str, str] = field(default_factory=dict)
    received: list[Envelope] = field(default_factory=list)
    users: list[str] = field(default_factory=list)
    token: str = TOKEN

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, login: Any
    ) -> AuthResult:
        """Basic: the right password, unless a reply is set."""
        assert isinstance(login, LoginPassword)
        self.users.append(login.login.decode())
        right = login.password.decode() == PASSWORD and "AUTH" not in self.replies
        return AuthResult(success=right, handled=False, message=self.replies.get("AUTH"))

    async def auth_XOAUTH2(self, server: SMTP, args: list[str]) -> AuthResult:  # noqa: N802
        """As Exchange does it: a challenge with the reason, an empty answer, the reply."""
        user, bearer = b64decode(args[1]).decode().rstrip("\1").split("\1")
        self.users.append(user.removeprefix("user="))
        if bearer == f"auth=Bearer {self.token}" and "AUTH" not in self.replies:
            return AuthResult(success=True)
        await server.challenge_auth("eyJzdGF0dXMiOiI0MDEifQ==", encode_to_b64=False)
        return AuthResult(success=False, handled=False, message=self.replies.get("AUTH"))

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """MAIL FROM."""
        envelope.mail_from = address
        return self.replies.get("MAIL", OK)

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """RCPT TO."""
        envelope.rcpt_tos.append(address)
        return self.replies.get("RCPT", OK)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """The message."""
        if "DATA" not in self.replies:
            self.received.append(envelope)
        return self.replies.get("DATA", f"{OK} <queued> [Hostname=X.PROD.OUTLOOK.COM]")


@contextmanager
def mail_server(mailbox: Mailbox, context: ssl.SSLContext) -> Iterator[str]:
    """The endpoint of a running aiosmtpd that demands STARTTLS and a sign-in."""
    controller = Controller(
        mailbox,
        hostname=HOST,
        port=free_port(),
        tls_context=context,
        require_starttls=True,
        auth_required=True,
        authenticator=mailbox.authenticate,
        enable_SMTPUTF8=True,
        ident="Microsoft ESMTP MAIL Service ready",
    )
    controller.start()
    try:
        yield f"{HOST}:{controller.port}"
    finally:
        controller.stop()


GOOD = {
    "banner": b"220 HOST.outlook.office365.com Microsoft ESMTP MAIL Service ready\r\n",
    "EHLO": b"250-HOST Hello\r\n250-SIZE 10485760\r\n250-STARTTLS\r\n250 AUTH LOGIN XOAUTH2\r\n",
    "STARTTLS": b"220 2.0.0 SMTP server ready\r\n",
    "AUTH": b"334 VXNlcm5hbWU6\r\n",
    "user": b"334 UGFzc3dvcmQ6\r\n",
    "password": b"235 2.7.0 Authentication successful\r\n",
    "MAIL": b"250 2.1.0 Sender OK\r\n",
    "RCPT": b"250 2.1.5 Recipient OK\r\n",
    "DATA": b"354 Start mail input\r\n",
    ".": b"250 2.6.0 Queued mail for delivery\r\n",
    "QUIT": b"221 2.0.0 Bye\r\n",
}
HANG_UP, SILENCE = b"", b"..."


class ScriptedServer:
    """Answers each command with the bytes it is given; HANG_UP closes, SILENCE never answers.

    Without a context it goes on in plain text after STARTTLS.
    """

    def __init__(self, context: ssl.SSLContext | None, **replies: bytes) -> None:
        self._context, self._replies = context, GOOD | replies
        self._listener = socket.create_server((HOST, 0))
        self._done = threading.Event()
        self.endpoint = f"{HOST}:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> ScriptedServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join(10)
        self._listener.close()

    def _serve(self) -> None:
        with suppress(OSError):
            plain, _ = self._listener.accept()
            plain.settimeout(10)
            connection: socket.socket = plain
            try:
                connection = self._talk(plain)
            finally:
                connection.close()
                plain.close()

    def _talk(self, connection: socket.socket) -> socket.socket:
        command = "banner"
        while self._answer(connection, command):
            if command == "STARTTLS" and self._context is not None:
                connection = self._context.wrap_socket(connection, server_side=True)
            command = self._next(connection, command)
        return connection

    def _answer(self, connection: socket.socket, command: str) -> bool:
        reply = self._replies.get(command, b"500 5.3.3 Unrecognized command\r\n")
        if reply == SILENCE:
            self._done.wait(10)
        if reply in (HANG_UP, SILENCE):
            return False
        connection.sendall(reply)
        return command != "QUIT"

    def _next(self, connection: socket.socket, before: str) -> str:
        """The name of what the client says next."""
        if before == "DATA":
            return self._line(connection, until=b"\r\n.\r\n") and "."
        line = self._line(connection)
        after = {"AUTH": "user", "user": "password"}
        if before in after and self._replies[before].startswith(b"334"):
            return after[before]
        return line.split(" ")[0].split("\r")[0].upper() or "QUIT"

    def _line(self, connection: socket.socket, until: bytes = b"\r\n") -> str:
        said = b""
        while not said.endswith(until):
            part = connection.recv(4096)
            if not part:
                return "QUIT"
            said += part
        return said.decode("utf-8", "replace")


def free_port() -> int:
    """A port that nobody listens on at the moment."""
    with socket.create_server((HOST, 0)) as listener:
        return int(listener.getsockname()[1])
