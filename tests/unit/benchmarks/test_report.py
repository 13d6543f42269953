"""The page of all benchmarks: a section is replaced, the others stay."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from benchmarks.report import (
    HEAD,
    JOBS,
    PAGE,
    Job,
    _store,
    surroundings,
    tables_apart,
    with_section,
)
from tests.places import ROOT

APART = {"report", "real_mail"}  # itself, and one that needs a file of a real company


def test_every_program_has_a_section() -> None:
    programs = {
        file.stem
        for file in (ROOT / "benchmarks").glob("*.py")
        if "def main(" in file.read_text(encoding="utf-8")
    }
    assert programs - APART == {job.program for job in JOBS.values()}


def test_arguments_are_those_that_the_programs_take() -> None:
    for job in JOBS.values():
        text = (ROOT / "benchmarks" / f"{job.program}.py").read_text(encoding="utf-8")
        named = {argument for run in job.runs for argument in run if argument.startswith("--")}
        named |= {"--keep"} if job.keeps_store or job.changes_store else set()
        assert not {option for option in named if f'"{option}"' not in text}, job.program


def test_a_section_is_replaced_and_the_others_stay_in_their_order() -> None:
    page = with_section(HEAD, "search", "one")
    page = with_section(page, "ingest", "two\n\n| a |\n|---|\n| 1 |")
    page = with_section(page, "search", "three")
    assert page.startswith(HEAD.strip())
    assert re.findall(r"(?m)^## (\w+)$", page) == ["ingest", "search"]
    assert "three" in page
    assert "| 1 |" in page
    assert "one\n" not in page
    assert with_section(page, "search", "three") == page


def test_a_table_stands_apart_from_the_line_before() -> None:
    assert tables_apart("rows\n| a |\n|---|\n| 1 |\nend") == "rows\n\n| a |\n|---|\n| 1 |\n\nend"


def test_a_run_that_changes_its_store_gets_a_copy(tmp_path: Path) -> None:
    kept, job = tmp_path / "kept", Job("", "models", changes_store=True)
    with _store(job, kept) as made:
        assert made == ()
    kept.mkdir()
    (kept / "facts").write_text("whole")
    with _store(job, kept) as (option, place):
        assert option == "--keep"
        Path(place, "facts").write_text("changed")
    assert not Path(place).exists()
    assert (kept / "facts").read_text() == "whole"


def test_surroundings_name_commit_machine_and_versions() -> None:
    told = surroundings()
    assert re.match(r"Commit [0-9a-f]{7,}", told)
    assert "duckdb 2." in told
    assert " cores, " in told


def test_an_unknown_name_is_refused_before_anything_runs(tmp_path: Path) -> None:
    out = tmp_path / "page.md"
    done = subprocess.run(
        [sys.executable, "benchmarks/report.py", "nonsense", "--out", str(out)],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 2
    assert "use some of" in done.stderr
    assert not out.exists()


def test_the_page_in_the_repository_has_known_sections_only() -> None:
    assert set(re.findall(r"(?m)^## (\S+)$", PAGE.read_text(encoding="utf-8"))) <= set(JOBS)
