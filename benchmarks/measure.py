"""Runs one way of doing a job in a process of its own: seconds, peak memory, a result.

Each way gets a fresh process, so that the memory of one is not counted for the other.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Measured:
    """Wall and processor seconds, peak resident MiB and what the way returned."""

    seconds: float
    processor_seconds: float
    peak_mib: float
    result: Any


def in_child(script: str, way: str, *arguments: str) -> Measured:
    """Starts `script way arguments…`, which must end with `report(...)`.

    It begins as `hve` does (cli/main.py): without a look for plugins, and seldom for garbage.
    """
    done = subprocess.run(
        [sys.executable, script, way, *arguments],
        capture_output=True, text=True, check=False,
        env=os.environ | {"PYDANTIC_DISABLE_PLUGINS": "true"},
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"{way}: {done.stderr}")
    return Measured(**json.loads(done.stdout.splitlines()[-1]))


def report(job: Callable[[], Any]) -> None:
    """Does the job and prints its measure as the last line."""
    gc.set_threshold(50_000)
    start, used = time.perf_counter(), processor_seconds()
    result = job()
    measured = {
        "seconds": time.perf_counter() - start,
        "processor_seconds": processor_seconds() - used,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "result": result,
    }
    print(json.dumps(measured))


def processor_seconds() -> float:
    """What this process and its ended children have used so far."""
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def table(rows: Sequence[tuple[str, ...]]) -> str:
    """Rows as a Markdown table; the first is the head."""
    head, *body = rows
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in body])
