"""Packaging: every room comes from this repository and is part of the wheel."""

from __future__ import annotations

import ast
import importlib.util
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.places import ROOMS, ROOT


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_is_loaded_from_this_repository(room: str) -> None:
    found = importlib.util.find_spec(room)
    assert found is not None
    assert found.origin is not None
    assert Path(found.origin).parent == ROOT / room


def test_every_room_with_modules_is_in_the_wheel_and_type_checked() -> None:
    settings = project()["tool"]
    outside = {"tests", "benchmarks"}
    rooms = {file.parent.name for file in ROOT.glob("*/__init__.py")} - outside
    assert set(settings["hatch"]["build"]["targets"]["wheel"]["packages"]) == rooms
    assert set(settings["mypy"]["packages"]) == rooms


def test_the_console_script_leads_to_the_entry_point() -> None:
    module, name = project()["project"]["scripts"]["hve"].split(":")
    assert callable(getattr(importlib.import_module(module), name))


def test_files_that_modules_read_at_run_time_stand_beside_them() -> None:
    for name in ("records/landing_stored.sql", "state.sql", "records/unsettled.sql"):
        assert (ROOT / "warehouse" / name).is_file()
    assert (
        "data/reference" in project()["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    )


def packages() -> list[Path]:
    return [file.parent for room in ROOMS for file in sorted((ROOT / room).rglob("__init__.py"))]


@pytest.mark.parametrize("package", packages(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_package_opens_with_its_contents(package: Path) -> None:
    text = ast.get_docstring(ast.parse((package / "__init__.py").read_text(encoding="utf-8"))) or ""
    modules = {file.stem for file in package.glob("*.py")} - {"__init__"}
    folders = {file.parent.name for file in package.glob("*/__init__.py")}
    assert {name for name in modules | folders if not re.search(rf"\n\s+{name}/?\s", text)} == set()
    assert len(modules) <= 20
