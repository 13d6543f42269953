"""A folder with a configuration, and the `hve` command inside this process."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cli.main import main

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


class Prepared:
    """Folders that are filled once; every test finds its own as it was filled.

    Always at the same path: a published file names its tables by their paths.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._told: dict[str, str] = {}

    def enter(self, name: str, monkeypatch: pytest.MonkeyPatch, fill: Callable[[], str]) -> str:
        """Goes to the folder of that name; what `fill` told when it filled it."""
        place, kept = self._root / name, self._root / f"{name}.kept"
        shutil.rmtree(place, ignore_errors=True)
        if name in self._told:
            shutil.copytree(kept, place)
        else:
            place.mkdir()
        monkeypatch.chdir(place)
        if name not in self._told:
            told = fill()
            shutil.copytree(place, kept)
            self._told[name] = told
        return self._told[name]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """The folders of one module."""
    return Prepared(tmp_path_factory.mktemp("prepared"))


def quiet(_what: str, _step: int, _steps: int) -> None:
    """No progress."""
