"""The arrows of the design: data flows one way, nothing downstream is imported upstream."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
ROOMS = (
    "hve_monitor",
    "ingest",
    "warehouse",
    "models",
    "dashboards",
    "publish",
    "probe",
    "simulator",
)
LEAVES = ("hve_monitor.errors", "hve_monitor.clock", "hve_monitor.config")
COMMAND_LINE = ("hve_monitor.cli", "hve_monitor.command", "hve_monitor.commands")


def imported(tree: ast.AST, package: str) -> Iterator[str]:
    """Every module that is named, with `from a import b` as a.b; relative names made whole."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parts = package.split(".")[: 1 - node.level or None] if node.level else []
            base = ".".join([*parts, *([node.module] if node.module else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


@cache
def arrows(room: str) -> frozenset[tuple[str, str]]:
    """(file, module of one of our rooms) for every import below the room."""
    found = set()
    for file in (ROOT / room).rglob("*.py"):
        package = ".".join(file.relative_to(ROOT).parent.parts)
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for name in imported(tree, package):
            if name.split(".")[0] in ROOMS:
                found.add((str(file.relative_to(ROOT)), name))
    return frozenset(found)


def is_of(name: str, *modules: str) -> bool:
    return any(name == module or name.startswith(f"{module}.") for module in modules)


def breaking(room: str, *forbidden: str) -> list[tuple[str, str]]:
    return sorted(arrow for arrow in arrows(room) if is_of(arrow[1], *forbidden))


@pytest.mark.parametrize(
    ("room", "forbidden"),
    [
        ("ingest", ("models", "dashboards", "publish")),
        ("models", ("ingest", "dashboards", "publish")),
        ("dashboards", ("ingest", "simulator", *COMMAND_LINE)),
        ("publish", ("ingest", "dashboards", "simulator", *COMMAND_LINE)),
        ("probe", ("ingest", "warehouse", "models", "dashboards", "publish", "simulator")),
    ],
)
def test_a_room_imports_nothing_downstream(room: str, forbidden: tuple[str, ...]) -> None:
    assert breaking(room, *forbidden) == []


def test_the_warehouse_knows_itself_and_the_leaves_only() -> None:
    assert [
        arrow for arrow in sorted(arrows("warehouse")) if not is_of(arrow[1], "warehouse", *LEAVES)
    ] == []


def test_the_leaves_import_no_room_and_nothing_of_the_spine_but_each_other() -> None:
    files = {f"{leaf.replace('.', '/')}.py" for leaf in LEAVES}
    found = [arrow for arrow in arrows("hve_monitor") if Path(arrow[0]).as_posix() in files]
    assert [arrow for arrow in found if not is_of(arrow[1], *LEAVES)] == []
    assert found


@pytest.mark.parametrize("room", ROOMS)
def test_nothing_but_python_m_imports_the_command_line(room: str) -> None:
    found = {Path(file).as_posix() for file, _ in breaking(room, *COMMAND_LINE)}
    own = {file for file in found if file.startswith("hve_monitor/commands/")}
    assert found - own <= {"hve_monitor/__main__.py", "hve_monitor/cli.py"}


def test_the_simulator_imports_no_room() -> None:
    assert breaking("simulator", *(room for room in ROOMS if room != "simulator")) == []


def test_one_module_of_each_direction_speaks_http_and_only_the_warehouse_writes_delta() -> None:
    texts = {
        file.relative_to(ROOT).as_posix(): file.read_text(encoding="utf-8")
        for room in ROOMS
        if room != "simulator"
        for file in (ROOT / room).rglob("*.py")
    }
    http = {name for name, text in texts.items() if "import httpx" in text}
    assert http == {"ingest/http.py", "publish/outgoing.py"}
    delta = {name for name, text in texts.items() if "write_deltalake" in text}
    assert delta == {"warehouse/delta.py"}


def test_imports_of_every_form_are_seen() -> None:
    text = "import a.b\nfrom c import d\nfrom . import e\nfrom .f import g\nfrom .. import h\n"
    found = set(imported(ast.parse(text), "room.sub"))
    assert found == {"a.b", "c.d", "room.sub.e", "room.sub.f.g", "room.h"}
