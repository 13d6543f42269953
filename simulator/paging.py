"""Links to following pages, and the opaque `$skiptoken` that they carry for the server."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import TypeVar
from urllib.parse import quote

import msgspec
from starlette.requests import Request

from simulator.reply import base_url

EXPIRED = "Expired or Invalid pagination request. Default Expiry time is 00:30:00"
Place = TypeVar("Place", bound=msgspec.Struct)


class BadTokenError(Exception):
    """The token is not of this server or is too old."""


def write_token(place: msgspec.Struct) -> str:
    """A URL-safe text that holds the place where the next page starts."""
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(place)).decode()


def read_token(text: str, kind: type[Place]) -> Place:
    """The place of a token. Raises: BadTokenError when the text is damaged."""
    try:
        raw = base64.b64decode(text.encode(), altchars=b"-_", validate=True)
        return msgspec.msgpack.decode(raw, type=kind)
    except (binascii.Error, msgspec.MsgspecError, UnicodeError, ValueError) as error:
        raise BadTokenError("Invalid skip token.") from error


def link(request: Request, options: Mapping[str, str]) -> str:
    """Absolute URL of the same path with these query options."""
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in options.items())
    return f"{base_url(request)}{request.url.path}?{query}"
