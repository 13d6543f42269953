"""Documentation that can rot is compared with what it describes."""

from __future__ import annotations

import ast
import json
import re
import tomllib
import types
from typing import Any, get_args

import pytest
from pydantic import BaseModel
from typer.main import get_command

from cli.main import app
from dashboards.session.access import PAGES as DASHBOARD_PAGES
from hve_monitor.config import Config
from tests.places import ROOT

PAGES = sorted(page.relative_to(ROOT).as_posix() for page in (ROOT / "docs").rglob("*.md"))
ROOT_PAGES = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md")
COMMANDS: dict[str, Any] = get_command(app).commands  # type: ignore[attr-defined] # a group
EVERYWHERE = {"--config", "--now", "--json", "--help"}
# Folders of the repository: a path in a document begins with one of them.
FOLDERS = sorted(path.name for path in ROOT.iterdir() if path.is_dir() and path.name[0] != ".")
FILE_IN_TEXT = re.compile(rf"\b(?:{'|'.join(FOLDERS)})/[\w./-]*\w/?(?![\w*])")
MORE_OF_ITS_FOLDER = re.compile(
    r"([\w/]+/)\w+\.py((?:, \w+\.py)+)"
)  # models/cost/report.py, spend.py
NAMED_TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
# What Microsoft and others have switched off or renamed, and where a page has to name it.
RETIRED = (
    r"webhook\.office\.com", r"outlook\.office\.com/webhook", r"logic\.azure\.com",
    r"Office 365 connector", r"smtp-hve\.office365\.com", r"reports\.office365\.com",
    r"Get-MessageTrace(?!V2|-|\w)", r"graph\.windows\.net", r"login\.windows\.net",
    r"\bAzure AD\b", r"Azure Active Directory", r"\bAzureAD\b", r"\bMSOnline\b",
    r"aad\.portal\.azure\.com", r"protection\.office\.com", r"compliance\.microsoft\.com",
    r"docs\.microsoft\.com", r"Azure Sentinel", r"Microsoft 365 Defender",
    r"ods\.opinsights\.azure\.com", r"Send-MailMessage", r"/generic/2010-04-15/",
)  # fmt: skip
NAMED_AS_OLD = {("docs/article.md", "smtp-hve.office365.com")}
UNTRACKED = ("data/demo", "data/local")


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
    return next((found for kind in get_args(annotation) if (found := section_of(kind))), None)


def flags(command: Any) -> set[str]:
    """The first name of every flag of a command, or of the commands of a group."""
    if parts := getattr(command, "commands", None):
        return set().union(*(flags(part) for part in parts.values()))
    options = [option for option in command.params if option.param_type_name == "option"]
    return {option.opts[0] for option in options} - EVERYWHERE


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_the_page_of_commands_lists_every_command(command: str) -> None:
    assert f"`hve {command}`" in text("docs/commands.md")


def test_the_page_of_commands_lists_no_command_that_is_not_there() -> None:
    rows = re.findall(r"^\| `hve (\S+)`", text("docs/commands.md"), re.MULTILINE)
    assert sorted(rows) == sorted(COMMANDS)


def test_the_page_of_commands_lists_the_flags_of_each() -> None:
    rows = re.findall(r"^\| `hve (\S+)` \|[^|]*\|([^|]*)\|", text("docs/commands.md"), re.MULTILINE)
    assert len(rows) == len(COMMANDS)
    for name, cell in rows:
        assert set(re.findall(r"`(--[a-z-]+)`", cell)) == flags(COMMANDS[name]), name


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
    for name in (*ROOT_PAGES, *PAGES):
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", text(name)):
            assert (ROOT / name).parent.joinpath(target).exists(), f"{name}: {target}"


def named_files(page: str) -> list[str]:
    """Every path of the repository that a page names."""
    others = [
        folder + name
        for folder, names in MORE_OF_ITS_FOLDER.findall(page)
        for name in names.split(", ")[1:]
    ]
    return FILE_IN_TEXT.findall(page) + others


def test_files_and_folders_that_the_documents_name_are_there() -> None:
    missing = [
        f"{name}: {path}"
        for name in (*ROOT_PAGES, *PAGES)
        for path in named_files(text(name))
        if not path.startswith(UNTRACKED)
        and not (ROOT / path).exists()
        and not (ROOT / f"{path}.py").exists()
    ]
    assert missing == []


def test_tests_that_the_documents_name_are_there() -> None:
    named = [(page, *test) for page in PAGES for test in NAMED_TEST.findall(text(page))]
    assert {page for page, _, _ in named} >= {"docs/threat-model.md", "docs/tested.md"}
    there = {file: names_in(file) for file in {file for _, file, _ in named}}
    assert [test for test in named if test[2] not in there[test[1]]] == []


def names_in(file: str) -> set[str]:
    return {node.name for node in ast.parse(text(file)).body if isinstance(node, ast.FunctionDef)}


def test_every_page_of_the_dashboard_has_its_words_and_a_small_picture() -> None:
    pages = text("docs/pages.md")
    for name in DASHBOARD_PAGES:
        file = "overview.png" if name == "overview" else f"pages/{name}.png"
        part = pages.partition(f"## {name.capitalize()}\n")[2].partition("\n## ")[0]
        assert f"]({file})" in part, name
        assert len(part) > 150, name
        assert 15_000 < (ROOT / "docs" / file).stat().st_size < 150_000, name
    kept = {picture.stem for picture in (ROOT / "docs" / "pages").iterdir()}
    assert kept == {*DASHBOARD_PAGES} - {"overview"}


def test_every_question_of_the_pages_names_its_test_and_takes_three_clicks_at_most() -> None:
    rows = [
        line.split("|")[1:-1] for line in text("docs/pages.md").splitlines() if "`tests/" in line
    ]
    assert len(rows) == 22
    assert all(int(clicks) <= 3 and NAMED_TEST.search(test) for _, clicks, _, _, test in rows)


def test_every_row_of_what_is_tested_names_its_test() -> None:
    lines = text("docs/tested.md").splitlines()
    rows = [line for line in lines if line.startswith("|") and "---" not in line]
    assert len(rows) > 25
    unheld = [row for row in rows if not NAMED_TEST.search(row.split("|")[3])]
    assert [row.split("|")[1].strip() for row in unheld] == ["what of ours", "what"]


def test_no_document_names_what_is_retired() -> None:
    shipped = [
        file.relative_to(ROOT).as_posix()
        for file in (ROOT / "deploy").rglob("*")
        if file.is_file() and file.suffix != ".pyc"
    ]
    named = {
        (page, old)
        for page in (*ROOT_PAGES, *PAGES, *shipped)
        if page != "CHANGELOG.md"  # tells of what was
        for old in re.findall("|".join(RETIRED), text(page))
    }
    assert named == NAMED_AS_OLD


LOCKS = sorted(file.name for file in ROOT.glob("requirements*.lock"))


@pytest.mark.parametrize("name", LOCKS)
def test_the_lock_file_names_no_host(name: str) -> None:
    assert "://" not in text(name)
    assert "--hash=sha256:" in text(name)


def test_every_install_is_pinned_by_a_hash() -> None:
    installs = [
        line
        for name in ("Makefile", "deploy/container/Containerfile")
        for line in text(name).splitlines()
        if "pip install" in line and not line.startswith("#")
    ]
    assert len(installs) >= 7
    assert [line for line in installs if not re.search("--require-hashes|--no-deps", line)] == []


def test_the_extra_is_the_version_that_is_locked() -> None:
    extra = tomllib.loads(text("pyproject.toml"))["project"]["optional-dependencies"]["spark"]
    assert [name for name in extra if name in text("requirements-spark.lock")] == extra


def test_the_screenshot_is_a_picture() -> None:
    assert (ROOT / "docs/overview.png").read_bytes().startswith(b"\x89PNG")


def test_every_permission_that_a_source_needs_is_in_the_readme() -> None:
    code = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "ingest").rglob("*.py"))
    needed = set(re.findall(r"\b[A-Z][A-Za-z]+\.(?:Read|ReadBasic)\.All\b", code))
    assert len(needed) >= 5
    assert not {name for name in needed if name not in text("README.md")}
