"""Progress: silent where nobody looks."""

from __future__ import annotations

import pytest

from hve_monitor.progress import progress_bar


def test_without_a_terminal_nothing_is_written(capfd: pytest.CaptureFixture[str]) -> None:
    with progress_bar() as report:
        report("contoso: accounts", 1, 2)
        report("contoso: billing", 2, 2)
    assert tuple(capfd.readouterr()) == ("", "")
