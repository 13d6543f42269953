"""What a tenant signs in with, out of its files; what cannot be used is told before Entra is asked.

A certificate file may hold a chain in any order: the one that signs is that of the private key.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)

from hve_monitor.config import Tenant
from hve_monitor.errors import ConfigError
from hve_monitor.files import decoded, secret_text

CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)
KEY = re.compile(r"-----BEGIN ([A-Z ]*PRIVATE KEY)-----.*?-----END \1-----", re.DOTALL)
PEM_BEGIN = "-----BEGIN "


@dataclass(frozen=True)
class SigningCertificate:
    """A private key, the certificate that belongs to it, and the others of the file."""

    key: PrivateKeyTypes
    certificate: x509.Certificate
    others: tuple[x509.Certificate, ...]

    def for_msal(self) -> dict[str, str]:
        """As msal takes it, which signs as the first certificate."""
        key = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        chain = [one.public_bytes(Encoding.PEM) for one in (self.certificate, *self.others)]
        return {"private_key": key.decode(), "public_certificate": b"".join(chain).decode()}


def credential(tenant: Tenant) -> Any:
    """What msal signs with. Raises: ConfigError naming the file that cannot be used."""
    if tenant.client_secret_file:
        return _secret(tenant.client_secret_file, tenant.name)
    if tenant.federated_token_file:
        file = tenant.federated_token_file
        return {"client_assertion": lambda: _secret(file, tenant.name)}
    signing = signing_certificate(tenant)
    if not isinstance(signing.key, RSAPrivateKey):
        raise ConfigError(
            f"tenant '{tenant.name}': {tenant.certificate_file}: Entra ID takes RSA keys only"
        )
    return signing.for_msal()


def signing_certificate(tenant: Tenant) -> SigningCertificate:
    """Key and certificate of the tenant's certificate file, PEM or PFX.

    Raises: ConfigError naming the file and what is wrong with it.
    """
    file, password_file = tenant.certificate_file, tenant.certificate_password_file
    if file is None:
        raise ConfigError(f"tenant '{tenant.name}': no credential is configured")
    password = _secret(password_file, tenant.name).encode() if password_file else None
    where = f"tenant '{tenant.name}': {file}"
    try:
        return _parsed(file.read_bytes(), password)
    except OSError as error:
        raise ConfigError(f"{where} cannot be read ({error.strerror})") from None
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        reason = _plain(str(error), has_password=password is not None)
        raise ConfigError(f"{where}: {reason}") from None


def _parsed(data: bytes, password: bytes | None) -> SigningCertificate:
    """Raises: ValueError, TypeError, UnsupportedAlgorithm."""
    text = _pem_text(data)
    key, certificates = _of_pfx(data, password) if text is None else _of_pem(text, password)
    if key is None or not certificates:
        raise ValueError("it must hold the certificate and its private key (PEM or PFX)")
    own = [one for one in certificates if one.public_key() == key.public_key()]
    if not own:
        raise ValueError("its certificate and its private key do not belong together")
    newest = max(own, key=lambda one: one.not_valid_after_utc)
    return SigningCertificate(key, newest, tuple(one for one in certificates if one not in own))


def _pem_text(data: bytes) -> str | None:
    """The text of a PEM file, None for a binary one."""
    try:
        text = decoded(data)
    except UnicodeDecodeError:
        return None
    return text if PEM_BEGIN in text else None


def _of_pem(
    text: str, password: bytes | None
) -> tuple[PrivateKeyTypes | None, list[x509.Certificate]]:
    blocks = CERTIFICATE.findall(text)
    certificates = [x509.load_pem_x509_certificate(block.encode()) for block in blocks]
    block = KEY.search(text)
    if block is None:
        return None, certificates
    is_locked = "ENCRYPTED" in block[0]
    return load_pem_private_key(block[0].encode(), password if is_locked else None), certificates


def _of_pfx(
    data: bytes, password: bytes | None
) -> tuple[PrivateKeyTypes | None, list[x509.Certificate]]:
    key, certificate, others = pkcs12.load_key_and_certificates(data, password)
    return key, [*([certificate] if certificate else []), *others]


def _plain(reason: str, *, has_password: bool) -> str:
    """The library's reason, with what the user can do about it."""
    if "PKCS12" in reason and "assword" not in reason:
        return "it is neither a PEM nor a PFX file"
    if "assword" not in reason:
        return reason.split(" Details:", maxsplit=1)[0].rstrip(".")
    if has_password:
        return "the password of certificate_password_file does not open it"
    return "it is encrypted, or no PFX; name certificate_password_file"


def _secret(file: Path, tenant: str) -> str:
    """Raises: ConfigError."""
    try:
        return secret_text(file).strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not a text file"
        raise ConfigError(f"tenant '{tenant}': {file} cannot be read ({reason})") from None
