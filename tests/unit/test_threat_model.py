"""Every promise of the threat model names a test; that it exists is in test_docs.py."""

from __future__ import annotations

from tests.places import ROOT
from tests.unit.test_docs import NAMED_TEST

PAGE = (ROOT / "docs/threat-model.md").read_text(encoding="utf-8")


def test_every_promise_is_held_by_a_test() -> None:
    promises = PAGE.partition("## What is promised")[2].partition("\n## ")[0]
    rows = [line for line in promises.splitlines() if line.startswith("|")][2:]
    assert len(rows) > 20
    assert [row for row in rows if not NAMED_TEST.search(row.split("|")[3])] == []
    assert len(NAMED_TEST.findall(PAGE)) == PAGE.count("tests/"), "each is a file and a name"
