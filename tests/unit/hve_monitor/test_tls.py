"""Certificates are verified, whoever asks."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
import trustme

from hve_monitor.errors import ConfigError
from hve_monitor.tls import trust


def test_names_and_certificates_are_verified(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    trustme.CA().cert_pem.write_to_path(str(file))
    for context in (trust(), trust(str(file))):
        assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


def test_the_configured_authority_comes_on_top(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    trustme.CA().cert_pem.write_to_path(str(file))
    assert len(trust(str(file)).get_ca_certs()) == len(trust().get_ca_certs()) + 1


@pytest.mark.parametrize(
    ("content", "reason"), [(None, "No such file"), ("no certificate", "holds no certificate")]
)
def test_a_bundle_that_cannot_be_used_is_named(
    tmp_path: Path, content: str | None, reason: str
) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)
    with pytest.raises(ConfigError, match=rf"^endpoints\.ca_bundle: .*ca\.pem: {reason}"):
        trust(str(file))
