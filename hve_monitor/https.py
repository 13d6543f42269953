"""HTTPS with an end: verified TLS, a deadline and a size limit for every answer.

The timeouts of httpx begin anew with every byte, so that a drip would hold a run for ever, and it
unpacks a body whole. Nothing else imports httpx: its successor can take its place in one file.
"""

from __future__ import annotations

import ssl
import time
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

import httpcore
import httpx

from hve_monitor.tls import trust

Response: TypeAlias = httpx.Response
Request: TypeAlias = httpx.Request
TransportError = httpx.TransportError
DecodingError = httpx.DecodingError
InvalidURL = httpx.InvalidURL

PLAIN, PACKED = ("", "identity"), ("gzip", "x-gzip")
# Names of a packed body: what is handed on is unpacked.
OF_THE_WIRE = ("content-encoding", "content-length", "transfer-encoding")
MEGABYTE = 1 << 20


class AnswerTooLarge(httpx.TransportError):
    """More bytes came than any answer of the service has, packed or unpacked."""


@dataclass(frozen=True)
class Bounds:
    """Where an answer ends at the latest.

    connect, read: seconds for one step. seconds: from the first byte of the request to the last of
    the answer. bytes: of the unpacked body.
    """

    connect: float
    read: float
    seconds: float
    bytes: int


class Client(httpx.Client):
    """A client that verifies certificates and reads answers whole, within the bounds.

    ca_bundle: a file with one more authority. by_proxy: whether proxies of the environment are
    used. One thread sends at a time; sending raises
    TransportError (AnswerTooLarge among them) or DecodingError.
    """

    def __init__(self, ca_bundle: str, bounds: Bounds, *, by_proxy: bool = True) -> None:
        super().__init__(
            verify=trust(ca_bundle),
            trust_env=by_proxy,
            timeout=httpx.Timeout(bounds.read, connect=bounds.connect),
            headers={"Accept-Encoding": "gzip"},
        )
        self.bounds, self._ends_at = bounds, float("inf")
        for transport in (self._transport, *self._mounts.values()):
            if isinstance(transport, httpx.HTTPTransport):
                # httpx has no setting for what httpcore takes as `network_backend`.
                transport._pool._network_backend = _Network(self._left)

    def send(self, request: Request, **options: Any) -> Response:
        """The whole answer, unpacked."""
        self._ends_at = time.monotonic() + self.bounds.seconds
        try:
            response = super().send(request, **options | {"stream": True})
            try:
                return _whole(response, self.bounds.bytes)
            finally:
                response.close()
        except httpx.TimeoutException:
            if time.monotonic() < self._ends_at:
                raise
            words = f"the answer had no end after {self.bounds.seconds:g} s"
            raise httpx.ReadTimeout(words, request=request) from None

    def _left(self, longest: float | None) -> float:
        """Seconds that one step may take. Raises: ReadTimeout after the deadline."""
        left = self._ends_at - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout
        return left if longest is None else min(longest, left)


def _whole(response: Response, most: int) -> Response:
    """The answer with its body. A refusal that cannot be unpacked has none."""
    coding = response.headers.get("content-encoding", "").strip().lower()
    try:
        body = _unpacked(response.iter_raw(), coding, most)
    except DecodingError:
        # Exchange refuses with a run of NUL bytes declared as gzip: the status is all there is.
        if response.is_success:
            raise
        body = b""
    headers = [pair for pair in response.headers.multi_items() if pair[0] not in OF_THE_WIRE]
    return Response(response.status_code, headers=headers, content=body, request=response.request)


def _unpacked(chunks: Iterable[bytes], coding: str, most: int) -> bytes:
    """The body. Raises: AnswerTooLarge while it is unpacked, DecodingError."""
    body = bytearray()
    if coding not in (*PLAIN, *PACKED):
        raise DecodingError(f"content coding {coding[:40]!r} was not asked for")
    unpacker = _Unpacker() if coding in PACKED else None
    for chunk in chunks:
        room = most + 1 - len(body)
        body += chunk[:room] if unpacker is None else unpacker.unpacked(chunk, room)
        if len(body) > most:
            raise AnswerTooLarge(f"the answer is larger than {most / MEGABYTE:g} MiB")
    if unpacker is not None:
        unpacker.check_end()
    return bytes(body)


class _Unpacker:
    """gzip, piece by piece, never more than there is room for."""

    def __init__(self) -> None:
        self._zlib, self._is_begun = zlib.decompressobj(zlib.MAX_WBITS | 32), False

    def unpacked(self, chunk: bytes, room: int) -> bytes:
        self._is_begun = self._is_begun or bool(chunk)
        try:
            return self._zlib.decompress(chunk, room)
        except zlib.error as error:
            raise DecodingError(str(error)) from None

    def check_end(self) -> None:
        """A body cut short would else be taken for a whole one; one without content is none."""
        if self._is_begun and not self._zlib.eof:
            raise DecodingError("the packed body has no end")


class _Network(httpcore.SyncBackend):
    """Connections of which every step ends with the request."""

    def __init__(self, left: Callable[[float | None], float]) -> None:
        self._left = left

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, *others: Any, **options: Any
    ) -> httpcore.NetworkStream:
        stream = super().connect_tcp(host, port, self._left(timeout), *others, **options)
        return _Stream(stream, self._left)


class _Stream(httpcore.NetworkStream):
    """A connection: its timeouts shrink with the time that is left."""

    def __init__(
        self, stream: httpcore.NetworkStream, left: Callable[[float | None], float]
    ) -> None:
        self._stream, self._left = stream, left

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._left(timeout))

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        secured = self._stream.start_tls(ssl_context, server_hostname, self._left(timeout))
        return _Stream(secured, self._left)

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
