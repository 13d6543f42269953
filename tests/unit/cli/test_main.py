"""The `hve` command: exit codes, one JSON document on stdout, errors as one line on stderr."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from pkgutil import iter_modules

import pytest
import typer

from cli import text as texts
from cli.main import app, command, groups
from tests.unit.conftest import CSV, Hve

COMMANDS = (
    "demo",
    "run",
    "ingest",
    "import",
    "build",
    "usage",
    "cost",
    "whatif",
    "incidents",
    "trace",
    "explain",
    "send-test",
    "doctor",
    "dashboard",
)
AT = ("--now", "2026-11-24T08:00:00Z", "--json")


def test_help_lists_the_commands_as_the_console_script_does() -> None:
    code = "import sys; from cli.main import main; sys.argv = ['hve', '--help']; main()"
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert all(f" {command} " in answer.stdout for command in COMMANDS)
    assert answer.stderr == ""


def test_a_command_is_the_same_alone_as_among_all() -> None:
    whole = typer.main.get_command(app).commands  # type: ignore[attr-defined] # a group's
    for name, among_all in whole.items():
        alone = command(name).commands[name]  # type: ignore[attr-defined]
        assert len(command(name).commands) < len(whole)  # type: ignore[attr-defined]
        assert alone.help == among_all.help
        assert [param.name for param in alone.params] == [param.name for param in among_all.params]
    for nothing in ("", "nope", "--help"):
        assert set(command(nothing).commands) == set(whole)  # type: ignore[attr-defined]


def test_annotations_of_commands_are_no_texts() -> None:
    for module in groups:
        text = Path(str(module.__file__)).read_text(encoding="utf-8")
        assert "\nfrom __future__ import annotations" not in text, module.__name__


def loaded_by(folder: Path, *arguments: str) -> set[str]:
    """Libraries that a whole command has loaded at its end."""
    code = (
        "import sys; from cli.main import main\n"
        "try: main()\n"
        "except SystemExit as ended: assert not ended.code, ended.code\n"
        "sys.stderr.write(' '.join(sys.modules))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        check=True,
        cwd=folder,
    )
    assert answer.stdout
    return set(answer.stderr.split())


def test_help_loads_no_heavy_library(tmp_path: Path) -> None:
    heavy = {"pandas", "numpy", "pyarrow", "duckdb", "deltalake", "streamlit", "httpx", "rich"}
    assert not heavy & loaded_by(tmp_path, "--help")


def test_usage_and_incidents_need_duckdb_and_no_other_heavy_library(
    hve: Hve, tmp_path: Path
) -> None:
    (tmp_path / "export.csv").write_text(CSV)
    assert hve("import", "export.csv", *AT).code == 0
    heavy = {"pandas", "numpy", "pyarrow", "deltalake", "streamlit", "httpx", "pydantic_settings"}
    for name in ("usage", "incidents"):
        loaded = loaded_by(tmp_path, name, *AT)
        assert "duckdb" in loaded
        assert not heavy & loaded, name


def test_no_text_of_a_command_loads_the_server_of_the_dashboard(tmp_path: Path) -> None:
    names = [module.name for module in iter_modules(texts.__path__, "cli.text.")]
    code = f"import sys, {', '.join(names)}; print('streamlit' in sys.modules)"
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert len(names) > 5
    assert answer.stdout.strip() == "False"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_and_the_common_options(hve: Hve, command: str) -> None:
    ended = hve(command, "--help")
    assert ended.code == 0
    wanted = {"--now", "--json", "--help"} | ({"--config"} if command != "demo" else set())
    assert all(option in ended.out for option in wanted)


def test_an_import_needs_no_configuration_and_is_seen_by_every_reader(
    hve: Hve, tmp_path: Path
) -> None:
    (tmp_path / "export.csv").write_text(CSV)
    first = hve("import", "export.csv", *AT)
    assert (first.code, first.json["rows_new"], first.json["tenant"]) == (0, 2, "local")
    assert hve("import", "export.csv", *AT).json["rows_unchanged"] == 2
    (row,) = hve("usage", *AT).json["rows"]
    assert (row["account"], row["day_utc"]) == ("hr@contoso.com", "2026-11-23")
    assert (row["messages"], row["recipients"], row["billable_recipients"]) == (2, 2, 1)
    found = hve("trace", "--recipient", "writer@fabrikam.com", *AT).json
    assert [row["id"] for row in found["rows"]] == ["t2"]
    assert hve("incidents", *AT).json["incidents"] == []
    assert "2026-11" in hve("cost", "--now", "2026-11-24").out


def test_a_planned_change_needs_no_store_and_knows_no_usual_level_then(hve: Hve) -> None:
    asked = ("whatif", "--account", "hr@contoso.com", "--recipients", "40000", "--sends", "2")
    weekly = hve(*asked, "--every", "week", "--from", "2026-12-01", *AT)
    assert (weekly.code, weekly.json["per_month"]["cost"]) == (0, "14.61")
    assert weekly.json["budgets"] == []
    assert hve(*asked, "--every", "year", *AT).code == 2
    assert "14.61 USD" in hve(*asked, "--every", "week", "--now", "2026-11-24").out


def test_a_backtest_is_added_when_it_is_asked_for(hve: Hve, tmp_path: Path) -> None:
    (tmp_path / "export.csv").write_text(CSV)
    hve("import", "export.csv", *AT)
    assert "backtest" not in hve("cost", *AT).json
    found = hve("cost", "--backtest", *AT).json["backtest"]
    assert found["rows"] == []
    assert "58 whole days are needed" in found["unavailable"]


def test_bad_lines_end_with_exit_code_3_and_are_counted(hve: Hve, tmp_path: Path) -> None:
    (tmp_path / "export.csv").write_text(CSV + "t3,hr@contoso.com,x@fabrikam.com,soon,delivered\n")
    ended = hve("import", "export.csv", *AT)
    assert ended.code == 3
    assert (ended.json["rows_new"], ended.json["rows_rejected"]) == (2, 1)


USAGE = {
    "no such command": ["nonsense"],
    "no such option": ["usage", "--nonsense"],
    "no path": ["import"],
    "missing file": ["import", "gone.csv"],
    "bad map": ["import", ".", "--map", "form=From"],
    "bad format": ["import", "hve.csv", "--format", "xml"],
    "bad now": ["usage", "--now", "yesterday"],
    "bad since": ["usage", "--since", "soon"],
    "a period that ends first": ["trace", "--since", "2026-11-20", "--until", "2026-11-10"],
    "a period of nothing": ["usage", "--since", "2026-11-20", "--until", "2026-11-20"],
    "missing configuration": ["usage", "--config", "gone.toml"],
    "unknown tenant": ["import", "hve.csv", "--tenant", "nowhere"],
    "unknown engine": ["build", "--engine", "abacus"],
    "unknown source": ["ingest", "acounts", "--config", "contoso.toml"],
    "bad interval": ["run", "--every", "soon"],
    "too few days": ["demo", "--headless", "--days", "3"],
}


@pytest.mark.parametrize("arguments", USAGE.values(), ids=USAGE)
def test_a_wrong_command_line_is_exit_code_2_with_a_reason_on_stderr(
    hve: Hve, tmp_path: Path, arguments: list[str]
) -> None:
    (tmp_path / "hve.csv").write_text(CSV)
    (tmp_path / "contoso.toml").write_text(
        '[[tenants]]\nname = "contoso"\ntenant_id = "t"\nmanaged_identity = true\n'
    )
    ended = hve(*arguments)
    assert ended.code == 2
    assert ended.out == ""
    assert ended.err


def test_a_wrong_configuration_is_exit_code_2_with_a_line_for_each_mistake(
    hve: Hve, tmp_path: Path
) -> None:
    (tmp_path / "hve.toml").write_text('[warehous]\npath = "x"\n[limits]\nshare = 0\n')
    ended = hve("usage", "--json")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.splitlines()[0].startswith("hve: hve.toml: limits.share: ")
    assert len(ended.err.splitlines()) == 2


def test_reading_before_anything_is_stored_is_exit_code_1_with_the_next_step(hve: Hve) -> None:
    for name in ("usage", "cost", "incidents", "trace"):
        ended = hve(name, "--json")
        assert (ended.code, ended.out) == (1, "")
        assert "nothing is stored yet; run 'hve run' or 'hve import' first" in ended.err


def test_several_tenants_must_be_told_apart(hve: Hve, tmp_path: Path) -> None:
    (tmp_path / "export.csv").write_text(CSV)
    tenant = '[[tenants]]\nname = "{}"\naccounts = "files"\n'
    (tmp_path / "hve.toml").write_text(tenant.format("contoso") + tenant.format("fabrikam"))
    ended = hve("import", "export.csv")
    assert (ended.code, ended.err) == (2, "hve: --tenant: name one of contoso, fabrikam\n")


def test_the_doctor_prints_one_document(hve: Hve) -> None:
    ended = hve("doctor", "--json")
    assert ended.code == 0
    assert {"check", "status", "detail", "fix"} <= set(ended.json["checks"][0])


UNREACHABLE = (
    '[[tenants]]\nname = "contoso"\ntenant_id = "t"\nclient_id = "c"\n'
    'client_secret_file = "s"\naccounts = {}\n[endpoints]\nlogin = "https://127.0.0.1:9"\n'
)


def test_an_unreachable_source_is_incomplete_beside_others_and_temporary_alone(
    hve: Hve, tmp_path: Path
) -> None:
    (tmp_path / "hve.toml").write_text(UNREACHABLE.format('["hr@contoso.com"]'))
    (tmp_path / "s").write_text("s3cret")
    ended = hve("ingest", "message_traces", "accounts", "--json")
    states = {source["source"]: source["status"] for source in json.loads(ended.out)["sources"]}
    assert states == {"accounts": "ok", "message_traces": "failed"}
    assert ended.code == 3
    assert hve("ingest", "message_traces", "--json").code == 75


def test_a_first_run_without_network_is_temporary(hve: Hve, tmp_path: Path) -> None:
    (tmp_path / "hve.toml").write_text(UNREACHABLE.format('"exchange"'))
    (tmp_path / "s").write_text("s3cret")
    assert hve("ingest", "--json").code == 75


def test_a_missing_secret_is_a_configuration_mistake(hve: Hve, tmp_path: Path) -> None:
    (tmp_path / "hve.toml").write_text(UNREACHABLE.format('"exchange"'))
    assert hve("ingest", "--json").code == 2


def test_an_import_that_was_refused_does_not_move_business_time(hve: Hve, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    (tmp_path / "export.csv").write_text(CSV)
    assert hve("import", "notes.txt", "--now", "2026-12-24").code == 2
    assert hve("import", "export.csv", "--now", "2026-11-24").code == 0


@pytest.mark.parametrize(
    "command",
    [
        ("export", "csv", "--out"),
        ("backup", "--out"),
        ("trace", "--out"),
        ("incidents", "1", "--evidence"),
    ],
    ids=lambda command: command[0],
)
def test_an_address_is_no_place_for_a_file(
    command: tuple[str, ...], hve: Hve, tmp_path: Path
) -> None:
    """A folder named s3: on this machine would look as if the file were in the storage."""
    ended = hve(*command, "s3://contoso/out")
    assert ended.code == 2
    assert "s3:/contoso/out is no file or folder of this machine" in ended.err
    assert not list(tmp_path.glob("s3:*"))


@pytest.mark.parametrize(
    "command",
    [
        ("trace", "--recipient"),
        ("erase", "eve@contoso.com", "--reason"),
        ("incidents",),
        ("import",),
    ],
    ids=lambda command: command[0],
)
def test_bytes_that_are_no_text_are_refused(command: tuple[str, ...], hve: Hve) -> None:
    ended = hve(*command, "a\udcff")
    assert ended.code == 2
    assert "is no text in UTF-8" in ended.err


def test_exports_are_written_where_they_are_asked_for(hve: Hve, tmp_path: Path) -> None:
    (tmp_path / "export.csv").write_text(CSV)
    assert hve("import", "export.csv").code == 0
    for kind, out in (("focus", "a.csv"), ("csv", "tables"), ("duckdb", "all.duckdb")):
        ended = hve("export", kind, "--out", out, "--json")
        assert ended.code == 0, ended.err
        assert all((tmp_path / file).exists() for file in ended.json["files"])
    assert hve("export", "focus", "--out", "a.xlsx").code == 2


def test_a_bad_owners_file_is_a_line_for_each_mistake(hve: Hve, tmp_path: Path) -> None:
    (tmp_path / "export.csv").write_text(CSV)
    assert hve("import", "export.csv").code == 0
    (tmp_path / "owners.csv").write_text("account,cost_center\nnobody,HR\nit@contoso.com,\n")
    (tmp_path / "hve.toml").write_text('cost_centers_file = "owners.csv"\n')
    ended = hve("cost", "--json")
    assert (ended.code, ended.out) == (2, "")
    assert len(ended.err.splitlines()) == 2
