"""The doctor against a tenant: each permission, credential and clock, with its fix."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from actions.doctor import credentials
from actions.doctor.credentials import Credentials
from actions.doctor.examine import examine
from hve_monitor.config import Config
from hve_monitor.document import encoded
from simulator.world.access import EVERYTHING
from tests.contract.conftest import NOW, Site

pytestmark = pytest.mark.contract


def examined(config: Config, only: str | None = None) -> tuple[dict[str, dict[str, Any]], int]:
    outcome = examine(config, NOW, only)
    found = encoded(outcome.document)["checks"]
    assert all(bool(result["fix"]) == (result["status"] != "ok") for result in found)
    return {result["check"]: result for result in found if result["tenant"]}, outcome.exit_code


def test_a_tenant_that_granted_everything_is_well(make_site: Callable[..., Site]) -> None:
    found, code = examined(make_site().config())
    well = {name for name, item in found.items() if item["status"] == "ok"}
    assert well >= {
        "credentials",
        "clock",
        "message traces",
        "accounts",
        "sign-ins",
        "security defaults",
        "conditional access",
        "members of its groups",
        "licences of accounts",
        "applications of accounts",
    }
    assert code == 0, found


def test_each_missing_permission_is_named_with_what_it_is_for(
    make_site: Callable[..., Site],
) -> None:
    missing = {"Policy.Read.All", "AuditLog.Read.All"}
    found, code = examined(make_site(granted=EVERYTHING - missing).config())
    warned = {name for name, item in found.items() if item["detail"].find(": missing") > 0}
    assert warned == {"sign-ins", "security defaults", "conditional access"}
    assert "Policy.Read.All" in found["security defaults"]["fix"]
    assert "live without sign-ins" in found["sign-ins"]["fix"]
    assert code == 0, "what is optional fails nothing"


def test_without_the_service_principal_the_fix_is_its_cmdlet(
    make_site: Callable[..., Site],
) -> None:
    found, code = examined(make_site(graph_refused=401).config())
    assert found["message traces"]["status"] == "fail"
    assert found["message traces"]["fix"].startswith("New-MgServicePrincipal -AppId 8bd644d1")
    assert code == 3


def test_a_wrong_secret_is_the_one_thing_to_mend(site: Site) -> None:
    (site.folder / "contoso.secret").write_text("wrong", encoding="utf-8")
    found, code = examined(site.config())
    assert (list(found), code) == (["credentials"], 3)
    assert "write the value, not the id" in found["credentials"]["fix"]


def test_a_clock_that_is_wrong_is_noticed(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    class Late(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Late:
            return cls.fromtimestamp(datetime.now(UTC).timestamp() + 400, tz)

    monkeypatch.setattr(credentials, "datetime", Late)
    found, _ = examined(site.config())
    assert found["clock"]["status"] == "fail"
    assert "time server" in found["clock"]["fix"]


def certificate(file: Path, days: int) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hve")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=400))
        .not_valid_after(now + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    form = serialization.PrivateFormat.PKCS8
    plain = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, form, plain)
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)


@pytest.mark.parametrize(("days", "status"), [(300, "ok"), (10, "warn"), (-1, "fail")])
def test_a_certificate_is_told_before_it_ends(site: Site, days: int, status: str) -> None:
    certificate(site.folder / "contoso.pem", days)
    config = site.config(("client_secret_file", "certificate_file"), (".secret", ".pem"))
    tenant = config.tenants[0]
    checked = Credentials(config, tenant, None, None)  # type: ignore[arg-type] # neither is asked
    expiry = checked._certificate()
    assert expiry.status == status
    assert bool(expiry.fix) == (status != "ok")


def test_what_the_token_names_is_read_from_it(site: Site) -> None:
    class Tokens:
        def bearer(self, _scope: str) -> str:
            claims = json.dumps({"roles": ["Policy.Read.All"]}).encode()
            return f"head.{base64.urlsafe_b64encode(claims).decode().rstrip('=')}.signature"

    config = site.config()
    checked = Credentials(config, config.tenants[0], None, Tokens())  # type: ignore[arg-type] # stands in
    assert checked.roles() == {"Policy.Read.All"}


def test_one_tenant_of_several_can_be_examined(site: Site) -> None:
    text = "\n[[tenants]]\nname = 'files'\naccounts = 'files'\n\n[endpoints]\n"
    config = site.config(("\n[endpoints]\n", text))
    assert examined(config, "files")[0] == {}
    assert "credentials" in examined(config, "contoso")[0]
