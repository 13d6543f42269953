"""When our own certificate ends, as the configured file says.

A client secret does not tell: Entra ID lists its end with the application.
"""

from __future__ import annotations

from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs12

from hve_monitor.clock import iso
from hve_monitor.config import Tenant
from ingest.policy_part import document
from warehouse.records.policies import Policy

OWN_CREDENTIAL = "own_credential"
PEM_BEGIN, PEM_END = b"-----BEGIN CERTIFICATE-----", b"-----END CERTIFICATE-----"


def own_credential(tenant: Tenant) -> Policy:
    """Kind of the tenant's credential and, for a certificate, its end (UTC)."""
    file = tenant.certificate_file
    if file is None:
        return _policy(_kind(tenant), {})
    try:
        certificate = _certificate(file, tenant.certificate_password_file)
    except (OSError, ValueError) as error:
        reason = f"{file.name}: the certificate cannot be read ({error})"
        return Policy(OWN_CREDENTIAL, "own", unavailable_reason=reason, source="configuration")
    return _policy("certificate", {"endDateTime": iso(certificate.not_valid_after_utc)})


def _kind(tenant: Tenant) -> str:
    if tenant.client_secret_file is not None:
        return "secret"
    return "managed" if tenant.managed_identity else "federated"


def _certificate(file: Path, password_file: Path | None) -> x509.Certificate:
    """The first certificate of a PEM or PFX file: the one that signs."""
    data = file.read_bytes()
    if file.suffix.lower() in (".pfx", ".p12"):
        password = password_file.read_bytes().strip() if password_file else None
        certificate = pkcs12.load_key_and_certificates(data, password)[1]
        if certificate is None:
            raise ValueError("it holds no certificate")
        return certificate
    start, end = data.find(PEM_BEGIN), data.find(PEM_END)
    if start < 0 or end < start:
        raise ValueError("it holds no certificate")
    return x509.load_pem_x509_certificate(data[start : end + len(PEM_END)])


def _policy(kind: str, values: dict[str, str]) -> Policy:
    content = document({"kind": kind, **values})
    return Policy(OWN_CREDENTIAL, "own", kind, content, source="configuration")
