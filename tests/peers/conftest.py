"""A small published store, and programs that this machine must have."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Fetch = Callable[..., Path]
HVE = [sys.executable, "-c", "from cli.main import main; main()"]
COLUMNS = "id=Id,sender=From,recipient=To,subject=Subject,received_at=At,status=Status"


def program(name: str) -> str:
    """Its path; `.ci/run` installs it, so its absence fails the test."""
    path = shutil.which(name)
    assert path, f"{name} is not installed"
    return path


def free_port() -> int:
    """A port of this machine that nobody uses."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def fetch(tmp_path_factory: pytest.TempPathFactory) -> Fetch:
    """A folder with a package of another version than ours, as pip puts it there."""

    def packages(*requirements: str) -> Path:
        folder = tmp_path_factory.mktemp("package")
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target"]
        subprocess.run([*command, str(folder), *requirements], check=True)
        return folder

    return packages


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a store of imported mail: facts are views of its files, marts are tables."""
    folder = tmp_path_factory.mktemp("peers")
    rows = (
        f"<{number}@contoso.com>,hr@contoso.com,reader{number % 50}@contoso.com,Payroll,"
        f"2026-11-{1 + number % 20:02}T08:{number % 60:02}:00Z,Delivered"
        for number in range(400)
    )
    lines = ["Id,From,To,Subject,At,Status", *rows]
    (folder / "mail.csv").write_text("\n".join(lines), encoding="utf-8")
    command = [*HVE, "import", "mail.csv", "--map", COLUMNS, "--now", "2026-11-21T00:00:00Z"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return folder
