"""Every test starts without the caller's configuration, and without waiting between retries."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
import stamina


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("HVE_")]:
        monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _patient_but_quick() -> Iterator[None]:
    """Retries happen as in production, their waiting does not."""
    with stamina.set_testing(True, attempts=10, cap=True):
        yield
