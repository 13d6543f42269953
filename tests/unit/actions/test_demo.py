"""The demo: it never throws away what it did not write."""

from __future__ import annotations

from pathlib import Path

import pytest

from actions.demo import _fresh_folder, run_demo
from hve_monitor.errors import ConfigError
from tests.unit.conftest import NOW


def test_foreign_files_in_the_demo_folder_are_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    mine = tmp_path / "data" / "demo" / "mine.csv"
    mine.parent.mkdir(parents=True)
    mine.write_text("precious")
    with pytest.raises(ConfigError, match="holds files that no demo wrote; move them away"):
        run_demo(30, 7, NOW, headless=True)
    assert mine.read_text() == "precious"


def test_the_store_of_the_demo_before_makes_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = _fresh_folder()
    (folder / "hve.toml").write_text("# Written by 'hve demo': a simulated tenant.\n")
    (folder / "store").mkdir()
    assert list(_fresh_folder().iterdir()) == []
