"""Documentation that can rot is compared with what it describes."""

from __future__ import annotations

import json
import re
import tomllib
import types
from typing import Any, get_args

import pytest
from pydantic import BaseModel
from typer.main import get_command

from cli.main import app
from hve_monitor.config import Config
from tests.places import ROOT

PAGES = sorted(f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md"))
COMMANDS = sorted(get_command(app).commands)  # type: ignore[attr-defined] # a group of commands


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def keys(model: type[BaseModel], prefix: str = "") -> dict[str, Any]:
    """Every key of the configuration as the documents write it, with its default."""
    found: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        section = section_of(field.annotation)
        if section is None or (prefix and name == "cost_minimum") or name == "targets":
            found[prefix + name] = field
        else:
            found |= keys(section, f"{prefix}{name}.")
    return found


def section_of(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and not isinstance(annotation, types.GenericAlias):
        return annotation if issubclass(annotation, BaseModel) else None
    return next((found for each in get_args(annotation) if (found := section_of(each))), None)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_readme_lists_every_command(command: str) -> None:
    assert f"`hve {command}`" in text("README.md")


def test_the_readme_lists_no_command_that_is_not_there() -> None:
    table = text("README.md").split("## Commands")[1].split("##")[0]
    assert set(re.findall(r"^\| `hve (\S+)`", table, re.MULTILINE)) == set(COMMANDS)


def test_every_key_of_the_configuration_is_documented_and_no_other() -> None:
    page = text("docs/configuration.md")
    documented = re.findall(r"^\| `([a-z_.]+)` \|", page, re.MULTILINE)
    assert set(documented) == set(keys(Config))


def test_documented_defaults_are_the_real_ones() -> None:
    fields = keys(Config)
    rows = re.findall(r"^\| `(\S+)` \| `([^`{]+)` \|", text("docs/configuration.md"), re.MULTILINE)
    assert len(rows) > 15
    for key, default in rows:
        real = fields[key].default
        shown = json.dumps(real) if isinstance(real, (bool, tuple)) else str(real)
        assert default == shown, key


def test_links_of_the_documents_lead_somewhere() -> None:
    for name in ("README.md", "ARCHITECTURE.md", "CHANGELOG.md", *PAGES):
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", text(name)):
            assert (ROOT / name).parent.joinpath(target).exists(), f"{name}: {target}"


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-spark.lock"])
def test_the_lock_file_names_no_host(name: str) -> None:
    assert "://" not in text(name)
    assert "--hash=sha256:" in text(name)


def test_the_extra_is_the_version_that_is_locked() -> None:
    extra = tomllib.loads(text("pyproject.toml"))["project"]["optional-dependencies"]["spark"]
    assert [each for each in extra if each in text("requirements-spark.lock")] == extra


def test_the_screenshot_is_a_picture() -> None:
    assert (ROOT / "docs/overview.png").read_bytes().startswith(b"\x89PNG")


def test_every_permission_that_a_source_needs_is_in_the_readme() -> None:
    code = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "ingest").rglob("*.py"))
    needed = set(re.findall(r"\b[A-Z][A-Za-z]+\.(?:Read|ReadBasic)\.All\b", code))
    assert len(needed) >= 5
    assert not {name for name in needed if name not in text("README.md")}
