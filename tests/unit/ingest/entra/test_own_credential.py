"""The end of our own certificate, from a PEM or PFX file; others are named by their kind."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import NameOID

from hve_monitor.config import Tenant
from ingest.entra.own_credential import own_credential

END = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)
KEY = ec.generate_private_key(ec.SECP256R1())


def certificate() -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hve.contoso.com")])
    builder = x509.CertificateBuilder(name, name, KEY.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(datetime(2026, 3, 1, tzinfo=UTC)).not_valid_after(END)
    return builder.sign(KEY, hashes.SHA256())


def tenant(**credential: Any) -> Tenant:
    return Tenant(name="contoso", tenant_id="t", client_id="c", **credential)


def test_the_end_of_a_pem_with_its_key_first(tmp_path: Path) -> None:
    key = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file = tmp_path / "own.pem"
    file.write_bytes(key + certificate().public_bytes(Encoding.PEM))
    found = own_credential(tenant(certificate_file=file))
    assert found.content == {"kind": "certificate", "endDateTime": "2027-03-01T12:00:00Z"}


@pytest.mark.parametrize("password", [b"secret\n", None])
def test_the_end_of_a_pfx(tmp_path: Path, password: bytes | None) -> None:
    lock = BestAvailableEncryption(password.strip()) if password else NoEncryption()
    file, secret = tmp_path / "own.pfx", tmp_path / "password"
    file.write_bytes(pkcs12.serialize_key_and_certificates(b"own", KEY, certificate(), None, lock))
    if password:
        secret.write_bytes(password)
    more = {"certificate_password_file": secret} if password else {}
    found = own_credential(tenant(certificate_file=file, **more))
    assert found.content["endDateTime"] == "2027-03-01T12:00:00Z"


@pytest.mark.parametrize("content", [b"no certificate", b"-----BEGIN CERTIFICATE-----\nx\n"])
def test_a_file_that_cannot_be_read_is_a_reason(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "own.pem"
    file.write_bytes(content)
    found = own_credential(tenant(certificate_file=file))
    assert found.document is None
    assert "own.pem: " in str(found.unavailable_reason)
    assert own_credential(tenant(certificate_file=tmp_path / "gone.pem")).unavailable_reason


def test_other_credentials_are_named_by_their_kind(tmp_path: Path) -> None:
    for kind, credential in (
        ("secret", {"client_secret_file": tmp_path / "x"}),
        ("managed", {"managed_identity": True}),
        ("federated", {"federated_token_file": tmp_path / "x"}),
    ):
        assert own_credential(tenant(**credential)).content == {"kind": kind}
