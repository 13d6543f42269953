"""Runs every benchmark and writes its output into docs/benchmarks.md.

python benchmarks/report.py [NAME…] [--stores FOLDER] [--out docs/benchmarks.md]
Without names all of them, which takes over an hour; with names these alone, whose sections are
replaced and the others left. Every section says its commit, its day and how to repeat it. Jobs that
take --rows are run with 1,000,000 and with 50,000,000, so that the growth can be read. --stores
keeps the large stores between two calls.
A benchmark that fails leaves its section as it was; the exit code is then 1.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "benchmarks.md"
LIBRARIES = ("duckdb", "deltalake", "pyarrow", "pandas", "numpy", "streamlit")
FEW, MANY = "1000000", "50000000"
# Long enough for a quarterly mailing to be known, and missed.
QUARTERS = ("--irregular", "0.45", "--days", "420", "--seeds", "6", "--accounts", "20")
HEAD = """\
# Benchmarks

Written by `make bench` (`benchmarks/report.py`); a section is replaced by
`python benchmarks/report.py NAME`. Ratios compare with the plain alternative in the same run:
seconds change with the machine, ratios hardly. Bars and method stand at the top of each program.
"""


@dataclass(frozen=True)
class Job:
    """One section: its question, and the program's arguments of each of its runs."""

    title: str
    program: str
    runs: tuple[tuple[str, ...], ...] = ((),)
    # Whether the runs take a store and leave it as it is; one that changes it gets a copy.
    keeps_store: bool = False
    changes_store: bool = False


def _grown(days: int) -> tuple[tuple[str, ...], ...]:
    return tuple(("--rows", rows, "--days", str(days)) for rows in (FEW, MANY))


JOBS = {
    "ingest": Job("Decoding and landing pages", "ingest", (("--rows", FEW), ("--rows", "5000000"))),
    "imports": Job("Reading exports", "imports", (("--rows", FEW), ("--rows", "5000000"))),
    "quota": Job("The message trace quota", "quota"),
    "models": Job("Building marts", "models", _grown(90), changes_store=True),
    "history": Job("A run against the rows stored", "history", keeps_store=True),
    "commands": Job("Commands on a large store", "commands", _grown(90), keeps_store=True),
    "search": Job("Delivery search", "search", _grown(90), keeps_store=True),
    "dashboard": Job("The dashboard in a browser", "dashboard", _grown(90), keeps_store=True),
    "explain": Job("Explaining logs", "explain"),
    "detect": Job("Scores on labelled series", "detect"),
    "accounts": Job("Detection for many accounts", "detect", (("--accounts", "10000"),)),
    "provider": Job("A service provider: scratch, then run after run", "provider"),
    "driver": Job("Memory of the driver of a build in tasks", "driver"),
    "fleet": Job("Many tenants of one store", "fleet"),
    "incidents": Job("Incidents on simulated tenants", "incidents", ((), QUARTERS)),
    "intervals": Job("Hourly intervals", "intervals"),
    "forecast": Job("Projection of months", "forecast"),
}


def main() -> int:
    """Runs the named benchmarks; a section is written as soon as it is there."""
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(JOBS))
    parser.add_argument("--stores", type=Path)
    parser.add_argument("--out", type=Path, default=PAGE)
    options = parser.parse_args()
    if unknown := set(options.names) - set(JOBS):
        parser.error(f"{min(unknown)}: use some of {', '.join(JOBS)}")
    with tempfile.TemporaryDirectory() as folder:
        stores = (options.stores or Path(folder)).absolute()
        failed = [name for name in options.names or JOBS if not _write(name, stores, options.out)]
    return 1 if failed else 0


def _write(name: str, stores: Path, page: Path) -> bool:
    print(f"{name} …", file=sys.stderr, flush=True)
    try:
        content = section(JOBS[name], stores)
    except subprocess.CalledProcessError as error:
        print(f"{name}: {' '.join(error.stderr.split()[-40:])}", file=sys.stderr)
        return False
    text = page.read_text(encoding="utf-8") if page.exists() else HEAD
    page.write_text(with_section(text, name, content), encoding="utf-8")
    return True


def section(job: Job, stores: Path) -> str:
    """Text of a job's section, its heading left out."""
    start, parts = time.monotonic(), []
    for arguments in job.runs:
        shown = " ".join(("python", f"benchmarks/{job.program}.py", *arguments))
        parts.append(f"`{shown}`\n\n{_output(job, arguments, stores)}")
    minutes = (time.monotonic() - start) / 60
    return "\n\n".join([f"{job.title}. {surroundings()}; {minutes:.0f} min.", *parts])


def _output(job: Job, arguments: tuple[str, ...], stores: Path) -> str:
    program = str(ROOT / "benchmarks" / f"{job.program}.py")
    with _store(job, stores / "-".join(arguments).strip("-")) as kept:
        done = subprocess.run(
            [sys.executable, program, *arguments, *kept],
            capture_output=True, text=True, check=True, cwd=ROOT,
        )  # fmt: skip
    return tables_apart(done.stdout.strip())


@contextmanager
def _store(job: Job, kept: Path) -> Iterator[tuple[str, ...]]:
    """The option that names the store of a run; none where the run makes its own."""
    if job.keeps_store:
        yield ("--keep", str(kept))
    elif job.changes_store and kept.exists():
        with tempfile.TemporaryDirectory(dir=kept.parent) as folder:
            shutil.copytree(kept, Path(folder) / "store")
            yield ("--keep", str(Path(folder) / "store"))
    else:
        yield ()


def tables_apart(text: str) -> str:
    """A table needs an empty line before it to be one, and one after it to end."""
    text = re.sub(r"(?m)^(?!\|)(.+)\n(?=\|)", r"\1\n\n", text)
    return re.sub(r"(?m)^(\|.+)\n(?=[^|\n])", r"\1\n\n", text)


def surroundings() -> str:
    """Commit, day, machine and versions, in one line."""
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"Commit {_commit()}, {datetime.now(UTC):%Y-%m-%d}, {_processor()}, {os.cpu_count()} cores,"
        f" {memory:.0f} GiB, {platform.system()}, Python {platform.python_version()}, {libraries}"
    )


def _commit() -> str:
    def git(*arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments],  # noqa: S607 - git is where the machine has it
            capture_output=True, text=True, check=True, cwd=ROOT,
        )  # fmt: skip
        return done.stdout.strip()

    is_changed = git("status", "--porcelain", "--untracked-files=no", "--", "*.py", "*.sql")
    return git("rev-parse", "--short", "HEAD") + (" with changes" if is_changed else "")


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or platform.machine()
    model = re.search(r"(?m)^model name\s*: (.+)$", text)
    return model[1] if model else platform.machine()


def with_section(page: str, name: str, text: str) -> str:
    """The page with that section in its place, in the order of JOBS; other sections are kept."""
    head, *parts = re.split(r"(?m)^## ", page)
    sections = {part.split("\n", 1)[0].strip(): part.split("\n", 1)[1].strip() for part in parts}
    sections[name] = text.strip()
    order = [*(title for title in JOBS if title in sections), *(set(sections) - set(JOBS))]
    blocks = (f"## {title}\n\n{sections[title]}" for title in order)
    return "\n\n".join([head.strip(), *blocks]) + "\n"


if __name__ == "__main__":
    sys.exit(main())
