"""Reasons are read at 3 a.m.: every one is short, and none has a word of the code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest

from benchmarks.inputs.rehearsal import draw_rehearsal
from benchmarks.inputs.rehearsal_store import computed, end_of
from models.baseline.grid import grid_from_hours
from models.incident import SIGNALS, Incident
from models.incidents.assemble import judge
from models.incidents.signals.quarter_hours import activity_of
from models.incidents.signals.sentences import (
    SignalNumbers,
    afterwards,
    largest_before,
    sentence,
)
from tests.places import ROOT

MOST_WORDS = 20
OF_THE_CODE = (
    "bar bars baseline baselines channel conformal croston cusum deviation deviations ema episode"
    " episodes ewma excess excesses floor grid mad median nan null percentile quantile"
    " quantiles quarter-hour quarter-hours residual residuals score scores sigma stretch threshold"
    " thresholds window windows z-score z-scores"
)
# Steps, limits, hunting queries and errors of commands are no reasons.
WITHOUT_REASONS = {"runbooks", "cards", "verdicts", "overspill", "turns", "hunting"}
MODULES = [
    module
    for module in sorted((ROOT / "models" / "incidents").rglob("*.py"))
    if module.stem not in WITHOUT_REASONS
]


def faults(reason: str) -> list[str]:
    """What a reader could not read."""
    words = reason.split()
    plain = {word.strip(".,;:()'\"").lower() for word in words}
    code = sorted(plain & set(OF_THE_CODE.split()))
    return [*(f"word of the code: {word}" for word in code), *_too_long(words)]


def _too_long(words: list[str]) -> list[str]:
    return [f"{len(words)} words"] if len(words) > MOST_WORDS else []


def sentences_of(module: Path) -> Iterator[str]:
    """Texts of a module that people read: of two words or more, with values as x."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    inside = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for part in ast.walk(node)
        if part is not node
    }
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if id(node) in inside | docstrings:
            continue
        if isinstance(node, ast.JoinedStr):
            parts = (part.value if isinstance(part, ast.Constant) else "x" for part in node.values)
            yield "".join(map(str, parts))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def is_text(text: str) -> bool:
    """Whether a string is a sentence, and no name, list of words or statement of SQL."""
    return len(text.split()) > 2 and not re.search(r"\b(select|from \(|where day)\b", text)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.stem)
def test_no_sentence_in_the_code_is_hard_to_read(module: Path) -> None:
    hard = {text: faults(text) for text in filter(is_text, sentences_of(module))}
    assert {text: fault for text, fault in hard.items() if fault} == {}


LARGE = SignalNumbers(
    value=1_234_567, usual=123_456, hours=168, total=1_234_567, sent=2_345_678, unknown=34_567
)
SMALL = SignalNumbers(value=1, usual=0, hours=0.25, total=1, sent=1)


@pytest.mark.parametrize("numbers", [LARGE, SMALL], ids=["large", "small"])
@pytest.mark.parametrize("signal", SIGNALS)
def test_every_signal_says_how_much_against_its_past(signal: str, numbers: SignalNumbers) -> None:
    reason = sentence(signal, numbers)
    assert faults(reason) == []
    assert re.search("usually|before|recent weeks", reason)


def test_what_comes_afterwards_and_came_before_is_short() -> None:
    counts = dict.fromkeys(SIGNALS, 12_345.0)
    assert faults(afterwards(timedelta(days=5), counts)) == []
    assert faults(largest_before(12_345.0)) == []
    assert "more than its usual" in largest_before(0.0)


@cache
def simulated() -> list[Incident]:
    """All incidents of a small tenant of regular and irregular accounts."""
    rehearsal = draw_rehearsal(3, 16, 75, 0.45)
    marts, until = computed(rehearsal), end_of(rehearsal)
    grid = grid_from_hours(marts["hve_usage_hourly"], until)
    return judge(grid, activity_of(marts["hve_activity"], until), "Europe/Berlin")[1]


def test_every_reason_of_a_simulated_tenant_is_short() -> None:
    reasons = {reason for incident in simulated() for reason in incident.reasons}
    reasons |= {signal.reason for incident in simulated() for signal in incident.signals}
    assert len(reasons) > 50
    assert {reason: faults(reason) for reason in reasons if faults(reason)} == {}


def test_the_simulated_tenant_shows_most_kinds() -> None:
    kinds = {incident.kind for incident in simulated()}
    assert kinds >= {"surge", "drift", "silence", "new_source", "new_recipients"}
