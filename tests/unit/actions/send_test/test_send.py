"""`hve send-test` before anything is sent: flags, passwords, domains."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from actions.send_test.send import account_domains, password_of, prepare
from hve_monitor.config import Config, Tenant
from hve_monitor.errors import ConfigError
from tests.unit.conftest import CSV, Hve

TOML = """
[[tenants]]
name = "contoso"
tenant_id = "t"
managed_identity = true
accounts = ["hr@contoso.com", "alerts@contoso.net"]
[[tenants]]
name = "fabrikam"
tenant_id = "t"
managed_identity = true
accounts = ["hr@fabrikam.com"]
accepted_domains = ["FABRIKAM.net"]
[endpoints]
smtp = "127.0.0.1:9"
"""
SEND = ("send-test", "--account", "hr@contoso.com", "--to", "reader@contoso.com")


@pytest.fixture
def configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "hve.toml").write_text(TOML, encoding="utf-8")
    monkeypatch.setenv("HVE_SMTP_PASSWORD", "secret-1")
    return tmp_path


def test_an_endpoint_that_nobody_serves_is_temporary_and_explained(
    hve: Hve, configured: Path
) -> None:
    ended = hve(*SEND, "--json")
    assert (ended.code, ended.json["sent"]) == (75, False)
    assert ended.json["steps"][-1]["explanations"][0]["code"] == "client.connection-refused"
    assert "secret-1" not in ended.out + ended.err
    assert "\n          source: " in hve(*SEND).out


def test_the_preflight_needs_neither_account_nor_password(
    hve: Hve, configured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HVE_SMTP_PASSWORD")
    ended = hve("send-test", "--preflight", "--json")
    assert (ended.code, ended.json["steps"][0]["step"]) == (75, "dns")


WRONG = {
    "nothing": ["send-test"],
    "no recipient": ["send-test", "--account", "hr@contoso.com"],
    "no account": ["send-test", "--to", "reader@contoso.com", "--tenant", "contoso"],
    "external": [*SEND, "--to", "someone@example.org"],
    "another tenant": [*SEND, "--to", "someone@fabrikam.com"],
    "no address": [*SEND, "--to", "reader"],
    "too many": [*SEND, *(part for n in range(50) for part in ("--to", f"r{n}@contoso.com"))],
    "no tenant": ["send-test", "--account", "x@example.org", "--to", "y@example.org"],
    "no such file": [*SEND, "--password-file", "gone"],
    "a password in argv": [*SEND, "--password", "secret-1"],
}


@pytest.mark.parametrize("arguments", WRONG.values(), ids=WRONG)
def test_what_must_not_be_sent_is_refused_with_exit_code_2(
    hve: Hve, configured: Path, arguments: list[str]
) -> None:
    ended = hve(*arguments)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err


def test_the_tenant_of_an_account_needs_no_flag(hve: Hve, configured: Path) -> None:
    ended = hve("send-test", "--account", "HR@fabrikam.com", "--to", "r@fabrikam.net", "--json")
    assert (ended.code, ended.json["tenant"]) == (75, "fabrikam")
    assert ended.json["account"] == "hr@fabrikam.com"


def test_the_password_comes_from_a_file_the_environment_or_a_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "password").write_text("from a file \n", encoding="utf-8")
    monkeypatch.setenv("HVE_SMTP_PASSWORD", "from a variable")
    assert password_of("a", tmp_path / "password") == "from a file "
    assert password_of("a", None) == "from a variable"
    monkeypatch.delenv("HVE_SMTP_PASSWORD")
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr("getpass.getpass", lambda prompt: f"typed for {prompt}")
    assert password_of("hr@contoso.com", None) == "typed for Password of hr@contoso.com: "
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: False))
    with pytest.raises(ConfigError, match="no password for hr@contoso"):
        password_of("hr@contoso.com", None)


def test_the_password_is_in_no_text_of_the_order() -> None:
    config = Config(tenants=(Tenant(name="contoso", accounts="files"),))
    order = prepare(config, config.tenants[0], "hr@contoso.com", ["a@contoso.com"], lambda: "s-1")
    assert order.password == "s-1"  # noqa: S105 - invented above
    assert "s-1" not in repr(order)


def test_domains_come_from_the_store_where_accounts_are_not_listed(
    hve: Hve, tmp_path: Path
) -> None:
    (tmp_path / "export.csv").write_text(CSV)
    hve("import", "export.csv", "--now", "2026-11-24")
    config = Config()
    assert account_domains(config, config.served[0]) == {"contoso.com"}


def test_without_any_known_account_its_own_domain_counts() -> None:
    config = Config(tenants=(Tenant(name="contoso", accounts="files"),))
    tenant = config.tenants[0]
    assert prepare(config, tenant, "hr@contoso.com", ["a@contoso.com"], None).password is None
    with pytest.raises(ConfigError, match="outside"):
        prepare(config, tenant, "hr@contoso.com", ["a@example.org"], None)
