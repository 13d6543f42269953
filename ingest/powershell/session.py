"""Exchange facts through PowerShell 7, where `pwsh` is installed: the supported way to cmdlets.

One child process signs in with our own token (on standard input, never on the command line), runs
the read-only script of `hve collect`, and its document answers every cmdlet of the run.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import msgspec

from hve_monitor.errors import AuthError, HveError, SourceContractError, SourceUnavailable
from hve_monitor.text import printable
from ingest.exchange.cmdlets import Exchange
from ingest.http import Api, JsonObject, RequestRefused
from ingest.outcome import NOT_THERE
from ingest.powershell.collected import CollectedExchange, read_collection

PROGRAM = "pwsh"
SCRIPT = Path(__file__).with_name("connect.ps1")
LONGEST_SECONDS = 1800
# Values of Connect-ExchangeOnline's ExchangeEnvironmentName by endpoints.cloud.
ENVIRONMENTS = {
    "public": "O365Default",
    "usgov": "O365USGovGCCHigh",
    "usgov-dod": "O365USGovDoD",
    "china": "O365China",
}


def installed() -> bool:
    """Whether PowerShell 7 can be started."""
    return shutil.which(PROGRAM) is not None


class PowerShell(Exchange):
    """Answers cmdlets from what one run of the script saw."""

    def __init__(self, token: Callable[[], str], organization: str, cloud: str = "public") -> None:
        self._token, self._organization, self._cloud = token, organization, cloud
        # No request is sent over HTTP, so none is counted.
        self.api = cast("Api", SimpleNamespace(requests=0, throttled=0, permission=""))
        self.has_run = False

    def rows(self, cmdlet: str, **parameters: object) -> list[JsonObject]:
        """The rows that the cmdlet printed.

        Raises: AuthError with PowerShell's reason, SourceUnavailable, SourceContractError.
        """
        return self._recorded.rows(cmdlet, **parameters)

    @cached_property
    def _recorded(self) -> CollectedExchange:
        with tempfile.TemporaryDirectory(prefix="hve-") as folder:
            target = Path(folder) / "collected.json"
            self._run(target)
            try:
                document = msgspec.json.decode(target.read_bytes())
            except (OSError, msgspec.DecodeError, RecursionError) as error:
                raise SourceContractError(f"{PROGRAM}: wrote no document ({error})") from None
        recorded = CollectedExchange(read_collection(document, PROGRAM))
        if recorded.document.errors and not recorded.document.accounts:
            raise AuthError(f"{PROGRAM}: {recorded.document.errors[0]}")
        self.has_run = True
        return recorded

    def _run(self, target: Path) -> None:
        program = shutil.which(PROGRAM)
        if program is None:
            raise AuthError(f"{PROGRAM} is not installed; exchange_access = 'powershell' needs it")
        command = [program, "-NoLogo", "-NoProfile", "-NonInteractive", "-File", str(SCRIPT)]
        command += ["-Organization", self._organization]
        command += ["-Environment", ENVIRONMENTS[self._cloud], "-Path", str(target)]
        try:
            done = subprocess.run(  # noqa: S603 - our own script, arguments are no shell text
                command,
                input=f"{self._token()}\n".encode(),
                capture_output=True,
                timeout=LONGEST_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            minutes = LONGEST_SECONDS // 60
            raise SourceUnavailable(f"{PROGRAM}: gave no answer for {minutes} minutes") from None
        if done.returncode:
            raise AuthError(f"{PROGRAM}: {_reason(done.stderr or done.stdout)}")


class ExchangeWays(Exchange):
    """Asks over REST; once that is refused or not understood, PowerShell answers."""

    def __init__(self, rest: Exchange, powershell: PowerShell) -> None:
        self._rest, self._powershell = rest, powershell
        self.api = rest.api

    def rows(self, cmdlet: str, **parameters: object) -> list[JsonObject]:
        """The rows of the first way that gives any answer. Raises: AuthError with both reasons."""
        if self._powershell.has_run:
            return self._powershell.rows(cmdlet, **parameters)
        try:
            return self._rest.rows(cmdlet, **parameters)
        except (AuthError, SourceContractError, RequestRefused) as error:
            if isinstance(error, RequestRefused) and error.status not in NOT_THERE:
                raise
            return self._second(error, cmdlet, **parameters)

    def _second(self, refusal: HveError, cmdlet: str, **parameters: object) -> list[JsonObject]:
        try:
            return self._powershell.rows(cmdlet, **parameters)
        except HveError as error:
            raise AuthError(f"{refusal}; and by PowerShell: {error}") from None


def _reason(output: bytes) -> str:
    """The first line that says something; PowerShell draws colours around it."""
    text = output.decode("utf-8", "replace")
    lines = [line.strip() for line in printable(text, "", "\n").split("\n") if line.strip()]
    return lines[0][:300] if lines else "ended without a reason"
