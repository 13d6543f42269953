"""What a run costs against how much is stored: the same change in stores of several sizes.

python benchmarks/history.py [--rows 1000000 5000000] [--keep FOLDER]
Each store holds 90 days. --keep: a folder with a store of each size, named as `report.py --stores`
names them; each is copied, and none is changed. Without it the stores are made, one at a time.
Bar on two quiet cores: a build after 5,000 new rows takes at most 1.6 times as long with 50,000,000
rows as with 1,000,000.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks import models
from benchmarks.inputs.store import make
from benchmarks.measure import Measured, in_child, table

ROWS = (1_000_000, 5_000_000, 20_000_000, 50_000_000)
DAYS = 90
MILLION = 1_000_000
Runs = Mapping[str, Measured]


def measured(rows: int, keep: Path | None) -> Runs:
    """What landing and building cost with so many rows; the store is brought up to date before."""
    with _store(rows, keep) as root:
        in_child(models.__file__, "after_new_rows", str(root))
        return models.after_landings(root)


@contextmanager
def _store(rows: int, keep: Path | None) -> Iterator[Path]:
    kept = keep / f"rows-{rows}---days-{DAYS}" if keep else None
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=keep) as folder:
        root = Path(folder) / "store"
        if kept is not None and kept.exists():
            shutil.copytree(kept, root)
        else:
            make(root, rows, DAYS)
        yield root


def lines(runs: Mapping[int, Runs]) -> list[tuple[str, ...]]:
    """The table, its head first."""
    head = ("rows", "after 5,000 new rows, s", "processor s", "publication, s")
    shown = [(*head, "after 50,000 changed statuses, s", "processor s", "landed rows/s")]
    for rows, run in runs.items():
        new, changed, landed = (
            run[way] for way in ("after_new_rows", "after_changes", "land_changes")
        )
        shown.append(
            (
                f"{rows:,}",
                f"{new.seconds:.2f}",
                f"{new.processor_seconds:.2f}",
                f"{new.result / 1000:.2f}",
                f"{changed.seconds:.2f}",
                f"{changed.processor_seconds:.2f}",
                f"{landed.result:,}",
            )
        )
    return shown


def chart(runs: Mapping[int, Runs]) -> str:
    """The seconds as a chart that GitHub draws of its text."""
    sizes = ", ".join(f'"{rows // MILLION} M"' for rows in runs)
    new, changed = (
        [run[way].seconds for run in runs.values()] for way in ("after_new_rows", "after_changes")
    )
    top = int(max(*new, *changed)) + 1
    return "\n".join(
        [
            "```mermaid",
            "xychart-beta",
            '    title "Seconds of a build: bars after new rows, line after changed statuses"',
            f'    x-axis "rows stored" [{sizes}]',
            f'    y-axis "seconds" 0 --> {top}',
            f"    bar [{_shown(new)}]",
            f"    line [{_shown(changed)}]",
            "```",
        ]
    )


def _shown(seconds: Sequence[float]) -> str:
    return ", ".join(f"{value:.2f}" for value in seconds)


def main() -> None:
    """Measures store by store, and prints the table and the chart."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, nargs="+", default=ROWS)
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    runs = {rows: measured(rows, options.keep) for rows in options.rows}
    few, many = (runs[rows]["after_new_rows"].seconds for rows in (min(runs), max(runs)))
    print(f"{DAYS} days; most rows {many / few:.2f} × the time of the fewest (bar 1.6 ×)")
    print(table(lines(runs)))
    print(chart(runs))


if __name__ == "__main__":
    main()
