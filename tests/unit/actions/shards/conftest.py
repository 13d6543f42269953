"""Processes of shards begin as they do behind the command `hve`."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest


@pytest.fixture(autouse=True)
def _plain_main(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that a test drew before stays the main module, which a spawned process runs again."""
    monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))
