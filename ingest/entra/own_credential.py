"""When our own certificate ends, as the configured file says.

A client secret does not tell: Entra ID lists its end with the application.
"""

from __future__ import annotations

from hve_monitor.clock import iso
from hve_monitor.config import Tenant
from hve_monitor.errors import ConfigError
from ingest.entra.credential import signing_certificate
from ingest.policy_part import document
from warehouse.records.policies import Policy

OWN_CREDENTIAL = "own_credential"


def own_credential(tenant: Tenant) -> Policy:
    """Kind of the tenant's credential and, for a certificate, its end (UTC)."""
    if tenant.certificate_file is None:
        return _policy(_kind(tenant), {})
    try:
        certificate = signing_certificate(tenant).certificate
    except ConfigError as error:
        return Policy(OWN_CREDENTIAL, "own", unavailable_reason=str(error), source="configuration")
    return _policy("certificate", {"endDateTime": iso(certificate.not_valid_after_utc)})


def _kind(tenant: Tenant) -> str:
    if tenant.client_secret_file is not None:
        return "secret"
    return "managed" if tenant.managed_identity else "federated"


def _policy(kind: str, values: dict[str, str]) -> Policy:
    content = document({"kind": kind, **values})
    return Policy(OWN_CREDENTIAL, "own", kind, content, source="configuration")
