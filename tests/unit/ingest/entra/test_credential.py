"""Credentials from files as people have them: any order, any writer, and what cannot be used."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)
from cryptography.x509.oid import NameOID

from hve_monitor.config import Tenant
from hve_monitor.errors import ConfigError
from ingest.entra.credential import credential, signing_certificate

KEY, OTHER_KEY = (rsa.generate_private_key(65537, 2048) for _ in range(2))
LOCK = BestAvailableEncryption(b"word")


def certificate(name: str, key: Any = KEY, year: int = 2027) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = x509.CertificateBuilder(
        subject, subject, key.public_key(), x509.random_serial_number()
    )
    builder = builder.not_valid_before(datetime(2025, 3, 1, tzinfo=UTC))
    builder = builder.not_valid_after(datetime(year, 3, 1, tzinfo=UTC))
    return builder.sign(key, hashes.SHA256())


LEAF, AUTHORITY = certificate("hve.contoso.com"), certificate("authority", OTHER_KEY)


def pem(part: x509.Certificate) -> bytes:
    return part.public_bytes(Encoding.PEM)


def key_pem(
    lock: KeySerializationEncryption | None = None,
    form: PrivateFormat = PrivateFormat.PKCS8,
    key: Any = KEY,
) -> bytes:
    content: bytes = key.private_bytes(Encoding.PEM, form, lock or NoEncryption())
    return content


def pfx(lock: KeySerializationEncryption | None = None) -> bytes:
    return pkcs12.serialize_key_and_certificates(
        b"own", KEY, LEAF, [AUTHORITY], lock or NoEncryption()
    )


def tenant(folder: Path, content: bytes, password: bytes | None = None) -> Tenant:
    file = folder / "own.file"
    file.write_bytes(content)
    known: dict[str, Any] = {"name": "contoso", "tenant_id": "t", "client_id": "c"}
    if password is not None:
        (folder / "password").write_bytes(password)
        known["certificate_password_file"] = folder / "password"
    return Tenant(certificate_file=file, **known)


WHOLE = {
    "key first": key_pem() + pem(LEAF),
    "chain before the leaf": pem(AUTHORITY) + pem(LEAF) + key_pem(),
    "PKCS#1": pem(LEAF) + key_pem(form=PrivateFormat.TraditionalOpenSSL),
    "a mark before it": b"\xef\xbb\xbf" + pem(LEAF) + key_pem(),
    "UTF-16": (pem(LEAF) + key_pem()).decode().encode("utf-16"),
    "bag attributes": b"Bag Attributes\n    friendlyName: own\n" + pem(LEAF) + b"x\n" + key_pem(),
    "Windows line ends": (pem(LEAF) + key_pem()).replace(b"\n", b"\r\n"),
    "PFX": pfx(),
    "an older one of the same key": pem(certificate("old", year=2026)) + pem(LEAF) + key_pem(),
}


@pytest.mark.parametrize("content", WHOLE.values(), ids=WHOLE)
def test_the_certificate_of_the_key_signs(tmp_path: Path, content: bytes) -> None:
    owner = tenant(tmp_path, content)
    assert signing_certificate(owner).certificate == LEAF
    answer = credential(owner)
    assert answer["public_certificate"].startswith(pem(LEAF).decode())
    key = load_pem_private_key(answer["private_key"].encode(), None)
    assert key.public_key() == KEY.public_key()


@pytest.mark.parametrize("password", [b"word", b"word\r\n", b"\xef\xbb\xbfword\r\n"])
@pytest.mark.parametrize("content", [pem(LEAF) + key_pem(LOCK), pfx(LOCK)], ids=["PEM", "PFX"])
def test_a_password_opens_it_as_any_editor_writes_it(
    tmp_path: Path, content: bytes, password: bytes
) -> None:
    assert signing_certificate(tenant(tmp_path, content, password)).certificate == LEAF


def test_a_password_that_nothing_needs_does_no_harm(tmp_path: Path) -> None:
    owner = tenant(tmp_path, pem(LEAF) + key_pem(), b"word")
    assert signing_certificate(owner).certificate == LEAF


ELLIPTIC = ec.generate_private_key(ec.SECP256R1())
UNUSABLE = {
    "a locked key without a password": (pem(LEAF) + key_pem(LOCK), None, "certificate_password"),
    "a locked PFX without a password": (pfx(LOCK), None, "certificate_password_file"),
    "a wrong password": (pem(LEAF) + key_pem(LOCK), b"no", "does not open it"),
    "a wrong password of a PFX": (pfx(LOCK), b"no", "does not open it"),
    "no key": (pem(LEAF), None, "must hold the certificate and its private key"),
    "no certificate": (key_pem(), None, "must hold the certificate and its private key"),
    "a pair that is none": (pem(AUTHORITY) + key_pem(), None, "do not belong together"),
    "an elliptic key": (
        pem(certificate("own", ELLIPTIC)) + key_pem(key=ELLIPTIC), None, "RSA keys only"
    ),
    "an empty file": (b"", None, "own.file"),
    "a damaged key": (pem(LEAF) + key_pem().replace(b"MII", b"XII", 1), None, "own.file"),
    "bytes of something else": (bytes(range(256)), None, "own.file"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "password", "reason"), UNUSABLE.values(), ids=UNUSABLE)
def test_what_cannot_be_used_is_one_line_with_the_file(
    tmp_path: Path, content: bytes, password: bytes | None, reason: str
) -> None:
    with pytest.raises(ConfigError, match=reason) as error:
        credential(tenant(tmp_path, content, password))
    assert str(error.value).startswith(f"tenant 'contoso': {tmp_path / 'own.file'}")
    assert "\n" not in str(error.value)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    owner = tenant(tmp_path, b"")
    (tmp_path / "own.file").unlink()
    with pytest.raises(ConfigError, match=r"own\.file cannot be read \(No such file"):
        credential(owner)


@pytest.mark.parametrize("written", ["utf-8-sig", "utf-16", "utf-8"])
def test_a_secret_is_read_without_the_mark_of_its_writer(tmp_path: Path, written: str) -> None:
    file = tmp_path / "contoso.secret"
    file.write_bytes("S3cret\r\n".encode(written))
    owner = Tenant(name="contoso", tenant_id="t", client_id="c", client_secret_file=file)
    assert credential(owner) == "S3cret"
