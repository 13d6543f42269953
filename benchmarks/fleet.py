"""What many tenants cost, in one store and in shards: publications, runs, tenants side by side.

python benchmarks/fleet.py [--tenants 200] [--few 100] [--many 1000] [--keep FOLDER]
Processor seconds, of tenants of 50 accounts and 30 days each:
- publication after 200 new rows of one tenant, in a store of 200 tenants and of 5; bar 2 times,
- `hve tenants` for the same five tenants there; then for all of them,
- the first page of a provider with 1,000 tenants in one store, which a run has just read.
Then in shards of 20 tenants, of which every tenant has 200 new rows:
- `hve build` of 100 and of 1,000 tenants, for each tenant; bar 2 seconds and flat,
- `hve tenants` for the first five of each fleet; bar 1.5 times,
- the first page of 1,000 tenants; bar 5 seconds.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).parents[1]))
import dashboards
import models.build
from benchmarks.inputs.tenants import (
    END,
    FIRST,
    config_of,
    land_rows,
    make,
    make_published,
    make_shard,
    names_of,
)
from benchmarks.measure import in_child, processor_seconds, report, table
from dashboards.provider import NO_LOGIN
from warehouse.configured import store_of
from warehouse.store import open_store

FEW, ROWS, ROUNDS, IN_SHARD = 5, 200, 3, 20
QUARTER = timedelta(minutes=15)
LATER = END + (ROUNDS + 1) * QUARTER
HVE = [sys.executable, "-c", "from cli.main import main; main()"]
FLEET = 1000
PAGE = """
import sys
import streamlit.config
from streamlit.testing.v1 import AppTest

streamlit.config.set_option("server.address", "127.0.0.1")
app = AppTest.from_file(sys.argv[1], default_timeout=600).run()
assert not app.exception and len(app.dataframe) == 1
"""
BARE = """
import pandas as pd
import streamlit as st

st.title("Bare")
st.dataframe(pd.DataFrame({"x": range(1000)}))
"""
TENANT = """
[[tenants]]
name = "{name}"
tenant_id = "{name}"
client_id = "hve"
managed_identity = true
"""


def run_parts(root: Path) -> dict[str, float]:
    """Processor seconds of landing ROWS rows of one tenant, of building it, of publishing.

    The least of some rounds: the first one of a process also loads its libraries.
    """
    config, rounds = config_of(root, 1), []
    for number in range(1, ROUNDS + 1):
        now, publication = END + number * QUARTER, Stopwatch(models.build.publish_models)
        with store_of(config) as store:
            start = processor_seconds()
            land_rows(store, FIRST, ROWS, now)
            landed = processor_seconds()
            with patch.object(models.build, "publish_models", publication):
                models.build.build(store, config.served, now, lambda *_: None)
            built = processor_seconds() - landed - publication.seconds
            rounds.append((landed - start, built, publication.seconds))
    parts = map(min, zip(*rounds, strict=True))
    return dict(zip(("landing", "build", "publication"), parts, strict=True))


class Stopwatch:
    """A function that counts its processor seconds."""

    def __init__(self, function: Any) -> None:
        self._function, self.seconds = function, 0.0

    def __call__(self, *arguments: Any) -> Any:
        """What the function returns."""
        start = processor_seconds()
        try:
            return self._function(*arguments)
        finally:
            self.seconds += processor_seconds() - start


def configuration(root: Path, count: int) -> Path:
    """hve.toml with the first tenants of a store."""
    file = root.with_name(f"{root.name}-{count}.toml")
    tenants = "".join(TENANT.format(name=name) for name in names_of(count))
    file.write_text(f'[warehouse]\npath = "{root.absolute()}"\n{tenants}', encoding="utf-8")
    return file


def summaries(root: Path, count: int) -> float:
    """Processor seconds of the command `hve tenants` for the first tenants of a store."""
    return hve("tenants", configuration(root, count), LATER)


def first_page(file: Path, now: datetime, page: Path) -> float:
    """Processor seconds of a first page in a process of its own, libraries too."""
    environment = {
        "HVE_CONFIG": str(file),
        "HVE_DASHBOARD_NOW": now.isoformat(),
        "HVE_DASHBOARD_LOGIN": NO_LOGIN,
    }
    start = processor_seconds()
    subprocess.run(
        [sys.executable, "-c", PAGE, str(page)],
        check=True,
        capture_output=True,
        env=os.environ | environment,
    )
    return processor_seconds() - start


def shard_configuration(root: Path, shards: int, tenants: int | None = None) -> Path:
    """hve.toml of so many shards, with all of their tenants or the first few."""
    file = root.with_name(f"{root.name}-{shards}-{tenants}.toml")
    names = [(name, shard) for shard in range(shards) for name in names_in(shard)][:tenants]
    lines = [TENANT.format(name=name) + f'shard = "s{shard}"\n' for name, shard in names]
    path = f'[warehouse]\npath = "{root.absolute()}"\n'
    file.write_text(path + "".join(lines), encoding="utf-8")
    return file


def names_in(shard: int) -> list[str]:
    """The tenants of a shard."""
    return [f"s{shard}-{number}" for number in range(IN_SHARD)]


def make_fleet(folder: Path, root: Path, shards: int) -> None:
    """So many shards, built once, whose tenants then got new rows."""
    template = folder / "template"
    make(template, 1)
    shutil.rmtree(root, ignore_errors=True)  # of a run before this one: time does not go back
    for shard in range(shards):
        make_shard(template, root / "shards" / f"s{shard}", names_in(shard))
    hve("build", shard_configuration(root, shards), END + QUARTER)
    for shard in range(shards):
        with open_store(root / "shards" / f"s{shard}") as store:
            for name in names_in(shard):
                land_rows(store, name, ROWS, END + 2 * QUARTER)


def hve(command: str, file: Path, now: datetime) -> float:
    """Processor seconds of a command."""
    start = processor_seconds()
    options = ["--json", "--config", str(file), "--now", now.isoformat()]
    subprocess.run([*HVE, command, *options], check=True, capture_output=True)
    return processor_seconds() - start


def compare_shards(folder: Path, few: int, many: int) -> None:
    """Prints processor seconds of a small and a large fleet of shards, and their ratios."""
    parts: dict[str, list[float]] = {}
    for count in (few, many):
        root, shards = folder / f"fleet-{count}", count // IN_SHARD
        make_fleet(folder, root, shards)
        whole = shard_configuration(root, shards)
        built = hve("build", whole, END + 2 * QUARTER) / count
        parts.setdefault("hve build, of each tenant", []).append(built)
        first = shard_configuration(root, shards, FEW)
        side_by_side = min(hve("tenants", first, END + 2 * QUARTER) for _ in range(ROUNDS))
        parts.setdefault(f"hve tenants for {FEW}", []).append(side_by_side)
        all_of_them = min(hve("tenants", whole, END + 2 * QUARTER) for _ in range(ROUNDS))
        parts.setdefault("hve tenants for all", []).append(all_of_them)
        page = first_page(whole, END + 2 * QUARTER, Path(dashboards.__file__).with_name("app.py"))
        parts.setdefault("first page", []).append(page)
    head = ("processor seconds", f"{few} tenants in shards", f"{many} tenants in shards", "ratio")
    rows = [(name, f"{a:.2f}", f"{b:.2f}", f"{b / a:.1f}") for name, (a, b) in parts.items()]
    print("\n" + table([head, *rows]))


def compare(folder: Path, tenants: int) -> None:
    """Prints processor seconds of both stores and their ratios."""
    parts: dict[str, dict[int, float]] = {}
    for count in (FEW, tenants):
        root = folder / str(count)
        make(root, count)
        for name, seconds in in_child(__file__, "run", str(root)).result.items():
            parts.setdefault(name, {})[count] = seconds
        parts.setdefault(f"hve tenants for {FEW}", {})[count] = summaries(root, FEW)
    parts[f"hve tenants for {tenants}"] = {tenants: summaries(folder / str(tenants), tenants)}
    rows = [("processor seconds", f"{FEW} tenants", f"{tenants} tenants", "ratio")]
    for name, seconds in parts.items():
        few, many = seconds.get(FEW), seconds[tenants]
        ratio = "–" if few is None else f"{many / few:.1f}"
        rows.append((name, "–" if few is None else f"{few:.2f}", f"{many:.2f}", ratio))
    print(table(rows))
    make_published(folder / str(FLEET), FLEET)
    bare = folder / "bare.py"
    bare.write_text(BARE, encoding="utf-8")
    pages = (Path(dashboards.__file__).with_name("app.py"), bare)
    file = configuration(folder / str(FLEET), FLEET)
    ours, plain = (first_page(file, END + QUARTER, page) for page in pages)
    print(
        f"\nfirst page of {FLEET:,} tenants in one store: {ours:.1f} processor seconds, a bare page"
        f" {plain:.1f}"
    )


def main() -> None:
    """Compares; as a child, does one of the jobs."""
    if len(sys.argv) > 1 and sys.argv[1] == "run":
        report(lambda: run_parts(Path(sys.argv[2])))
        return
    parser = argparse.ArgumentParser()
    parser.add_argument("--tenants", type=int, default=200)
    parser.add_argument("--few", type=int, default=100)
    parser.add_argument("--many", type=int, default=1000)
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = options.keep or Path(name)
        if options.tenants:
            compare(folder, options.tenants)
        compare_shards(folder, options.few, options.many)


if __name__ == "__main__":
    main()
