"""Where messages are submitted."""

from __future__ import annotations

from dataclasses import dataclass

from hve_monitor.errors import ConfigError

DEFAULT_PORT = 587
# Microsoft: smtp-hve will be deprecated; smtp.office365.com is the endpoint of mailboxes.
REPLACED = {
    "smtp-hve.office365.com": "is to be deprecated; use smtp.hve.mx.microsoft",
    "smtp.office365.com": "is the endpoint of mailboxes, not of HVE; use smtp.hve.mx.microsoft",
}


@dataclass(frozen=True)
class Endpoint:
    """A host and its port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_endpoint(text: str) -> Endpoint:
    """`host:port`, `host` or `[address]:port`. Raises: ConfigError."""
    host, bracket, rest = text.strip().removeprefix("[").partition("]")
    if not bracket:
        host, _, rest = text.strip().partition(":")
        rest = f":{rest}" if rest else ""
    port = rest.removeprefix(":") or str(DEFAULT_PORT)
    if not host or any(sign.isspace() for sign in host) or not _is_port(port):
        raise ConfigError(f"endpoints.smtp: '{text}' is no server; write it as host:587")
    return Endpoint(host, int(port))


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and 0 < int(text) < 65_536
