"""Progress: silent where nobody looks."""

from __future__ import annotations

from unittest.mock import MagicMock

import pytest

from actions import progress
from actions.progress import progress_bar


def test_without_a_terminal_short_work_says_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    with progress_bar() as report:
        report("contoso: accounts", 1, 2)
        report("contoso: billing", 2, 2)
    assert tuple(capfd.readouterr()) == ("", "")


def test_without_a_terminal_long_work_says_a_line_now_and_then(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    times = iter([0.0, 59.0, 61.0, 61.0, 90.0])
    monkeypatch.setattr("actions.progress.time.monotonic", lambda: next(times))
    monkeypatch.setattr(progress, "Progress", MagicMock())  # it reads the clock too
    with progress_bar() as report:
        for what in ("early", "a minute later", "soon again"):
            report(what, 1, 2)
    out, errors = capfd.readouterr()
    assert (out, errors) == ("", "a minute later\n")
