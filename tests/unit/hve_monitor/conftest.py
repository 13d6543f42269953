"""A folder with a configuration, and the `hve` command inside this process."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from hve_monitor.cli import main

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
CSV = """\
id,sender,recipient,received_at,status
t1,hr@contoso.com,reader@fabrikam.com,2026-11-23T07:00:00Z,delivered
t2,hr@contoso.com,writer@fabrikam.com,2026-11-23T07:00:00Z,failed
"""


@dataclass
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on stdout."""
        return json.loads(self.out)


Hve = Callable[..., Ended]


@pytest.fixture
def hve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Hve:
    """Runs `hve` with arguments in an empty folder, as the console script does."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["hve", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        code = ended.value.code
        return Ended(code if isinstance(code, int) else int(bool(code)), *captured)

    return run


def quiet(_what: str, _step: int, _steps: int) -> None:
    """No progress."""
