"""The five stores, made once for all tests of this folder, and the `hve` command over one."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from cli.main import main
from tests.unit.conftest import Ended
from tests.unit.dashboards.conftest import Open, on_this_machine_only, opened
from tests.unit.stores.five_stores import NOW, ROWS, Sent, fill

MOMENT = NOW.isoformat().replace("+00:00", "Z")
Run = Callable[..., Ended]
Ask = Callable[..., Any]
Page = Callable[[str], AppTest]
__all__ = ["on_this_machine_only", "opened"]  # fixtures of the pages


@dataclass(frozen=True)
class FilledStore:
    """One of the five: its hve.toml, the rows that were imported, and what it answered so far."""

    name: str
    file: Path
    answers: dict[tuple[str, ...], Any] = field(default_factory=dict)
    texts: dict[tuple[str, ...], Ended] = field(default_factory=dict)
    pages: dict[str, AppTest] = field(default_factory=dict)

    @cached_property
    def rows(self) -> list[Sent]:
        """As they stand in the file."""
        return list(ROWS[self.name]())


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], FilledStore]:
    """Imports a store when it is asked for first."""
    made: dict[str, FilledStore] = {}

    def of(name: str) -> FilledStore:
        if name not in made:
            made[name] = FilledStore(name, fill(tmp_path_factory.mktemp(name), name))
        return made[name]

    return of


@pytest.fixture(
    # Projections of 503 accounts take as long as all the rest.
    params=[pytest.param(name, marks=pytest.mark.slow) if name == "many" else name for name in ROWS]
)
def store(request: pytest.FixtureRequest, filled: Callable[[str], FilledStore]) -> FilledStore:
    """Every store in turn."""
    return filled(request.param)


@pytest.fixture
def run(
    store: FilledStore,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """Runs `hve` over the store at its business time, in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def ended(*arguments: str) -> Ended:
        words = ["hve", *arguments, "--config", str(store.file), "--now", MOMENT]
        monkeypatch.setattr(sys, "argv", words)
        capsys.readouterr()
        with pytest.raises(SystemExit) as error:
            main()
        captured = capsys.readouterr()
        code = error.value.code
        return Ended(code if isinstance(code, int) else int(bool(code)), *captured)

    return ended


@pytest.fixture
def ask(store: FilledStore, run: Run) -> Ask:
    """The document of a command that changes nothing, asked for once."""

    def answer(*arguments: str) -> Any:
        if arguments not in store.answers:
            store.answers[arguments] = document(run(*arguments, "--json"))
        return store.answers[arguments]

    return answer


@pytest.fixture
def read(store: FilledStore, run: Run) -> Run:
    """How a command that changes nothing ended with text, run once."""

    def ended(*arguments: str) -> Ended:
        if arguments not in store.texts:
            store.texts[arguments] = run(*arguments)
        return store.texts[arguments]

    return ended


@pytest.fixture
def page(store: FilledStore, opened: Open) -> Page:
    """A page of the store, drawn once."""

    def drawn(name: str) -> AppTest:
        if name not in store.pages:
            store.pages[name] = opened(store.file, name, now=NOW)
        return store.pages[name]

    return drawn


def document(ended: Ended) -> Any:
    """The one document of a command that ended well; NaN is no JSON."""
    assert ended.code in (0, 3), ended.err

    def refused(constant: str) -> None:
        raise AssertionError(constant)

    return json.loads(ended.out, parse_constant=refused)
