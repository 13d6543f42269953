"""What many tenants of one store cost: a run's publication, and tenants side by side.

python benchmarks/fleet.py [--tenants 200] [--keep FOLDER]
Processor seconds of a store of so many tenants beside one of 5, of 50 accounts and 30 days each:
- publication after 200 new rows of one tenant; bar 2 times,
- `hve tenants` for the same five tenants; bar 1.5 times,
- `hve tenants` for all of them.
Then the first page of a provider with 1,000 such tenants, which a run has just read; bar 5 seconds.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from datetime import timedelta
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
    names_of,
)
from benchmarks.measure import in_child, processor_seconds, report, table
from dashboards.provider import NO_LOGIN
from warehouse.configured import store_of

FEW, ROWS, ROUNDS = 5, 200, 3
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
    file = configuration(root, count)
    command = ["tenants", "--json", "--config", str(file), "--now", LATER.isoformat()]
    start = processor_seconds()
    subprocess.run([*HVE, *command], check=True, capture_output=True)
    return processor_seconds() - start


def first_page(root: Path, page: Path) -> float:
    """Processor seconds of a first page in a process of its own, libraries too."""
    environment = {
        "HVE_CONFIG": str(configuration(root, FLEET)),
        "HVE_DASHBOARD_NOW": (END + QUARTER).isoformat(),
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
    ours, plain = (first_page(folder / str(FLEET), page) for page in pages)
    print(
        f"\nfirst page of {FLEET:,} tenants: {ours:.1f} processor seconds (bar 5), a bare page"
        f" {plain:.1f}"
    )


def main() -> None:
    """Compares; as a child, does one of the jobs."""
    if len(sys.argv) > 1 and sys.argv[1] == "run":
        report(lambda: run_parts(Path(sys.argv[2])))
        return
    parser = argparse.ArgumentParser()
    parser.add_argument("--tenants", type=int, default=200)
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        compare(options.keep or Path(folder), options.tenants)


if __name__ == "__main__":
    main()
