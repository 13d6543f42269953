"""Every PowerShell script that is shipped or printed, parsed by a grammar of the language."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.peers.conftest import Fetch
from tests.places import ROOT

pytestmark = pytest.mark.peers
SCRIPTS = sorted(
    file for room in ("ingest", "deploy", "actions", "cli") for file in (ROOT / room).rglob("*.ps1")
)
FAULTS = """
import sys, tree_sitter, tree_sitter_powershell
parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_powershell.language()))
for name in sys.argv[1:]:
    nodes = [parser.parse(open(name, "rb").read()).root_node]
    while nodes:
        node = nodes.pop()
        if node.is_error or node.is_missing:
            print(f"{name}:{node.start_point[0] + 1}: {node.type}")
        nodes += node.children
"""


@pytest.fixture(scope="module")
def grammar(fetch: Fetch) -> str:
    return str(fetch("tree-sitter==0.26.1", "tree-sitter-powershell==0.26.4"))


def faults(grammar: str, *files: Path) -> list[str]:
    """Places that are no PowerShell."""
    environment = {**os.environ, "PYTHONPATH": grammar}
    command = [sys.executable, "-c", FAULTS, *map(str, files)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    return done.stdout.splitlines()


def test_the_shipped_scripts_are_powershell(grammar: str) -> None:
    assert {file.name for file in SCRIPTS} >= {"collect.ps1", "connect.ps1", "schedule.ps1"}
    assert faults(grammar, *SCRIPTS) == []


def test_a_fault_would_be_seen(grammar: str, tmp_path: Path) -> None:
    broken = tmp_path / "broken.ps1"
    broken.write_text("if ($true) { Get-Date\nfunction {", encoding="utf-8")
    assert faults(grammar, broken) != []
