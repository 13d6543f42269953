"""Sentences of the pages name no flag of a command."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import dashboards

ROOM = Path(dashboards.__file__).parent
# What `hve dashboard` says in the terminal is no page, and the first steps are commands to copy.
NO_SENTENCES = {"serve.py", "first_steps.py"}
MODULES = sorted(file for file in ROOM.rglob("*.py") if file.name not in NO_SENTENCES)
FLAG = re.compile(r"(?<![\w-])--[a-z][a-z-]+")


def sentences(tree: ast.AST) -> Iterator[str]:
    """Every text of the module that is no docstring."""
    documented = (ast.Module, ast.FunctionDef, ast.ClassDef)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
        if is_text and id(node) not in docstrings:
            yield node.value


@pytest.mark.parametrize("file", MODULES, ids=lambda file: file.relative_to(ROOM).as_posix())
def test_no_sentence_of_a_page_names_a_flag(file: Path) -> None:
    texts = sentences(ast.parse(file.read_text(encoding="utf-8")))
    assert [text for text in texts if FLAG.search(text)] == []
