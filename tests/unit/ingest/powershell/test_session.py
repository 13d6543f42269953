"""Exchange facts by a child process: one run, its document, and who answers when."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from hve_monitor.errors import AuthError, SourceContractError, SourceUnavailable
from ingest.exchange.accounts import ingest_accounts
from ingest.exchange.cmdlets import Exchange
from ingest.http import Api, RequestRefused
from ingest.powershell import session as powershell
from ingest.powershell.session import ExchangeWays, PowerShell
from tests.unit.ingest.conftest import NOW, Answer, Service
from warehouse.records.accounts import current_accounts
from warehouse.store import Store

CANARY = "canary-token"
DOCUMENT = {
    "kind": "hve-collect",
    "version": 1,
    "accounts": [
        {
            "PrimarySmtpAddress": "HR@contoso.com",
            "EmailAddresses": ["SMTP:HR@contoso.com", "smtp:people@contoso.com"],
            "DisplayName": "HR",
        }
    ],
    "settings": [{"Identity": "HR@contoso.com", "ReplyTo": "desk@contoso.com"}],
    "billing": [{"Identity": "hr@contoso.com", "error": "Access denied."}],
}
PROGRAM = """#!{python}
import json, os, sys
here = os.path.dirname(os.path.abspath(__file__))
told = {{"arguments": sys.argv[1:], "token": sys.stdin.readline().strip()}}
with open(os.path.join(here, "runs.jsonl"), "a") as runs:
    runs.write(json.dumps(told) + "\\n")
{body}
"""
WRITES = "open(sys.argv[-1], 'w').write({text!r})"
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a POSIX script")


class Machine:
    """A folder on PATH with a stand-in for pwsh that remembers how it was run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def installs(self, body: str) -> None:
        program = self.folder / "pwsh"
        program.write_text(PROGRAM.format(python=sys.executable, body=body))
        program.chmod(0o755)

    def writes(self, document: object) -> None:
        self.installs(WRITES.format(text=json.dumps(document)))

    @property
    def runs(self) -> list[dict[str, Any]]:
        file = self.folder / "runs.jsonl"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return Machine(folder)


@pytest.fixture
def shell() -> PowerShell:
    return PowerShell(lambda: CANARY, "contoso.onmicrosoft.com")


def test_one_run_answers_every_cmdlet(machine: Machine, shell: PowerShell) -> None:
    machine.writes(DOCUMENT)
    assert shell.rows("Get-MailUser", HVEAccount=True)[0]["DisplayName"] == "HR"
    assert shell.rows("Get-HVEAccountSettings", Identity="hr@contoso.com")
    assert len(machine.runs) == 1


def test_the_token_is_on_no_command_line(machine: Machine, shell: PowerShell) -> None:
    machine.writes(DOCUMENT)
    shell.rows("Get-MailUser")
    [run] = machine.runs
    assert run["token"] == CANARY
    assert not [argument for argument in run["arguments"] if "canary" in argument]
    assert "contoso.onmicrosoft.com" in run["arguments"]
    assert Path(run["arguments"][run["arguments"].index("-File") + 1]).is_file()


def test_accounts_are_the_same_as_over_rest(
    machine: Machine, shell: PowerShell, store: Store
) -> None:
    machine.writes(DOCUMENT)
    with store.tenant_lock("contoso"):
        result = ingest_accounts(store, "contoso", shell, NOW)
    assert (result.status, result.rows_new, result.requests) == ("ok", 1, 0)
    [account] = current_accounts(store, "contoso")
    assert account.addresses == ("hr@contoso.com", "people@contoso.com")
    assert account.reply_to == "desk@contoso.com"


def test_what_a_cmdlet_refused_is_its_error(machine: Machine, shell: PowerShell) -> None:
    machine.writes(DOCUMENT)
    with pytest.raises(AuthError, match=r"Get-HVEAccountBillingPolicy: Access denied\."):
        shell.rows("Get-HVEAccountBillingPolicy", Identity="hr@contoso.com")


def test_a_refused_sign_in_is_one_line(machine: Machine, shell: PowerShell) -> None:
    machine.installs(
        "sys.stderr.write('\\n\\x1b[31mThe role assigned is missing.\\nmore\\n'); sys.exit(1)"
    )
    with pytest.raises(AuthError, match=r"^pwsh: \[31mThe role assigned is missing\.$"):
        shell.rows("Get-MailUser")


def test_a_program_that_is_not_there_is_named(machine: Machine, shell: PowerShell) -> None:
    assert not powershell.installed()
    with pytest.raises(AuthError, match="pwsh is not installed"):
        shell.rows("Get-MailUser")


@pytest.mark.parametrize("body", ["pass", "open(sys.argv[-1], 'w').write('[{')"])
def test_no_document_is_an_error(machine: Machine, shell: PowerShell, body: str) -> None:
    machine.installs(body)
    with pytest.raises(SourceContractError, match="pwsh: wrote no document"):
        shell.rows("Get-MailUser")


def test_a_script_that_read_nothing_says_why(machine: Machine, shell: PowerShell) -> None:
    machine.writes(DOCUMENT | {"accounts": [], "errors": ["Get-MailUser: not allowed"]})
    with pytest.raises(AuthError, match="pwsh: Get-MailUser: not allowed"):
        shell.rows("Get-MailUser")


def test_a_program_that_hangs_is_ended(
    machine: Machine, shell: PowerShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(powershell, "LONGEST_SECONDS", 0.2)
    machine.installs("import time; time.sleep(60)")
    with pytest.raises(SourceUnavailable, match="gave no answer"):
        shell.rows("Get-MailUser")


def ways(api: Api, shell: PowerShell) -> ExchangeWays:
    return ExchangeWays(Exchange(api, "11111111-2222-3333-4444-555555555555"), shell)


def test_rest_answers_where_it_can(
    machine: Machine, shell: PowerShell, api: Api, service: Service
) -> None:
    service.will(Answer(200, {"value": [{"Name": "over rest"}]}))
    assert ways(api, shell).rows("Get-MailUser") == [{"Name": "over rest"}]
    assert machine.runs == []


@pytest.mark.parametrize(
    "refusal",
    [
        Answer(403, {"error": {"message": "Access denied."}}),
        Answer(404, {"error": {"message": "No such endpoint."}}),
        Answer(200, {"value": 7}),
    ],
)
def test_a_refusal_turns_to_powershell_for_the_rest_of_the_run(
    machine: Machine, shell: PowerShell, api: Api, service: Service, refusal: Answer
) -> None:
    machine.writes(DOCUMENT)
    service.choose = lambda _: refusal
    both = ways(api, shell)
    assert both.rows("Get-MailUser")[0]["DisplayName"] == "HR"
    asked = len(service.asked)
    assert both.rows("Get-HVEAccountSettings", Identity="hr@contoso.com")
    assert len(service.asked) == asked


def test_a_cmdlet_that_fails_for_one_account_is_no_refusal(
    machine: Machine, shell: PowerShell, api: Api, service: Service
) -> None:
    machine.writes(DOCUMENT)
    service.will(Answer(400, {"error": {"message": "couldn't be found"}}))
    with pytest.raises(RequestRefused):
        ways(api, shell).rows("Get-User", Identity="gone@contoso.com")
    assert machine.runs == []


def test_both_reasons_are_told(
    machine: Machine, shell: PowerShell, api: Api, service: Service
) -> None:
    machine.installs("sys.stderr.write('no module'); sys.exit(1)")
    service.choose = lambda _: Answer(403, {"error": {"message": "Access denied."}})
    with pytest.raises(AuthError, match=r"Access denied.*and by PowerShell: pwsh: no module"):
        ways(api, shell).rows("Get-MailUser")


def test_the_stand_in_is_what_the_path_finds(machine: Machine) -> None:
    machine.writes(DOCUMENT)
    assert powershell.installed()
    assert os.environ["PATH"] == str(machine.folder)
