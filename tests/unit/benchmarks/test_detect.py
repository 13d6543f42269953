"""The benchmark of scores as others run it: order, gaps, time formats; causal; clear refusals."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.detect import LABELS, SCORER, report, scored
from benchmarks.inputs.series import SeriesError, read_series
from benchmarks.plain.naive import DETECTORS
from tests.places import ROOT

SCRIPT = ROOT / "benchmarks" / "detect.py"


def frame(hours: int = 500, start: str = "2026-03-02 07:00") -> pd.DataFrame:
    generator = np.random.default_rng(1)
    ts = pd.date_range(start, periods=hours, freq="h")
    steady = pd.DataFrame(
        {"series_id": "a/steady", "ts": ts, "value": generator.normal(5, 1, hours)}
    )
    counts = pd.DataFrame({"series_id": "b/counts", "ts": ts[100:], "value": 3.0})
    counts["value"] = generator.poisson(3.0, len(counts))
    steady.loc[450, "value"] = 60.0
    return pd.concat([steady, counts], ignore_index=True)


def result(tmp_path: Path, rows: pd.DataFrame, name: str = "in.parquet") -> pd.DataFrame:
    path = tmp_path / name
    if name.endswith(".parquet"):
        rows.to_parquet(path, index=False)
    else:
        rows.to_csv(path, index=False)
    return scored(read_series(path))


def test_the_command_writes_a_row_for_every_row(tmp_path: Path) -> None:
    rows = frame()
    rows.to_csv(tmp_path / "in.csv", index=False)
    asked = ["--series", str(tmp_path / "in.csv"), "--out", str(tmp_path / "deep" / "out.csv")]
    done = subprocess.run(
        [sys.executable, str(SCRIPT), *asked], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    written = pd.read_csv(tmp_path / "deep" / "out.csv", parse_dates=["ts"])
    assert list(written.columns) == ["series_id", "ts", "score", "alert"]
    assert written[["series_id", "ts"]].equals(rows[["series_id", "ts"]])
    assert written["score"].idxmax() == 450
    assert written.loc[450, "alert"]
    assert written["alert"].sum() < 30


def test_nothing_changes_when_later_rows_are_cut_off(tmp_path: Path) -> None:
    rows = frame()
    whole = result(tmp_path, rows)
    for end in ("2026-03-07", "2026-03-17 03:00", "2026-03-20 23:00"):
        kept = rows["ts"] < end
        early = result(tmp_path, rows[kept])
        pd.testing.assert_frame_equal(early, whole[kept.to_numpy()].reset_index(drop=True))


def test_order_gaps_and_other_series_do_not_matter(tmp_path: Path) -> None:
    rows = frame().drop(index=[30, 31, 32, 200]).reset_index(drop=True)
    rows.loc[[10, 60], "value"] = np.nan
    whole = result(tmp_path, rows)
    shuffled = rows.sample(frac=1.0, random_state=3)
    again = result(tmp_path, shuffled).set_index(shuffled.index).sort_index()
    pd.testing.assert_frame_equal(again, whole)
    alone = rows[rows["series_id"] == "b/counts"]
    found = result(tmp_path, alone)
    np.testing.assert_allclose(found["score"], whole["score"][alone.index], rtol=1e-6)
    assert whole.loc[[10, 60], "score"].tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    "form",
    [
        lambda ts: ts.dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
        lambda ts: ts.dt.strftime("%Y-%m-%d %H:%M:%S"),
        lambda ts: ts.dt.strftime("%m/%d/%Y %H:%M"),
        lambda ts: ts.dt.tz_localize("UTC").dt.tz_convert("Europe/Berlin").astype(str),
        lambda ts: ts.astype("datetime64[s]").astype("int64"),
        lambda ts: ts.astype("datetime64[ms]").astype("int64"),
    ],
)
@pytest.mark.parametrize("name", ["in.csv", "in.parquet"])
def test_every_form_of_time_gives_the_same_scores(tmp_path: Path, form: object, name: str) -> None:
    rows = frame()
    expected = result(tmp_path, rows)["score"]
    other = rows.assign(ts=form(rows["ts"]))  # type: ignore[operator] # one of the above
    found = result(tmp_path, other, name)
    np.testing.assert_allclose(found["score"], expected)
    assert found["ts"].astype(str).tolist() == other["ts"].astype(str).tolist()


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (frame().drop(columns="value"), "no column value"),
        (frame().assign(series_id=None), "row 1 has no series_id"),
        (frame().assign(ts="some day"), "row 1: ts 'some day' is not a time"),
        (
            frame().assign(ts=lambda f: f["ts"].mask(f.index == 3, pd.Timestamp("2099-01-01"))),
            "row 4",
        ),
    ],
)
def test_a_file_that_cannot_be_read_says_what_and_where(
    tmp_path: Path, rows: pd.DataFrame, told: str
) -> None:
    with pytest.raises(SeriesError, match=told):
        result(tmp_path, rows, "in.csv")
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--series", str(tmp_path / "in.csv"), "--out", "x.csv"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1


def test_an_empty_file_gives_an_empty_result(tmp_path: Path) -> None:
    assert result(tmp_path, frame()[:0]).empty


@pytest.mark.parametrize("name", DETECTORS)
def test_plain_detectors_see_the_past_alone(name: str) -> None:
    values = frame()["value"].to_numpy()[:500]
    whole, early = DETECTORS[name](values), DETECTORS[name](values[:460])
    np.testing.assert_allclose(whole[:460], early, atol=1e-9)
    assert whole.argmax() == 450


@pytest.mark.skipif(not (LABELS.exists() and SCORER.exists()), reason="no labelled series here")
@pytest.mark.slow
def test_the_scores_beat_the_plain_detectors_on_labelled_series() -> None:
    rows = [line.split(" | ") for line in report(LABELS, SCORER).splitlines()]
    ours, bar = rows[2], 0.505
    assert float(ours[1]) > bar
    assert float(ours[1]) > max(float(row[1]) for row in rows[3:6])
    assert float(ours[2]) > 0.607
    assert float(ours[4]) <= 1.2
    assert float(ours[5]) <= 3.0
