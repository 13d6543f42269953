"""SMTP dialogues with an end: smtplib waits anew for every byte, and keeps every line it reads."""

from __future__ import annotations

import smtplib
import socket
import time
from typing import Any

MOST_BYTES = 1 << 16
AT_ONCE = 4096


class Dialogue(smtplib.SMTP):
    """A dialogue in which the server's words are bounded in time and number.

    step: seconds that connecting, sending or the next word may take. seconds: for the whole
    dialogue. most: bytes that the server may say altogether.
    """

    def __init__(
        self,
        host: str,
        port: int,
        step: float,
        seconds: float,
        most: int = MOST_BYTES,
        **options: Any,
    ) -> None:
        self.step, self._ends_at = step, time.monotonic() + seconds
        self._seconds, self._room = seconds, most
        super().__init__(host, port, timeout=min(step, seconds), **options)

    def getreply(self) -> tuple[int, bytes]:
        """The next reply. Raises: SMTPServerDisconnected where it has no end."""
        if self.file is None and self.sock is not None:
            self.file = _Lines(self, self.sock)  # smtplib reads lines of it
        return super().getreply()

    def heard(self, connection: socket.socket) -> bytes:
        """What the server says next. Raises: TimeoutError, OSError."""
        try:
            left = self._ends_at - time.monotonic()
            connection.settimeout(max(0.001, min(self.step, left)))
            words = connection.recv(AT_ONCE)
        except TimeoutError:
            if time.monotonic() < self._ends_at:
                raise
            words_of_end = f"timed out: the dialogue had no end after {self._seconds:g} s"
            raise TimeoutError(words_of_end) from None
        self._room -= len(words)
        if self._room < 0:
            raise OSError("the server's words have no end")
        return words


class SecureDialogue(Dialogue, smtplib.SMTP_SSL):
    """The same over TLS from the start; takes a `context`."""


class _Lines:
    """The lines of a connection."""

    def __init__(self, dialogue: Dialogue, connection: socket.socket) -> None:
        self._dialogue, self._connection, self._heard = dialogue, connection, b""

    def readline(self, longest: int) -> bytes:
        """The next line with its end; shorter at the end of the connection."""
        while b"\n" not in self._heard and len(self._heard) < longest:
            words = self._dialogue.heard(self._connection)
            if not words:
                break
            self._heard += words
        size = min(self._heard.find(b"\n") + 1 or len(self._heard), longest)
        line, self._heard = self._heard[:size], self._heard[size:]
        return line

    def close(self) -> None:
        """The connection is closed by its owner."""
