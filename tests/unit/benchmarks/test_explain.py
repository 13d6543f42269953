"""The list of lines that programs print: the first answer is right, and most lines have one."""

from __future__ import annotations

import pytest

from benchmarks.explain import (
    BAR,
    NOTHING,
    ExplainedLine,
    coverage,
    explained_lines,
    lines_table,
    precision,
)
from models.explain.catalogue import read_catalogue


@pytest.fixture(scope="module")
def lines() -> list[ExplainedLine]:
    return explained_lines()


def test_the_bar_is_held(lines: list[ExplainedLine]) -> None:
    wrong = [(line.text, line.answer, line.entry) for line in lines if line.answer != line.entry]
    assert min(precision(lines), coverage(lines)) >= BAR, wrong


def test_the_list_is_long_and_its_entries_are_there(lines: list[ExplainedLine]) -> None:
    catalogue = read_catalogue()
    codes = {entry.code for entry in catalogue.entries}
    unknown = [
        line.entry
        for line in lines
        if line.entry not in {NOTHING, *codes}
        and line.entry.split(" ")[-1] not in catalogue.by_code
    ]
    assert (len(lines) > 300, unknown) == (True, [])


def test_precision_and_coverage_are_counted_by_hand() -> None:
    lines = [
        ExplainedLine("a", "x", "550", "550"),
        ExplainedLine("a", "x", "550", "554"),
        ExplainedLine("a", "x", "550", NOTHING),
        ExplainedLine("b", "x", NOTHING, "550"),
        ExplainedLine("b", "x", NOTHING, NOTHING),
    ]
    assert precision(lines) == pytest.approx(1 / 3)
    assert coverage(lines) == pytest.approx(2 / 3)
    assert lines_table(lines).endswith("answers to lines that mean nothing: 1")
