"""An administrator's own export of accounts and billing policies; its script changes nothing."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from hve_monitor.config import Tenant
from hve_monitor.errors import ConfigError
from ingest import powershell
from ingest.files.imported import FileImport
from ingest.powershell.collected import is_collection, record_collection
from models.readiness.checks import findings_of
from models.readiness.facts import ReadinessSettings
from models.readiness.read_facts import read_facts
from tests.unit.ingest.conftest import NOW, quiet
from warehouse.records.accounts import current_accounts
from warehouse.records.policies import Policy, newest_policies
from warehouse.records.stored import stored_rows
from warehouse.store import Store
from warehouse.tables import BILLING_POLICIES, REJECTED_ROWS

SCRIPT = Path(powershell.__file__).with_name("collect.ps1")
READING = {
    "Get",
    "Select",
    "ConvertTo",
    "Write",
    "ForEach",
    "Where",
    "Sort",
    "New",
    "Read",
    "Format",
}
HR = {
    "PrimarySmtpAddress": "HR@contoso.com",
    "EmailAddresses": ["SMTP:HR@contoso.com", "smtp:people@contoso.com", "SIP:hr@contoso.com"],
    "DisplayName": "HR mail",
    "ExternalDirectoryObjectId": "11111111-1111-1111-1111-111111111111",
    "WhenCreated": "2026-04-01T08:07:47.0000000Z",
}
DOCUMENT: dict[str, Any] = {
    "kind": "hve-collect",
    "version": 1,
    "accounts": [HR, {"PrimarySmtpAddress": "it@contoso.com"}],
    "settings": [{"Identity": "hr@contoso.com", "ReplyTo": "Desk@contoso.com"}],
    "billing": [
        {"Identity": "it@contoso.com", "error": "Failed to get SPO billing policies"},
        {
            "Identity": "HR@contoso.com",
            "BillingPolicyId": "p1",
            "BillingPolicyName": "Mail",
            "BillingPolicyStatus": "Valid",
        },
    ],
    "policies": {"organization": [{"Name": "contoso"}]},
}


def test_accounts_and_billing_are_kept_as_exchange_sends_them(store: Store) -> None:
    accounts, billing, policies = record_collection(store, "contoso", DOCUMENT, NOW, "a.json")
    assert (accounts.rows_new, billing.rows_new, policies.rows_new) == (2, 2, 3)
    hr, it = current_accounts(store, "contoso")
    assert hr.addresses == ("hr@contoso.com", "people@contoso.com")
    assert (hr.reply_to, it.reply_to) == ("desk@contoso.com", None)
    rows = {row["account"]: row for row in stored_rows(store, BILLING_POLICIES, "contoso")}
    assert rows["hr@contoso.com"]["billing_status"] == "Valid"
    assert "SPO" in rows["it@contoso.com"]["unavailable_reason"]
    again = record_collection(store, "contoso", DOCUMENT, NOW, "a.json")
    assert [summary.rows_unchanged for summary in again] == [2, 2, 3]


POLICY_PARTS: dict[str, Any] = {
    "organization": {"Name": "contoso", "DefaultAuthenticationPolicy": "Block"},
    "users": [
        {"Identity": "hr@contoso.com", "AuthenticationPolicy": "Allow"},
        {"Identity": "it@contoso.com", "error": "access denied"},
    ],
    "authentication": [
        {"Name": "Block", "AllowBasicAuthSmtp": False},
        {"Name": "Allow", "AllowBasicAuthSmtp": True},
    ],
    "billing": [{"BillingPolicyId": "p1", "Name": "HVE company"}],
}


def policies_of(store: Store, document: dict[str, Any]) -> dict[tuple[str, str | None], Policy]:
    record_collection(store, "contoso", document, NOW, "a.json")
    return newest_policies(store, "contoso")


def test_settings_and_policies_are_kept_as_over_the_network(store: Store) -> None:
    app = "00000000-0000-0000-0000-0000000000b1"
    settings = [{"Identity": "hr@contoso.com", "ReplyTo": "desk@contoso.com", "AppIds": [app]}]
    found = policies_of(store, DOCUMENT | {"policies": POLICY_PARTS, "settings": settings})
    organization = found["organization_config", "organization"]
    assert organization.content["DefaultAuthenticationPolicy"] == "Block"
    own = found["account_authentication", "hr@contoso.com"].content
    assert own == {"AuthenticationPolicy": "Allow"}
    assert found["account_authentication", "it@contoso.com"].unavailable_reason == "access denied"
    assert found["authentication_policy", "Allow"].content["AllowBasicAuthSmtp"] is True
    assert found["account_settings", "hr@contoso.com"].app_ids == (app,)
    assert found["account_settings", "it@contoso.com"].unavailable_reason
    assert found["billing_policy", "p1"].name == "HVE company"
    assert {value.source for value in found.values()} == {"exchange"}


def test_a_part_that_the_file_lacks_says_nothing_of_what_is_known(store: Store) -> None:
    whole = policies_of(store, DOCUMENT | {"policies": POLICY_PARTS})
    assert policies_of(store, DOCUMENT | {"policies": {}}) == whole


def test_a_part_that_was_refused_is_unknown_with_the_reason(store: Store) -> None:
    refused = {"authentication": [{"Identity": "Get-AuthenticationPolicy", "error": "no role"}]}
    found = policies_of(store, DOCUMENT | {"policies": refused})
    reason = found["authentication_policy", None].unavailable_reason
    assert reason == "Get-AuthenticationPolicy: no role"


def test_readiness_needs_no_permission_of_the_application(store: Store) -> None:
    record_collection(store, "contoso", DOCUMENT | {"policies": POLICY_PARTS}, NOW, "a.json")
    tenant = Tenant(name="contoso", accounts="files")
    findings = findings_of(read_facts(store, tenant, NOW, ReadinessSettings()))
    told = {(finding.check, finding.account): finding.status for finding in findings}
    assert told["authentication_policy", "hr@contoso.com"] == "pass"
    assert told["authentication_policy", "it@contoso.com"] == "unknown"
    assert told["reply_to", "hr@contoso.com"] == "pass"
    assert told["conditional_access", "hr@contoso.com"] == "unknown"


def test_old_times_of_powershell_are_understood(store: Store) -> None:
    document = DOCUMENT | {"accounts": [HR | {"WhenCreated": "/Date(1775030867000)/"}]}
    record_collection(store, "contoso", document, NOW, "a.json")
    (account,) = current_accounts(store, "contoso")
    assert account.created_at is not None
    assert account.created_at.isoformat() == "2026-04-01T08:07:47+00:00"


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"version": 2}, "has version 2, this program reads 1"),
        ({"accounts": None}, "is no hve-collect file"),
    ],
)
def test_another_version_or_shape_is_told(
    store: Store, change: dict[str, object], text: str
) -> None:
    with pytest.raises(ConfigError, match=rf"a\.json: {text}"):
        record_collection(store, "contoso", DOCUMENT | change, NOW, "a.json")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_the_file_is_imported_and_tells_the_senders(
    store: Store, tmp_path: Path, encoding: str
) -> None:
    tenant = Tenant(name="contoso", tenant_id="t", managed_identity=True)
    importer = FileImport(store, tenant, NOW, {}, "auto", quiet)
    assert importer.senders == frozenset()
    (tmp_path / "a.json").write_bytes(json.dumps(DOCUMENT, indent=2).encode(encoding))
    result = importer.read(tmp_path / "a.json")
    assert (result.rows_read, result.rows_new) == (7, 7)
    assert importer.senders == {"hr@contoso.com", "people@contoso.com", "it@contoso.com"}


def test_an_account_that_cannot_be_read_is_rejected(store: Store, tmp_path: Path) -> None:
    tenant = Tenant(name="contoso", tenant_id="t", managed_identity=True)
    accounts = [{"PrimarySmtpAddress": 5}]
    document = DOCUMENT | {"accounts": accounts, "billing": [], "settings": [], "policies": {}}
    (tmp_path / "a.json").write_text(json.dumps(document))
    result = FileImport(store, tenant, NOW, {}, "collect", quiet).read(tmp_path / "a.json")
    assert (result.rows_read, result.rows_rejected) == (1, 1)
    (row,) = stored_rows(store, REJECTED_ROWS, "contoso")
    assert "PrimarySmtpAddress" in row["reason"]


def test_a_script_that_met_a_refusal_changes_nothing(store: Store) -> None:
    record_collection(store, "contoso", DOCUMENT, NOW, "a.json")
    refused = DOCUMENT | {"accounts": [], "errors": ["Get-MailUser: access denied"]}
    (result,) = record_collection(store, "contoso", refused, NOW, "a.json")
    assert result.error == "Get-MailUser: access denied"
    assert len(current_accounts(store, "contoso")) == 2


def test_only_its_kind_is_a_collection() -> None:
    assert is_collection(DOCUMENT)
    assert not is_collection({"kind": "other"})
    assert not is_collection("hve-collect")


def test_the_script_has_no_command_that_changes_anything() -> None:
    text = re.sub(r"<#.*?#>|#[^\n]*", "", SCRIPT.read_text(encoding="utf-8"), flags=re.DOTALL)
    text = re.sub(r"'[^']*'", "''", text)
    verbs = set(re.findall(r"\b([A-Z][A-Za-z]+)-[A-Z][A-Za-z]+", text))
    assert verbs <= READING, verbs - READING
    assert set(re.findall(r"New-\w+ ?\S*", text)) == {
        "New-Object System.Text.UTF8Encoding($false)))"
    }
    assert text.isascii()


def test_the_script_asks_every_command_and_writes_every_part() -> None:
    text = SCRIPT.read_text(encoding="utf-8")
    for command in (
        "Get-MailUser -HVEAccount",
        "Get-HVEAccountSettings",
        "Get-HVEAccountBillingPolicy",
        "Get-BillingPolicy -ResourceType HVE",
        "Get-OrganizationConfig",
        "Get-User",
        "Get-AuthenticationPolicy",
    ):
        assert command in text
    for name in DOCUMENT:
        assert re.search(rf"^\s+{name}\s+= ", text, flags=re.MULTILINE), name
    assert not text.startswith("\ufeff")
