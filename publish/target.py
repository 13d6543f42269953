"""A configured target: its place, its secret, and the type of what sends to it."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TypeAlias
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from hve_monitor.config import AlertTarget
from hve_monitor.errors import ConfigError
from hve_monitor.files import secret_text
from publish.message import Alert, DigestMessage

# message, its id, number of this attempt -> what the receiver answered
Send: TypeAlias = Callable[[Alert | DigestMessage, str, int], str]
# tenant, scope -> token
Bearer: TypeAlias = Callable[[str, str], str]

HTTPS, MAIL = ("webhook+https", "splunk+https", "sentinel+https"), ("smtp", "smtps")
SYSLOG = ("syslog+tls", "syslog+tcp")


def place_of(target: AlertTarget) -> SplitResult:
    """The parts of the URL, read as https where it is ours."""
    url = target.url.get_secret_value()
    scheme = target.scheme
    if scheme in HTTPS:
        url = "https" + url[len(scheme) :]
    return urlsplit(url)


def secret_of(target: AlertTarget) -> str:
    """The secret of the file, the variable, or the URL itself; "" without any."""
    if target.secret_file is not None:
        try:
            return secret_text(target.secret_file).strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "not a text file"
            raise ConfigError(
                f"alerts.targets: {target.secret_file} cannot be read ({reason})"
            ) from None
    if target.secret_env:
        value = os.environ.get(target.secret_env, "").strip()
        if not value:
            raise ConfigError(f"alerts.targets: variable {target.secret_env} is not set")
        return value
    if target.scheme not in (*HTTPS, *MAIL):
        return ""
    place = place_of(target)
    return unquote(
        place.password or (place.username if target.scheme == "splunk+https" else "") or ""
    )


def bare_url(place: SplitResult, path: str | None = None) -> str:
    """The URL without the secret in it."""
    host = place.netloc.rpartition("@")[2]
    query = f"?{place.query}" if place.query and path is None else ""
    return f"https://{host}{place.path if path is None else path}{query}"


def options(place: SplitResult) -> dict[str, str]:
    """The query of a URL that is not sent to anybody."""
    return dict(parse_qsl(place.query))
