"""Fixes of a check: shared lines and comments once."""

from __future__ import annotations

from dashboards.readiness.fixes import lines_once


def test_a_comment_is_written_once() -> None:
    lines = [
        "New-AuthenticationPolicy -Name x  # once",
        "Set-User a  # it takes a day",
        "New-AuthenticationPolicy -Name x  # once",
        "Set-User b  # it takes a day",
        "Set-User c",
    ]
    assert lines_once(lines) == [
        "New-AuthenticationPolicy -Name x  # once",
        "Set-User a  # it takes a day",
        "Set-User b",
        "Set-User c",
    ]
