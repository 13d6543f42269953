"""The opaque `$skiptoken` of a next link: a cursor that the client carries for the server."""

from __future__ import annotations

import base64
import binascii
import time

import msgspec

from simulator.graph.trace_page import Cursor

EXPIRED = "Expired or Invalid pagination request. Default Expiry time is 00:30:00"


class BadTokenError(Exception):
    """The token was not made here or is too old."""


class _Carried(msgspec.Struct, frozen=True, array_like=True):
    issued: float
    cursor: Cursor


def write_token(cursor: Cursor) -> str:
    """A URL-safe text that holds the cursor and the real time of its issue."""
    carried = msgspec.msgpack.encode(_Carried(time.time(), cursor))
    return base64.urlsafe_b64encode(carried).decode()


def read_token(text: str, lifetime_seconds: float) -> Cursor:
    """The cursor of a token.

    Raises: BadTokenError when the text is damaged or older than its lifetime.
    """
    try:
        raw = base64.b64decode(text.encode(), altchars=b"-_", validate=True)
        carried = msgspec.msgpack.decode(raw, type=_Carried)
    except (binascii.Error, msgspec.MsgspecError, UnicodeError, ValueError) as error:
        raise BadTokenError("Invalid skip token.") from error
    if time.time() - carried.issued >= lifetime_seconds:
        raise BadTokenError(EXPIRED)
    return carried.cursor
