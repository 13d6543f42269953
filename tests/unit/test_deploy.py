"""What is shipped for running it elsewhere names what exists."""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command

from cli.main import app
from publish.exports.metrics import COUNTS
from tests.places import ROOMS, ROOT

DEPLOY = ROOT / "deploy"
DAGSTER = DEPLOY / "orchestrator" / "dagster_hve.py"
COMMANDS = get_command(app).commands  # type: ignore[attr-defined] # a group of commands
FILES = sorted(path for path in DEPLOY.rglob("*") if path.is_file())


def called(text: str) -> list[tuple[str, list[str]]]:
    """(command, its flags) of every `hve` line."""
    lines = re.findall(r"hve(?:\.exe)? ((?:run|dashboard)(?=\s)[^\n\"#>]*)", text)
    return [(line.split()[0], re.findall(r"--[a-z-]+", line)) for line in lines]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_commands_and_their_flags_exist(file: Path) -> None:
    for command, flags in called(file.read_text(encoding="utf-8")):
        known = {name for parameter in COMMANDS[command].params for name in parameter.opts}
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
    ports = [port for service in services.values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


# What people keep beside the program, and what must never reach a builder or a layer.
PRIVATE = (
    "deploy/container/config/hve.toml",
    "deploy/container/config/hve.key",
    "deploy/container/config/secrets.toml",
    "deploy/container/config/owners.csv",
    "deploy/container/config/secrets/teams.sig",
    "deploy/container/certificates/hve.key",
    "deploy/container/certificates/users",
    ".env",
    ".env.production",
    "hve.toml",
    "hve.key",
    "secrets.toml",
    "secrets/contoso.secret",
    "contoso.pfx",
    "backup.tar",
    "backup-2026-11.tar.gz",
    "data/local/state.db",
    "data/demo/hve.duckdb",
    "data/contoso/facts/message_traces/part-0.parquet",
    "data/reference/private.key",
    "data/reference.csv",
    "hve_monitor/hve.key",
    "hve_monitor/config/hve.toml",
    "ingest/secrets/contoso.secret",
    "ingest/entra/contoso.pem",
    "dashboards/.streamlit/secrets.toml",
    "warehouse/store/state.db",
    "models/export.csv",
    ".git/config",
    ".venv/bin/python",
    "tests/conftest.py",
    "hve_monitor.bak/config.py",
)


def docker_pattern(line: str) -> re.Pattern[str]:
    """How Docker reads a line of .dockerignore: `**` is any number of folders, `*` stops at one."""
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", line.strip().strip("/"))
    signs = {"**/": "(.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(signs.get(part, re.escape(part)) for part in parts))


def is_sent(path: str, lines: list[str]) -> bool:
    """Whether a file is part of the build context: the last line that fits it, or one of its
    folders, decides.
    """
    parts = path.split("/")
    above = ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]
    kept = True
    for line in lines:
        if any(docker_pattern(line.removeprefix("!")).fullmatch(name) for name in above):
            kept = line.startswith("!")
    return kept


def ignored() -> list[str]:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


@pytest.mark.parametrize(
    ("lines", "path", "expected"),
    [
        ([], "a/b", True),
        (["a"], "a/b", False),
        (["*", "!a"], "a/b/c.py", True),
        (["*", "!a/**/*.py"], "a/b.py", True),
        (["*", "!a/**/*.py"], "a/b/c/d.py", True),
        (["*", "!a/**/*.py"], "a/b/c.key", False),
        (["*", "!a/**/*.py"], "ab/c.py", False),
        (["*", "!a", "**/*.key"], "a/b/c.key", False),
        (["*.py"], "a/b.py", True),
    ],
)
def test_the_rules_of_docker_are_read_as_docker_does(
    lines: list[str], path: str, expected: bool
) -> None:
    assert is_sent(path, lines) is expected


@pytest.mark.parametrize("path", PRIVATE)
def test_nothing_private_is_sent_to_the_builder(path: str) -> None:
    assert not is_sent(path, ignored())


def test_the_builder_gets_all_that_the_program_is(tmp_path: Path) -> None:
    kinds = ("*.py", "*.sql", "*.ps1", "*.kql", "*.svg", "dictionary.csv", "config.toml")
    files = {file for room in ROOMS for kind in kinds for file in (ROOT / room).rglob(kind)}
    files |= {*(ROOT / "data" / "reference").glob("*.csv"), ROOT / "requirements-run.lock"}
    names = sorted(file.relative_to(ROOT).as_posix() for file in files)
    assert len(names) > 500
    assert [name for name in names if not is_sent(name, ignored())] == []
    # BuildKit takes the list beside the Containerfile, Podman and others that of the root.
    beside = DEPLOY / "container" / "Containerfile.dockerignore"
    assert beside.read_text("utf-8") == (ROOT / ".dockerignore").read_text("utf-8")


def test_a_layer_gets_by_name_what_the_program_is_and_nothing_else() -> None:
    text = (DEPLOY / "container" / "Containerfile").read_text(encoding="utf-8")
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE)
    names = {name for line in copied for name in line.split()}
    files = {"pyproject.toml", "README.md", "LICENSE", "requirements.lock", "requirements-run.lock"}
    assert names == {*ROOMS, "data/reference", *files}
    last = text[text.rindex("\nFROM ") :]
    assert re.findall(r"^COPY (\S+ \S+)", last, re.MULTILINE) == ["--from=build /opt/hve-monitor"]
    installed = re.findall(r"(\S+)/pip install (.*?)(?: \\|$)", text, re.MULTILINE)
    assert {
        (venv, arguments.removeprefix("--quiet ")) for venv, arguments in installed
    } == {
        ("tools/bin", "--require-hashes -r requirements.lock"),
        ("/opt/hve-monitor/.venv/bin", "--require-hashes -r requirements-run.lock"),
        ("/opt/hve-monitor/.venv/bin", "--no-deps --no-index dist/*.whl"),
    }  # fmt: skip


def test_the_image_has_the_program_without_its_tools() -> None:
    names = r"^([a-z0-9._-]+==\S+)"
    run, everything = (
        set(re.findall(names, (ROOT / file).read_text("utf-8"), re.MULTILINE))
        for file in ("requirements-run.lock", "requirements.lock")
    )
    assert run < everything
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    named = {
        re.split(r"[<>=;]", requirement)[0] for requirement in project["dependency-groups"]["dev"]
    }
    kept = {requirement.partition("==")[0] for requirement in run}
    assert kept & named == set()
    needed = {
        re.split(r"[<>=;]", requirement)[0].strip()
        for requirement in project["project"]["dependencies"]
    }
    assert needed <= kept


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_git_takes_nothing_private(tmp_path: Path) -> None:
    shutil.copy(ROOT / ".gitignore", tmp_path)
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    known = (".git", "tests", "hve_monitor.bak", "models/export", "data/reference.csv", "data/cont")
    names = [name for name in PRIVATE if not name.startswith(known)]
    done = subprocess.run(
        ["git", "-C", str(tmp_path), "check-ignore", *names],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout.splitlines() == names


def test_every_container_of_ours_runs_a_known_command_and_says_whether_it_is_well() -> None:
    image = (DEPLOY / "container" / "Containerfile").read_text(encoding="utf-8")
    compose = yaml.safe_load((DEPLOY / "container" / "compose.yaml").read_text("utf-8"))
    services, volumes = compose["services"], set(compose["volumes"])
    for name in ("schedule", "dashboard"):
        command, *arguments = services[name]["command"]
        known = {flag for parameter in COMMANDS[command].params for flag in parameter.opts}
        assert {argument for argument in arguments if argument.startswith("--")} <= known
        assert "healthcheck" in services[name] or "HEALTHCHECK" in image
        kept = [volume.split(":")[0] for volume in services[name]["volumes"]]
        assert [place for place in kept if not place.startswith(".")] == sorted(volumes)
    assert {name for one in services.values() for name in one.get("depends_on", [])} <= set(
        services
    )
    folder = DEPLOY / "container"
    built = services["schedule"]["build"]
    assert {**built["args"], "nginx": services["proxy"]["image"]} == {
        "PYTHON_IMAGE": "${PYTHON_IMAGE:-docker.io/library/python:3.12-slim}",
        "nginx": "${NGINX_IMAGE:-docker.io/library/nginx:stable}",
    }, "pinned by whoever knows the digest"
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
    for neighbour in unit.parent.iterdir():
        text = neighbour.read_text(encoding="utf-8")
        # The program need not be installed where the units are looked at.
        (tmp_path / neighbour.name).write_text(
            text.replace("/opt/hve-monitor/.venv/bin/hve", sys.executable), encoding="utf-8"
        )
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / unit.name)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


SERVICES = sorted((DEPLOY / "systemd").glob("*.service"))


def settings_of(unit: Path) -> dict[str, str]:
    lines = unit.read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if re.match(r"[A-Za-z]+=", line))


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
@pytest.mark.parametrize("unit", SERVICES, ids=lambda file: file.name)
def test_systemd_finds_little_exposure_in_the_units(unit: Path) -> None:
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=30", str(unit)],
        capture_output=True,
        text=True,
        check=False,
    )
    if "offline" in done.stderr:
        pytest.skip("this systemd judges running units alone")
    level = re.search(r"exposure level for \S+: ([0-9.]+)", done.stdout)
    assert level is not None, done.stdout + done.stderr
    assert float(level[1]) <= 3.0
    assert done.returncode == 0


def test_both_units_are_closed_alike_and_the_dashboard_reaches_its_login() -> None:
    run, dashboard = (settings_of(DEPLOY / "systemd" / f"hve-{name}.service")
                      for name in ("run", "dashboard"))  # fmt: skip
    own = {"Description", "Type", "ExecStart", "SuccessExitStatus", "TimeoutStartSec",
           "TimeoutStopSec", "Restart", "WantedBy", "MemoryDenyWriteExecute"}  # fmt: skip
    assert {name: run[name] for name in run.keys() - own} == {
        name: dashboard[name] for name in dashboard.keys() - own
    }
    for unit in (run, dashboard):
        assert unit["User"] == "hve"
        assert not {name for name in unit if name.startswith("IPAddress") or "Network" in name}
        assert {"AF_INET", "AF_INET6"} <= set(unit["RestrictAddressFamilies"].split())


def test_windows_gives_the_program_to_administrators_alone() -> None:
    text = (DEPLOY / "windows" / "schedule.ps1").read_text(encoding="utf-8")
    code = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    install = re.search(r"^\$Install = '(.+)'$", code, re.MULTILINE)
    assert install is not None
    assert re.search(r'^\$Program = "\$Install\\', code, re.MULTILINE)
    assert "Protect-Folder $Install 'RX'" in code
    assert "Protect-Folder $Folder 'M'" in code
    assert "/inheritance:r" in code
    assert not re.search(r"/RU SYSTEM|NT AUTHORITY|-UserId '?SYSTEM|RunLevel Highest", text)


def test_the_proxy_keeps_the_port_of_the_host() -> None:
    """A browser at :8443 names the port in Origin; Host without it is another origin."""
    text = (DEPLOY / "proxy" / "nginx.conf").read_text(encoding="utf-8")
    assert re.findall(r"proxy_set_header Host (\S+);", text) == ["$http_host"]
    assert re.findall(r"proxy_set_header X-Forwarded-For (\S+);", text) == ["$remote_addr"]
    assert "listen 8443 ssl;" in text


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
    (function,) = [node for node in tree.body if getattr(node, "name", "") == "metadata"]
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


def metric_names(text: str) -> set[str]:
    return set(re.findall(r"\bhve_[a-z_]+\b", text))


@pytest.mark.parametrize("name", ["prometheus-rules.yml", "grafana-dashboard.json"])
def test_rules_and_dashboard_name_metrics_that_exist(name: str) -> None:
    written = (ROOT / "publish/exports/metrics.py").read_text(encoding="utf-8")
    known = metric_names(written) | {f"hve_{count}_month_to_date" for count in COUNTS}
    text = (DEPLOY / "monitoring" / name).read_text(encoding="utf-8")
    assert len(metric_names(text)) > 8
    assert metric_names(text) <= known
    assert metric_names(text) <= metric_names((ROOT / "docs/operations.md").read_text("utf-8"))


def test_the_grafana_dashboard_reads_any_prometheus() -> None:
    file = DEPLOY / "monitoring" / "grafana-dashboard.json"
    board = json.loads(file.read_text(encoding="utf-8"))
    panels = board["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels) > 8
    assert {panel["datasource"]["uid"] for panel in panels} == {"${datasource}"}
    assert all(target["expr"] for panel in panels for target in panel["targets"])
