"""What is shipped for running it elsewhere names what exists."""

from __future__ import annotations

import ast
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command

from cli.main import app
from tests.places import ROOT

DEPLOY = ROOT / "deploy"
DAGSTER = DEPLOY / "orchestrator" / "dagster_hve.py"
COMMANDS = get_command(app).commands  # type: ignore[attr-defined] # a group of commands
FILES = sorted(each for each in DEPLOY.rglob("*") if each.is_file())


def called(text: str) -> list[tuple[str, list[str]]]:
    """(command, its flags) of every `hve` line."""
    lines = re.findall(r"hve(?:\.exe)? ((?:run|dashboard)(?=\s)[^\n\"#>]*)", text)
    return [(line.split()[0], re.findall(r"--[a-z-]+", line)) for line in lines]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_commands_and_their_flags_exist(file: Path) -> None:
    for command, flags in called(file.read_text(encoding="utf-8")):
        known = {name for each in COMMANDS[command].params for name in each.opts}
        assert set(flags) <= known, command


def test_there_is_a_line_for_every_scheduler() -> None:
    found = {file.name for file in FILES if called(file.read_text(encoding="utf-8"))}
    assert found >= {"hve-run.service", "hve-dashboard.service", "hve.cron"}


def test_the_containers_run_as_nobody_special_and_publish_on_loopback_only() -> None:
    text = (DEPLOY / "container" / "Containerfile").read_text(encoding="utf-8")
    user = re.search(r"^USER (\d+)$", text, re.MULTILINE)
    assert user is not None
    assert int(user[1]) > 0
    assert "HEALTHCHECK" in text
    services = yaml.safe_load((DEPLOY / "container" / "compose.yaml").read_text("utf-8"))[
        "services"
    ]
    assert set(services) == {"schedule", "dashboard", "proxy"}
    assert services["dashboard"]["network_mode"] == "service:proxy"
    ports = [port for each in services.values() for port in each.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_every_container_of_ours_runs_a_known_command_and_says_whether_it_is_well() -> None:
    image = (DEPLOY / "container" / "Containerfile").read_text(encoding="utf-8")
    compose = yaml.safe_load((DEPLOY / "container" / "compose.yaml").read_text("utf-8"))
    services, volumes = compose["services"], set(compose["volumes"])
    for name in ("schedule", "dashboard"):
        command, *arguments = services[name]["command"]
        known = {flag for each in COMMANDS[command].params for flag in each.opts}
        assert {each for each in arguments if each.startswith("--")} <= known
        assert "healthcheck" in services[name] or "HEALTHCHECK" in image
        kept = [each.split(":")[0] for each in services[name]["volumes"]]
        assert [each for each in kept if not each.startswith(".")] == sorted(volumes)
    assert {each for one in services.values() for each in one.get("depends_on", [])} <= set(
        services
    )
    folder = DEPLOY / "container"
    built = services["schedule"]["build"]
    assert (folder / built["context"] / built["dockerfile"]).resolve() == folder / "Containerfile"


@pytest.mark.skipif(os.name != "posix", reason="the image's health check is a POSIX command")
def test_a_schedule_is_well_while_something_was_published_within_the_hour(tmp_path: Path) -> None:
    text = (DEPLOY / "container" / "Containerfile").read_text(encoding="utf-8")
    check = text[text.index("HEALTHCHECK") :].partition("CMD ")[2].partition("\n")[0]
    check = check.replace("/var/lib/hve-monitor/store", str(tmp_path))

    def is_well() -> bool:
        return subprocess.run(["/bin/sh", "-c", check], check=False).returncode == 0

    assert not is_well()
    file = tmp_path / "hve.duckdb"
    file.write_bytes(b"published")
    assert is_well()
    os.utime(file, (file.stat().st_atime, file.stat().st_mtime - 3700))
    assert not is_well()


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
@pytest.mark.parametrize("unit", sorted((DEPLOY / "systemd").iterdir()), ids=lambda file: file.name)
def test_systemd_finds_no_fault_in_the_units(unit: Path, tmp_path: Path) -> None:
    for each in unit.parent.iterdir():
        text = each.read_text(encoding="utf-8")
        # The program need not be installed where the units are looked at.
        (tmp_path / each.name).write_text(
            text.replace("/opt/hve-monitor/.venv/bin/hve", sys.executable), encoding="utf-8"
        )
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / unit.name)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_the_proxy_sends_security_headers_to_everybody() -> None:
    text = (DEPLOY / "proxy" / "nginx.conf").read_text(encoding="utf-8")
    for name in ("Content-Security-Policy", "Strict-Transport-Security", "X-Content-Type-Options",
                 "X-Frame-Options", "Referrer-Policy"):  # fmt: skip
        assert re.search(rf"^    add_header {name} .* always;$", text, re.MULTILINE), name


SUMMARY: dict[str, Any] = {
    "sources": [
        {"source": "message_traces", "rows_new": 5, "requests": 2, "error": None},
        {"source": "sign_ins", "rows_new": 0, "requests": 1, "error": "unavailable"},
    ],
    "models": {"days_rebuilt": 2},
    "incidents_opened": 1,
    "alerts": {"sent": 1},
    "coverage": {"complete": True, "as_of": "2026-11-24T08:00:00Z"},
}


def test_the_dagster_example_reads_the_summary_of_a_run() -> None:
    tree = ast.parse(DAGSTER.read_text(encoding="utf-8"))
    (function,) = [each for each in tree.body if getattr(each, "name", "") == "metadata"]
    known: dict[str, Any] = {"Any": Any}
    exec(compile(ast.Module([function], []), str(DAGSTER), "exec"), known)  # noqa: S102 - our own example, without its library
    found = known["metadata"](SUMMARY)
    assert (found["rows_new"], found["requests"]) == (5, 3)
    assert found["not_ok"] == ["sign_ins: unavailable"]


def test_the_dagster_example_loads_where_dagster_is_installed() -> None:
    pytest.importorskip("dagster", reason="Dagster is tried in its own environment")
    spec = importlib.util.spec_from_file_location("dagster_hve", DAGSTER)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.defs.get_schedule_def("hve_every_15_minutes").cron_schedule == "*/15 * * * *"
