"""The identity provider that people log in at, and whether its secrets can be trusted.

A file that Streamlit cannot use leaves it without a login, and it says so to its log alone. So the
same file is examined here: before the dashboard starts, and before each page.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from hve_monitor.errors import ConfigError

# How the server was started: only what says that there is no login opens without one.
LOGIN, NO_LOGIN, LOGIN_REQUIRED = "HVE_DASHBOARD_LOGIN", "none", "required"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
CALLBACK = "/oauth2callback"
NEEDED = ("redirect_uri", "cookie_secret", "client_id", "client_secret", "server_metadata_url")
LEAST_SECRET, MOST_REPEATED = 32, 0.75
CLIENT_SETTINGS = "client_kwargs"  # of the connections to a provider
MAKE_ONE = 'python -c "import secrets; print(secrets.token_hex(32))"'
# Samples that everybody knows, this documentation's among them.
SAMPLE = re.compile(r"change.?me|placeholder|random characters")


class Provider(NamedTuple):
    """Where people log in, and the address that their browsers come back to.

    mark: changes with everything by which a login is trusted.
    """

    issuer: str
    redirect: str
    mark: str

    @property
    def origin(self) -> str:
        """Scheme, host and port of the dashboard as browsers name it."""
        return "{0.scheme}://{0.netloc}".format(urlsplit(self.redirect))

    @property
    def host(self) -> str:
        """The host of the dashboard as browsers name it."""
        return urlsplit(self.redirect).hostname or ""


def provider_of(file: Path) -> Provider:
    """What Streamlit's secrets name. Raises: ConfigError in one line: file, cause, remedy."""
    where = f"auth.secrets_file: {file}"
    auth = _auth_section(file, where)
    for fault in (*_faults(auth), *_further_faults(auth)):
        raise ConfigError(f"{where}: [auth] {fault}; see docs/login.md")
    issuer, redirect, secret = (
        str(auth[name]) for name in ("server_metadata_url", "redirect_uri", "cookie_secret")
    )
    mark = hashlib.sha256("\n".join((issuer, redirect, secret)).encode()).hexdigest()
    return Provider(issuer, redirect, mark)


def _auth_section(file: Path, where: str) -> Mapping[str, object]:
    if not file.name.endswith(".toml"):
        raise ConfigError(f"{where}: its name must end in .toml, or Streamlit leaves it unread")
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(
            f"{where}: cannot be read ({error.strerror}); check path and rights"
        ) from None
    except ValueError as error:
        reason = str(error).partition("\n")[0]
        raise ConfigError(f"{where}: is no TOML ({reason}); mend that line") from None
    auth = content.get("auth")
    if not isinstance(auth, dict) or not auth:
        state = "is empty" if not content else "has no [auth]"
        raise ConfigError(f"{where}: {state}; write the section of docs/login.md into it")
    return auth


def _faults(auth: Mapping[str, object]) -> Iterator[str]:
    """What Streamlit could not use, or would use without protecting anybody."""
    for name in NEEDED:
        value = auth.get(name)
        if not isinstance(value, str) or not value.strip():
            yield f"{name} is missing"
    yield from _weakness(str(auth.get("cookie_secret")))
    if not _is_encrypted(str(auth.get("server_metadata_url")), tests_too=False):
        yield "server_metadata_url must begin with https://: what answers there decides who enters"
    redirect = str(auth.get("redirect_uri"))
    if not _is_encrypted(redirect, tests_too=True):
        yield "redirect_uri must begin with https:// (http:// only for this machine)"
    if not redirect.endswith(CALLBACK):
        yield f"redirect_uri must end in {CALLBACK}"


def _further_faults(auth: Mapping[str, object]) -> Iterator[str]:
    """What of further sections, `[auth.NAME]` and `client_kwargs`, would protect nobody.

    Whoever may enter at one provider enters: all are as safe as the least of them.
    """
    providers = {
        name: value
        for name, value in auth.items()
        if isinstance(value, dict) and name != CLIENT_SETTINGS
    }
    for name, provider in providers.items():
        for key in (key for key in provider if key.endswith(("_url", "_endpoint", "jwks_uri"))):
            if not _is_encrypted(str(provider[key]), tests_too=False):
                yield f"{name}.{key} must begin with https://: what answers decides who enters"
    for name, section in {"": auth, **providers}.items():
        settings = section.get(CLIENT_SETTINGS)
        if isinstance(settings, dict) and not settings.get("verify", True):
            place = f"{name}.{CLIENT_SETTINGS}".removeprefix(".")
            yield f"{place}.verify must not be false: certificates decide who answers; take it out"


def _is_encrypted(address: str, *, tests_too: bool) -> bool:
    """Whether an address has a host that is reached by TLS, or is on this machine."""
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        return False
    is_local = tests_too and parts.scheme == "http" and host in LOOPBACK
    return bool(host) and (parts.scheme == "https" or is_local)


def _weakness(secret: str) -> Iterator[str]:
    """Why somebody could guess the secret that login cookies are signed with."""
    if len(secret) < LEAST_SECRET:
        yield f"cookie_secret is shorter than {LEAST_SECRET} characters; make one: {MAKE_ONE}"
    elif SAMPLE.search(secret.lower()):
        yield f"cookie_secret is a sample that everybody knows; make your own: {MAKE_ONE}"
    elif _repeats(secret) or len(secret.strip()) < LEAST_SECRET:
        yield f"cookie_secret is easily guessed; make a random one: {MAKE_ONE}"


def _repeats(secret: str) -> bool:
    """Whether one or two signs are nearly all of it."""
    most = sum(count for _, count in Counter(secret).most_common(2))
    return most > MOST_REPEATED * len(secret)
