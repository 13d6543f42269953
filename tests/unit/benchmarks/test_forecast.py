"""The benchmark's file mode: causal, in the order asked, from any order, format and gaps."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.forecast import forecast_file, irregular_months, irregular_table
from benchmarks.inputs.daily_series import Series
from benchmarks.plain.peers import croston

SUMS = ["sum", "lo80", "hi80", "lo95", "hi95"]
DAYS = pd.date_range("2026-01-05", periods=150)


@pytest.fixture
def rows() -> pd.DataFrame:
    generator = np.random.default_rng(2)
    frame = pd.DataFrame(
        [
            (f"s{number}", day, int(count))
            for number in range(6)
            for day, count in zip(DAYS, generator.poisson(4.0 * 3**number, len(DAYS)), strict=True)
        ],
        columns=["series_id", "day", "value"],
    )
    return frame[frame["value"] > 0]


@pytest.fixture
def origins() -> pd.DataFrame:
    asked = [("s3", "2026-05-01", 30), ("s0", "2026-04-01", 10), ("s3", "2026-04-01", 30)]
    return pd.DataFrame(asked, columns=["series_id", "origin_day", "horizon_days"])


def run(folder: Path, rows: pd.DataFrame, origins: pd.DataFrame, kind: str = "csv") -> pd.DataFrame:
    files = [folder / f"{name}.{kind}" for name in ("series", "origins", "out")]
    for frame, file in zip((rows, origins), files, strict=False):
        frame.to_csv(file, index=False) if kind == "csv" else frame.to_parquet(file)
    assert forecast_file(*files) == len(origins)
    return pd.read_csv(files[2]) if kind == "csv" else pd.read_parquet(files[2])


def test_rows_from_the_origin_on_change_nothing(
    tmp_path: Path, rows: pd.DataFrame, origins: pd.DataFrame
) -> None:
    early = origins[origins["origin_day"] == "2026-04-01"].reset_index(drop=True)
    full = run(tmp_path, rows, origins)[1:].reset_index(drop=True)
    cut = run(tmp_path, rows[rows["day"] < "2026-04-01"], early)
    pd.testing.assert_frame_equal(full, cut)


def test_order_format_and_repeated_rows_do_not_matter(
    tmp_path: Path, rows: pd.DataFrame, origins: pd.DataFrame
) -> None:
    plain = run(tmp_path, rows, origins)
    halves = pd.concat([rows.assign(value=rows["value"] / 2)] * 2).sample(frac=1, random_state=1)
    other = run(tmp_path, halves, origins, "parquet")
    assert list(plain.columns) == ["series_id", "origin_day", *SUMS]
    assert list(plain["series_id"]) == ["s3", "s0", "s3"]
    assert other[SUMS].to_numpy() == pytest.approx(plain[SUMS].to_numpy())


def test_sums_lie_inside_their_nested_ends(
    tmp_path: Path, rows: pd.DataFrame, origins: pd.DataFrame
) -> None:
    found = run(tmp_path, rows, origins)
    ordered = found[["lo95", "lo80", "sum", "hi80", "hi95"]].to_numpy()
    assert (np.diff(ordered, axis=1) >= 0.0).all()
    assert found["sum"].to_numpy() == pytest.approx([4 * 27 * 30, 4 * 10, 4 * 27 * 30], rel=0.25)


def test_missing_days_are_zero_until_the_origin(tmp_path: Path, origins: pd.DataFrame) -> None:
    some = pd.DataFrame({"series_id": "s3", "day": DAYS[::7], "value": 70})
    sparse = run(tmp_path, some, origins)
    assert sparse["sum"].iloc[2] == pytest.approx(300, rel=0.2)
    stopped = run(tmp_path, some[some["day"] < "2026-02-01"], origins)
    assert stopped["sum"].iloc[2] < 0.3 * sparse["sum"].iloc[2]


def test_a_series_without_a_row_before_its_origin_is_unknown(
    tmp_path: Path, rows: pd.DataFrame
) -> None:
    asked = [("nobody", "2026-04-01", 30), ("s1", "2026-01-05", 30), ("s1", "2025-06-01", 30)]
    origins = pd.DataFrame(asked, columns=["series_id", "origin_day", "horizon_days"])
    assert run(tmp_path, rows, origins)[SUMS].isna().all(axis=None)


def test_a_missing_column_is_named(
    tmp_path: Path, rows: pd.DataFrame, origins: pd.DataFrame
) -> None:
    with pytest.raises(SystemExit, match="no column value; it needs series_id, day, value"):
        run(tmp_path, rows.rename(columns={"value": "count"}), origins)


def test_croston_is_size_over_interval_less_a_twentieth() -> None:
    past = np.array([[4.0, 0.0, 4.0], [np.nan, 0.0, 0.0]])
    # Size 4; interval 1, then 1 + 0.1 × (2 - 1).
    assert croston(past, 10) == pytest.approx([0.95 * 4.0 / 1.1 * 10, 0.0])


def test_irregular_accounts_are_shown_by_kind_beside_plain_ways() -> None:
    values = np.zeros((2, 300))
    values[0, ::5], values[1, ::7] = 30.0, 80.0
    series = Series(["lumpy 1:a", "monthly 1:b"], date(2026, 1, 1), values)
    months = irregular_months([series])
    assert set(months["kind"]) == {"lumpy", "monthly"}
    first = months[(months["kind"] == "lumpy") & (months["day"] == 0)].iloc[0]
    assert first["actual"] == 6 * 30.0  # every fifth day of July
    assert "Croston SBA" in irregular_table(months)
