"""How soon commands answer on a large store, beside a bare `python -c "import duckdb"`.

python benchmarks/commands.py [--rows 5000000 --days 90] [--rounds 7] [--keep FOLDER]
Bars: `hve usage --json` on 50,000,000 rows at most 1 s, `hve --help` at most 0.3 s. Every command
is a process of its own, from its start to its end; the median counts. The store's marts are built
when they are not there yet.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.inputs.store import END, make
from benchmarks.measure import table

HVE = "import sys; from cli.main import main; sys.argv[0] = 'hve'; main()"
AT = ("--now", f"{END + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}", "--json")
PLAIN = 'python -c "import duckdb"'
COMMANDS: dict[str, tuple[str, ...]] = {
    PLAIN: ("import duckdb",),
    "hve --help": (HVE, "--help"),
    "hve usage --json": (HVE, "usage", *AT),
    "hve usage --by month --json": (HVE, "usage", "--by", "month", *AT),
}
BARS = {"hve --help": "0.3", "hve usage --json": "1.0"}


def build_store(root: Path, rows: int, days: int) -> None:
    """A store with marts."""
    from hve_monitor.config import Tenant
    from models.build import build
    from warehouse.store import open_store

    make(root, rows, days)
    if not (root / "marts" / "hve_usage_daily").exists():
        tenant = Tenant(name="contoso", accounts="files", timezone="Europe/Berlin")
        with open_store(root, "4GB") as store:
            build(store, [tenant], END + timedelta(hours=1), lambda *_: None)


def seconds(root: Path, arguments: tuple[str, ...], rounds: int) -> float:
    """Median wall seconds of a command without its first round, which fills the disk cache."""
    environment = os.environ | {"HVE_WAREHOUSE__PATH": str(root)}
    durations = []
    for _ in range(rounds + 1):
        start = time.perf_counter()
        subprocess.run(
            [sys.executable, "-c", *arguments], check=True, stdout=subprocess.DEVNULL,
            env=environment, cwd=root,
        )  # fmt: skip
        durations.append(time.perf_counter() - start)
    return statistics.median(durations[1:])


def main() -> None:
    """Makes or takes a store and measures each command."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = (options.keep or Path(folder) / "store").absolute()
        build_store(root, options.rows, options.days)
        medians = {name: seconds(root, code, options.rounds) for name, code in COMMANDS.items()}
    lines = [("command", "median s", "× bare duckdb", "bar s")]
    for name, median in medians.items():
        ratio = f"{median / medians[PLAIN]:.1f}"
        lines.append((f"`{name}`", f"{median:.3f}", ratio, BARS.get(name, "–")))
    print(f"{options.rows:,} rows over {options.days} days, {options.rounds} rounds")
    print(table(lines))


if __name__ == "__main__":
    main()
