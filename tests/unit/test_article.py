"""Every row of the set-up article is answered by something that exists."""

from __future__ import annotations

import re

import pytest
from typer.main import get_command

from cli.main import app
from models.readiness.checks import CHECKS
from tests.misconfiguration import mistakes
from tests.places import ROOT

PAGE = (ROOT / "docs/article.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.splitlines()
    if line.startswith("| ") and not line.startswith("| article")
]
COMMANDS = set(get_command(app).commands)  # type: ignore[attr-defined] # a group of commands
# Built in parts of their own; the page names them, and they appear when those are there.
ELSEWHERE = {"explain", "send-test"}
ARTICLE = {"Limits": 10, "Steps": 6, "Errors": 7, "Checklist": 13}


def names(text: str, after: str) -> set[str]:
    """Names in backticks that follow a word: check `a`, checks `a`, `b`."""
    found: set[str] = set()
    for run in re.findall(rf"\b{after}s? ((?:`[^`]+`(?:, )?)+)", text):
        found |= set(re.findall(r"`([^`]+)`", run))
    return found


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][:40])
def test_a_row_is_answered_by_what_exists(row: list[str]) -> None:
    answers = row[1]
    checks = {name for name in names(answers, "check") if not name.startswith("hve ")}
    checks |= names(answers, "fix of")
    commands = {text.split()[1] for text in re.findall(r"`(hve [^`]+)`", answers)}
    assert checks or commands
    assert checks <= set(CHECKS)
    assert commands <= COMMANDS | ELSEWHERE


def test_every_check_and_every_named_mistake_is_there() -> None:
    told = set().union(*(names(row[1], "check") for row in ROWS))
    assert set(CHECKS) <= told
    known = {mistake.name for mistake in mistakes()}
    named = set().union(*(names(row[3], "mistake") for row in ROWS))
    assert named
    assert named <= known


def test_no_row_of_the_article_is_missing() -> None:
    for title, count in ARTICLE.items():
        section = PAGE.split(f"## {title}\n")[1].split("\n## ")[0]
        rows = [line for line in section.splitlines() if line.startswith("| ")]
        own = [line for line in rows if not line.startswith(("| article", "| (beyond"))]
        assert len(own) >= count, title
