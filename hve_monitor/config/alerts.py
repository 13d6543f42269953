"""Alerts: who is notified, where and when."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import unquote_plus, urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from hve_monitor.config.section import Section

CLOCK = r"([01]\d|2[0-3]):[0-5]\d"
SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://[^\s/?#]", re.IGNORECASE)
OWN_PLAIN_SCHEMES = {
    "http": "webhook+https",
    "https": "webhook+https",
    "webhook": "webhook+https",
    "webhook+http": "webhook+https",
    "splunk+http": "splunk+https",
    "sentinel+http": "sentinel+https",
}
OWN_SCHEMES = (
    "webhook+https://", "splunk+https://", "sentinel+https://", "smtp://", "smtps://",
    "syslog+tls://", "syslog+tcp://",
)  # fmt: skip
LOOPBACK = ("127.0.0.1", "localhost", "::1")
MACHINES = ("splunk+https", "sentinel+https", "syslog+tls", "syslog+tcp")
# Hosts of addresses as Slack and Teams (Power Automate) show them for copying: apprise reads them.
NATIVE_HOSTS = ("hooks.slack.com", ".logic.azure.com", ".api.powerplatform.com")
# apprise reads more spellings of "no" than a list has: what is not this is refused.
PARTS, VERIFIED = re.compile(r"[?&;]"), ("yes", "true", "1", "on")
PLAIN_SCHEMES = ("form", "json", "xml")


class CostMinimum(Section):
    """A cost alert needs both."""

    amount: Decimal = Decimal("25.0")
    ratio: Annotated[float, Field(ge=0)] = 0.2


class AlertTarget(Section):
    """One place that alerts go to; the URL may hold a secret and is never shown.

    audience: none means all alerts; entries of the audit log go to targets that name "audit" alone.
    """

    url: SecretStr
    name: str = ""
    min_severity: Literal["low", "medium", "high"] = "medium"
    audience: tuple[Literal["security", "finops", "mail", "audit"], ...] = ()
    tenants: tuple[str, ...] = ()
    secret_file: Path | None = None
    secret_env: str = ""
    digest: bool | None = None
    format: Literal["text", "ocsf"] = "text"
    sign_in: str = ""

    @field_validator("url")
    @classmethod
    def _safe(cls, value: SecretStr) -> SecretStr:
        """A URL whose scheme can be served, with verified TLS. The reasons never repeat it."""
        url = value.get_secret_value()
        scheme = SCHEME.match(url)
        if not scheme:
            raise ValueError("is no URL, e.g. webhook+https://hooks.contoso.com/hve")
        if scheme[1] in OWN_PLAIN_SCHEMES and not _is_native(url):
            raise ValueError(f"write {OWN_PLAIN_SCHEMES[scheme[1]]}:// (only https is allowed)")
        if not _has_good_port(url):
            raise ValueError("its port is no number from 1 to 65535")
        if scheme[1].lower() == "syslog+tcp" and urlsplit(url).hostname not in LOOPBACK:
            raise ValueError("write syslog+tls:// (syslog+tcp:// is for this machine only)")
        if scheme[1].lower() in PLAIN_SCHEMES:
            raise ValueError(f"write {scheme[1].lower()}s:// (only https is allowed)")
        if not _is_verified(url):
            raise ValueError("verification of certificates is never switched off")
        return value

    @model_validator(mode="after")
    def _one_secret(self) -> AlertTarget:
        if self.secret_file is not None and self.secret_env:
            raise ValueError("give secret_file or secret_env, not both")
        return self

    @model_validator(mode="after")
    def _audit_of_all(self) -> AlertTarget:
        if "audit" in self.audience and self.tenants:
            raise ValueError("audience audit: entries are of no one tenant; take tenants away")
        return self

    @property
    def scheme(self) -> str:
        """What the URL begins with, in lower case."""
        return self.url.get_secret_value().partition("://")[0].lower()

    @property
    def is_digested(self) -> bool:
        """Whether what is not urgent waits for the digest; a SIEM gets everything at once."""
        machine = self.scheme in MACHINES or self.format == "ocsf"
        return not machine if self.digest is None else self.digest


def _is_verified(url: str) -> bool:
    """Whether no part of the query says anything but yes to `verify`, in any encoding.

    What the opened service does with the rest is looked at before something is sent.
    """
    plain = url
    while (decoded := unquote_plus(plain)) != plain:
        plain = decoded
    pairs = (part.partition("=") for part in PARTS.split(plain)[1:])
    return all(
        value.strip().lower() in VERIFIED
        for name, _, value in pairs
        if name.strip().lower() == "verify"
    )


def _is_native(url: str) -> bool:
    """Whether it is the address of a chat as the chat itself writes it."""
    parts = urlsplit(url)
    host = f".{parts.hostname or ''}"
    return parts.scheme == "https" and any(
        host.endswith(f".{name.lstrip('.')}") for name in NATIVE_HOSTS
    )


def _has_good_port(url: str) -> bool:
    """Only of our own schemes: in those of others a colon may part two tokens."""
    if not url.lower().startswith(OWN_SCHEMES):
        return True
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False


class Digest(Section):
    """How often each audience gets what is not urgent."""

    security: Literal["day", "week"] = "day"
    finops: Literal["day", "week"] = "week"
    mail: Literal["day", "week"] = "day"


class Alerts(Section):
    """Who is notified, and how often at most."""

    targets: tuple[AlertTarget, ...] = ()
    budget_false_pages_per_tenant_month: Annotated[float, Field(gt=0)] = 2
    quiet_hours: Annotated[str, Field(pattern=rf"^({CLOCK}-{CLOCK})?$")] = ""
    cost_minimum: CostMinimum = CostMinimum()
    digest: Digest = Digest()
    digest_time: Annotated[str, Field(pattern=rf"^{CLOCK}$")] = "08:00"
    dashboard_url: str = ""

    @field_validator("targets", mode="before")
    @classmethod
    def _plain_urls(cls, value: object) -> object:
        """A plain text is a URL with the default severity and audience."""
        if not isinstance(value, (list, tuple)):
            return value
        return tuple({"url": item} if isinstance(item, str) else item for item in value)

    @field_validator("dashboard_url")
    @classmethod
    def _link(cls, value: str) -> str:
        if value and not re.fullmatch(r"https?://[^\s<>()\[\]\"'|]+", value):
            raise ValueError("must be a URL, e.g. https://hve.contoso.com")
        return value.rstrip("/")
