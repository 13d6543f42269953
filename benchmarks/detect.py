"""Scores of hourly series by the product's own models, and how good they are beside plain ones.

python benchmarks/detect.py --series FILE --out FILE
    FILE (CSV or Parquet) has series_id, ts, value; writes series_id, ts, score, alert for every
    row. The output for an hour never changes when later rows are cut off. An hour without a value
    scores 0.
python benchmarks/detect.py [--labels FILE --scorer FILE]
    the table with plain detectors; labels and scorer are those of a checkout beside this one if
    they are not named. Bars: VUS-PR above 0.505, F1 above 0.607, own alerts at most 1.2 false per
    series-month and 3 in the worst tenth, at most 2 ms per 1,000 series-hours.
python benchmarks/detect.py --accounts 10000 [--days 90]
    cost of baselines, scores and incidents of many accounts. Bar: 120 s.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.inputs import accounts
from benchmarks.inputs.series import SeriesError, SeriesFile, read_series
from benchmarks.measure import table
from benchmarks.plain.naive import DETECTORS
from models.baseline.scores import score_hours
from models.baseline.thresholds import own_alerts
from models.statistics import Floats

BESIDE = Path(__file__).parents[2] / "shared"
LABELS = BESIDE / "data" / "anomaly" / "hourly.parquet"
SCORER = BESIDE / "tools" / "score_anomaly.py"
BARS = ("bar", "> 0.505", "> 0.607", "", "≤ 1.2", "≤ 3", "≤ 2")


def scored(series: SeriesFile) -> pd.DataFrame:
    """series_id and ts of every row as they came, score and alert."""
    score = np.zeros(len(series.rows))
    alert = np.zeros(len(series.rows), np.bool_)
    for batch in series.batches():
        scores = score_hours(batch.values, batch.calendar)
        batch.at_rows(np.nan_to_num(scores), score)
        batch.at_rows(own_alerts(scores), alert)
    rows = series.rows[["series_id", "ts"]]
    return rows.assign(score=score, alert=alert)


def plainly_scored(series: SeriesFile, detector: Any) -> pd.DataFrame:
    """The same by a plain detector, without alerts of its own."""
    score = np.zeros(len(series.rows))
    for batch in series.batches():
        scores = np.stack([_without_lead(detector, row) for row in batch.values])
        batch.at_rows(scores, score)
    return series.rows[["series_id", "ts"]].assign(score=score)


def _without_lead(detector: Any, values: Floats) -> NDArray[np.float64]:
    """A plain detector begins with the series, not with the midnight before it."""
    observed = ~np.isnan(values)
    first = int(observed.argmax())
    last = len(values) - int(observed[::-1].argmax())
    score = np.zeros(len(values))
    score[first:last] = detector(values[first:last])
    return score


def _write(frame: pd.DataFrame, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix.lower() in {".parquet", ".pq"}:
        frame.to_parquet(path, index=False)
    else:
        frame.to_csv(path, index=False)


def _scorer(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("score_anomaly", path)
    if spec is None or spec.loader is None:
        raise SystemExit(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def report(labels: Path, scorer: Path) -> str:
    """The table: one row per detector."""
    judge, series = _scorer(scorer), read_series(labels)
    truth = series.rows
    ways = {"hve-monitor": scored}
    ways |= {name: _plain(detector) for name, detector in DETECTORS.items()}
    rows = [
        ("detector", "VUS-PR", "F1 at 1", "P / R", "own false/month", "worst tenth", "ms/1,000 h")
    ]
    by_source: list[tuple[str, ...]] = [("detector", *_sources(truth))]
    for name, way in ways.items():
        start = time.process_time()
        scores = way(series)
        cost = (time.process_time() - start) / len(truth) * 1e6
        result = judge.evaluate(truth, scores)
        rows.append(_row(name, result, cost))
        by_source.append((name, *_by_source(judge, truth, scores)))
    return f"{table([*rows, BARS])}\n\nVUS-PR and F1 at 1, by source:\n\n{table(by_source)}"


def _plain(detector: Any) -> Any:
    return lambda series: plainly_scored(series, detector)


def _row(name: str, result: dict[str, Any], cost: float) -> tuple[str, ...]:
    at_one, own = result["at_1_false_per_series_month"], result.get("own_alerts")
    return (
        name,
        f"{result['vus_pr']:.3f}",
        f"{at_one['f1']:.3f}",
        f"{at_one['precision']:.2f} / {at_one['recall']:.2f}",
        f"{own['false_per_month']:.2f}" if own else "",
        f"{own['worst_decile_false_per_month']:.2f}" if own else "",
        f"{cost:.2f}",
    )


def _sources(truth: pd.DataFrame) -> tuple[str, ...]:
    return tuple(sorted(set(truth["series_id"].str.split("/").str[0])))


def _by_source(judge: ModuleType, truth: pd.DataFrame, scores: pd.DataFrame) -> tuple[str, ...]:
    source = truth["series_id"].str.split("/").str[0]
    cells = []
    for name in _sources(truth):
        of_source = (source == name).to_numpy()
        result = judge.evaluate(truth[of_source], scores[of_source])
        cells.append(f"{result['vus_pr']:.3f}, {result['at_1_false_per_series_month']['f1']:.3f}")
    return tuple(cells)


def main() -> int:
    """Scores a file, prints the table, or measures many accounts."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--series", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--accounts", type=int)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--labels", type=Path, default=LABELS)
    parser.add_argument("--scorer", type=Path, default=SCORER)
    options = parser.parse_args()
    if (options.series is None) != (options.out is None):
        parser.error("--series and --out belong together")
    if options.accounts is not None:
        print(accounts.report(options.accounts, options.days))
        return 0
    try:
        if options.series is not None:
            _write(scored(read_series(options.series)), options.out)
            return 0
        for file in (options.labels, options.scorer):
            if not file.exists():
                print(f"no {file.name}: name it with --labels or --scorer", file=sys.stderr)
                return 0
        print(report(options.labels, options.scorer))
    except SeriesError as failed:
        print(failed, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
