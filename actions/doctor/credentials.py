"""Whether a tenant's credentials work, until when, and whether this machine's clock is right."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from actions.doctor.check import DoctorCheck, check
from hve_monitor.config import Config, Tenant
from hve_monitor.errors import ConfigError, HveError
from hve_monitor.https import Client, DecodingError, TransportError
from ingest.entra.credential import signing_certificate
from ingest.entra.policies import CREDENTIALS, ObjectPage
from ingest.entra.tokens import EntraTokens
from ingest.http import Api, objects_in, service_time
from ingest.linked_pages import address
from models.explain.diagnosis import explain

SOON = timedelta(days=30)
ALLOWED_SKEW, SURELY_REFUSED = timedelta(seconds=30), timedelta(minutes=5)


@dataclass(frozen=True)
class Credentials:
    """What a tenant signs in with."""

    config: Config
    tenant: Tenant
    client: Client
    tokens: EntraTokens

    def checks(self) -> Iterator[DoctorCheck]:
        """Sign-in, clock and expiry. Without a token nothing else can be examined."""
        yield self._sign_in()
        yield self._clock()
        if self.tenant.certificate_file is not None:
            yield self._certificate()

    def roles(self) -> frozenset[str] | None:
        """Application permissions that the token of Graph names; None when it names none.

        Microsoft calls tokens opaque to their clients, so this explains and never decides.
        """
        parts = self.tokens.bearer(self.config.endpoints.graph_scope).split(".")
        try:
            claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
            return frozenset(map(str, claims["roles"]))
        except (IndexError, ValueError, KeyError, TypeError):
            return None

    def secret_expiry(self, api: Api, now: datetime) -> DoctorCheck:
        """When the application's own secrets end, where Graph may be asked."""
        name = "credential expiry"
        query = {
            "$filter": f"appId eq '{self.tenant.client_id}'",
            "$select": ",".join(("appId", *CREDENTIALS)),
        }
        url = address(f"{api.base}/v1.0/applications", query)
        try:
            page = api.decoded(ObjectPage, lambda: api.get(url), "own application")
        except HveError as error:
            fix = "grant Application.Read.All, or note the day yourself"
            return self._check(name, "warn", f"not known: {error}", fix)
        ends = [
            datetime.fromisoformat(str(credential["endDateTime"]))
            for application in page.value
            for kind in CREDENTIALS
            for credential in objects_in(application.get(kind))
            if credential.get("endDateTime")
        ]
        if not ends:
            detail = "not known: the application is not registered in this tenant"
            return self._check(name, "warn", detail, "look into its home tenant")
        # Old ones stay listed beside their successors: the newest decides.
        return self._expiry(name, max(ends), now, "make a new secret or certificate, and use it")

    def _sign_in(self) -> DoctorCheck:
        try:
            self.tokens.bearer(self.config.endpoints.graph_scope)
        except HveError as error:
            return self._check("credentials", "fail", str(error), _fix(str(error)))
        return self._check("credentials", "ok", "Entra ID gives a token")

    def _clock(self) -> DoctorCheck:
        """Real time against the Date header of Entra ID; `--now` has no part in it."""
        place = f"{self.tenant.tenant_id}/v2.0/.well-known/openid-configuration"
        try:
            answer = self.client.get(f"{self.config.endpoints.login}/{place}")
            there = service_time(answer)
        except (TransportError, DecodingError) as error:
            there, reason = None, str(error)
        else:
            reason = "its answer names no time"
        if there is None:
            fix = "let Entra ID be reached, or compare the clock with a time server"
            return self._check("clock", "warn", f"not compared: {reason}", fix)
        skew = abs(datetime.now(UTC) - there)
        if skew <= ALLOWED_SKEW:
            return self._check("clock", "ok", "within 30 s of Entra ID")
        status = "fail" if skew >= SURELY_REFUSED else "warn"
        detail = f"{skew.total_seconds():.0f} s apart from Entra ID"
        return self._check("clock", status, detail, "let the clock follow a time server")

    def _certificate(self) -> DoctorCheck:
        try:
            until = signing_certificate(self.tenant).certificate.not_valid_after_utc
        except ConfigError as error:
            fix = "give a PEM with certificate and key, or a PFX with its password file"
            return self._check("certificate", "fail", str(error), fix)
        fix = "make a new one, upload it to the application, then put it into the file"
        return self._expiry("certificate", until, datetime.now(UTC), fix)

    def _expiry(self, name: str, until: datetime, now: datetime, fix: str) -> DoctorCheck:
        if until <= now:
            return self._check(name, "fail", f"expired on {until:%Y-%m-%d}", fix)
        if until - now < SOON:
            return self._check(name, "warn", f"expires on {until:%Y-%m-%d}", fix)
        return self._check(name, "ok", f"valid until {until:%Y-%m-%d}")

    def _check(self, name: str, status: object, detail: str, fix: str = "") -> DoctorCheck:
        return check(name, status, detail, fix, self.tenant.name)  # type: ignore[arg-type] # one of the three


def _fix(error: str) -> str:
    """What the error catalogue says of a sign-in code, in one line."""
    explanation = explain(error)
    if explanation is None or explanation.kind != "sign-in":
        return "check the credentials of the tenant in hve.toml and endpoints.login"
    steps = [step for step in explanation.fix.split("\n") if step != "hve doctor"]
    return f"{explanation.meaning} ({explanation.cause}): {'; '.join(steps)}"
