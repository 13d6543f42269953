"""Processes that start in milliseconds: copies of one that has imported the product.

Importing takes longer than most of what is killed, locked or left without disk in the tests; that
happens to a process of its own all the same.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Callable
from contextlib import chdir
from functools import cache
from multiprocessing import forkserver
from multiprocessing.process import BaseProcess
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any
from unittest import mock

from tests.places import ROOT

FORKS = multiprocessing.get_context("forkserver")
# Modules of which commands import all others, and what the modules of tests import.
FORKS.set_forkserver_preload(
    [
        "cli.text.runs",
        "actions.author",
        "actions.import_files",
        "actions.privacy",
        "actions.progress",
        "actions.run",
        "actions.schedule",
        "actions.verify",
        "publish.exports.metrics",
        "warehouse.maintenance.backup",
        "pyarrow.dataset",
        "tests.contract.test_pipeline",
        "tests.unit.actions.test_privacy",
    ]
)


@cache
def run_server() -> None:
    """Starts the process that is copied; the modules of tests are found from here alone."""
    with chdir(ROOT):
        forkserver.ensure_running()


def start(function: Callable[..., object], *values: object) -> BaseProcess:
    """The running process of a function, in this folder and with this environment."""
    run_server()
    process = FORKS.Process(target=_run, args=(dict(os.environ), function, values))
    # A page that was drawn in this process before has left its script as the main module, which the
    # new process would run.
    with mock.patch.dict(sys.modules, {"__main__": ModuleType("__main__")}):
        process.start()
    return process


def start_hve(*arguments: str, out: Path | None = None, errors: Path | None = None) -> BaseProcess:
    """The running process of the command; its streams go into files, or nowhere."""
    return start(run_hve, arguments, out, errors)


def run_hve(arguments: tuple[str, ...], out: Path | None, errors: Path | None) -> None:
    """The command in this process, which it ends."""
    from cli.main import main

    for stream, file in ((1, out), (2, errors)):
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        os.dup2(os.open(file or os.devnull, flags, 0o600), stream)
    sys.argv = ["hve", *arguments]
    main()


def code_of(process: BaseProcess, seconds: float | None = None) -> int:
    """The exit code; a process that still runs after so many seconds is killed."""
    process.join(seconds)
    if process.is_alive():
        process.kill()
        process.join()
    assert process.exitcode is not None
    return process.exitcode


def ended(*arguments: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of the command."""
    with TemporaryDirectory() as folder:
        out, errors = Path(folder, "out"), Path(folder, "errors")
        code = code_of(start_hve(*arguments, out=out, errors=errors))
        return code, out.read_text(encoding="utf-8"), errors.read_text(encoding="utf-8")


def _run(
    environment: dict[str, str], function: Callable[..., Any], values: tuple[Any, ...]
) -> None:
    os.environ.clear()
    os.environ.update(environment)
    function(*values)
