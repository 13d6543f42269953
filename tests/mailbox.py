"""A mail server on loopback, with TLS from the start or after STARTTLS, that keeps what comes."""

from __future__ import annotations

import socketserver
import ssl
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from simulator.server.serving import HOST, certificates


@dataclass
class Mailbox:
    """`refusals` are given in place of the next mails' acknowledgement."""

    ca_file: Path
    context: ssl.SSLContext
    is_tls: bool
    offers_starttls: bool
    port: int = 0
    refusals: list[str] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)

    @property
    def mails(self) -> list[EmailMessage]:
        """The accepted mails."""
        return [message_from_bytes(mail, policy=policy.default) for mail in self.raw]


class _Session(socketserver.StreamRequestHandler):
    """One connection: enough SMTP for a client that behaves."""

    server: _Server

    def handle(self) -> None:
        box = self.server.mailbox
        if box.is_tls:
            self._wrap()
        self._say("220 mail.contoso.com")
        while line := self.rfile.readline().decode("ascii", "replace").strip():
            word = line.split(" ")[0].upper()
            if word == "STARTTLS":
                self._say("220 go ahead")
                self._wrap()
            elif word == "DATA":
                self._data()
            elif word == "AUTH":
                box.logins.append(line.rpartition(" ")[2])
                self._say("235 welcome")
            elif word == "EHLO":
                offered = ["STARTTLS"] if box.offers_starttls else []
                self._say("\r\n".join(["250-mail.contoso.com", *map("250-{}".format, offered)]))
                self._say("250 AUTH PLAIN")
            else:
                self._say("221 bye" if word == "QUIT" else "250 fine")
                if word == "QUIT":
                    return

    def _data(self) -> None:
        self._say("354 go on")
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b"."))
        box = self.server.mailbox
        if box.refusals:
            self._say(box.refusals.pop(0))
            return
        box.raw.append(b"".join(lines))
        self._say("250 kept")

    def finish(self) -> None:
        super().finish()
        self.request.close()

    def _wrap(self) -> None:
        self.rfile.close()
        self.wfile.close()
        self.request = self.server.mailbox.context.wrap_socket(self.request, server_side=True)
        self.rfile, self.wfile = self.request.makefile("rb"), self.request.makefile("wb")

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())
        self.wfile.flush()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    mailbox: Mailbox

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that does not trust us hangs up: that is no error here."""


@contextmanager
def mailbox(*, tls: bool = False, starttls: bool = True) -> Iterator[Mailbox]:
    """Receives mail until the block ends."""
    with tempfile.TemporaryDirectory(prefix="mailbox-") as folder:
        ca_file, chain_file = certificates(Path(folder))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain_file)
        box = Mailbox(ca_file, context, tls, starttls and not tls)
        with _Server((HOST, 0), _Session) as server:
            server.mailbox, box.port = box, server.server_address[1]
            thread = threading.Thread(target=server.serve_forever, daemon=True)
            thread.start()
            try:
                yield box
            finally:
                server.shutdown()
                thread.join()
