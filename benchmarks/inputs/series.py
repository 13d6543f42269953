"""Hourly series of a file, as grids that the models read, and back to the rows of the file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.baseline.baseline import LocalCalendar, local_calendar
from models.statistics import Floats

NAMES = ("series_id", "ts", "value")
_DAY = 24
_LIKE = 0.8  # series of one batch have at least this share of the length of its longest
_MOST_CELLS = 1 << 20
_MOST_HOURS = 24 * 366 * 30
_ANY_MONDAY = datetime(2024, 1, 1, tzinfo=UTC)
_EPOCH_UNITS = ((1e17, "ns"), (1e14, "us"), (1e11, "ms"), (0.0, "s"))


class SeriesError(Exception):
    """A file that cannot be read as series: says what, where and what to do."""


@dataclass(frozen=True)
class Batch:
    """Series of similar length, each aligned at the midnight before its first hour.

    Shape:  values (series, hours), NaN = no value; `cells` are the places of the rows in it.
    """

    rows: NDArray[np.int64]
    cells: tuple[NDArray[np.int64], NDArray[np.int64]]
    values: Floats
    calendar: LocalCalendar

    def at_rows(self, result: NDArray[np.generic], into: NDArray[np.generic]) -> None:
        """Write results, (series, hours), to the rows of the file they belong to."""
        into[self.rows] = result[self.cells]


@dataclass(frozen=True)
class SeriesFile:
    """Rows of a file and the place of each in its series."""

    rows: pd.DataFrame
    number: NDArray[np.int64]  # of the series, per row
    hour: NDArray[np.int64]  # since the midnight before the series' first row
    hours: NDArray[np.int64]  # length of each series

    def batches(self) -> Iterator[Batch]:
        """All series, longest first."""
        value = pd.to_numeric(self.rows["value"], errors="coerce").to_numpy(np.float64)
        value = np.where(np.isfinite(value), value, np.nan)
        by_series = np.split(np.argsort(self.number, kind="stable"), self._ends()[:-1])
        left = np.argsort(-self.hours, kind="stable")
        while len(left):
            longest = int(self.hours[left[0]])
            alike = int((self.hours[left] >= _LIKE * longest).sum())
            size = min(alike, max(1, _MOST_CELLS // longest))
            series, left = left[:size], left[size:]
            rows = np.concatenate([by_series[number] for number in series])
            place = np.repeat(np.arange(size), [len(by_series[number]) for number in series])
            values = np.full((size, longest), np.nan)
            values[place, self.hour[rows]] = value[rows]
            yield Batch(rows, (place, self.hour[rows]), values, _calendar(longest))

    def _ends(self) -> NDArray[np.int64]:
        return np.cumsum(np.bincount(self.number, minlength=max(len(self.hours), 1)))


def _calendar(hours: int) -> LocalCalendar:
    return local_calendar(_ANY_MONDAY, hours, "UTC")


def read_series(path: Path) -> SeriesFile:
    """Series of a CSV or Parquet file with series_id, ts and value, in any order.

    ts: ISO 8601 with or without a zone, a date column, or seconds to nanoseconds since 1970;
    taken down to the hour. Hours without a row or with an empty value are unknown; of two rows
    of one hour the later counts.
    Raises: SeriesError for a file, a column or a time that cannot be read.
    """
    rows = _read(path)
    missing = [name for name in NAMES if name not in rows]
    if missing:
        raise SeriesError(f"{path}: no column {', '.join(missing)}; needed are {', '.join(NAMES)}")
    if rows["series_id"].isna().any():
        row = int(rows["series_id"].isna().to_numpy().argmax())
        raise SeriesError(f"{path}: row {row + 1} has no series_id")
    stamp = _hours_since_1970(rows["ts"], path)
    number, _ = pd.factorize(rows["series_id"])
    first = pd.Series(stamp).groupby(number).transform("min").to_numpy(np.int64)
    hour = stamp - first // _DAY * _DAY
    if len(hour) and hour.max() >= _MOST_HOURS:
        row = int(hour.argmax())
        raise SeriesError(f"{path}: row {row + 1} lies 30 years after its series began; remove it")
    hours = pd.Series(hour + 1).groupby(number).max().to_numpy(np.int64)
    return SeriesFile(rows, number.astype(np.int64), hour, hours)


def _read(path: Path) -> pd.DataFrame:
    try:
        if path.suffix.lower() in {".parquet", ".pq"}:
            return pd.read_parquet(path)
        return pd.read_csv(path, dtype={"series_id": str}, encoding="utf-8-sig")
    except (OSError, ValueError) as failed:
        reason = str(failed).splitlines()[0]
        raise SeriesError(
            f"{path}: cannot be read ({reason}); give a CSV or Parquet file"
        ) from failed


def _hours_since_1970(column: pd.Series, path: Path) -> NDArray[np.int64]:
    if pd.api.types.is_numeric_dtype(column):
        largest = float(column.abs().max()) if len(column) else 0.0
        unit = next(unit for least, unit in _EPOCH_UNITS if largest >= least)
        stamps = pd.to_datetime(column, unit=unit, errors="coerce", utc=True)
    else:
        stamps = _parsed(column)
    if stamps.isna().any():
        row = int(stamps.isna().to_numpy().argmax())
        raise SeriesError(f"{path}: row {row + 1}: ts {column.iloc[row]!r} is not a time")
    return stamps.dt.tz_localize(None).to_numpy("M8[h]").astype(np.int64)


def _parsed(column: pd.Series) -> pd.Series:
    """ISO 8601 first; what pandas reads without guessing a language otherwise, months first."""
    if pd.api.types.is_datetime64_any_dtype(column):
        return pd.to_datetime(column, utc=True)
    stamps = pd.to_datetime(column, errors="coerce", utc=True, format="ISO8601")
    if stamps.isna().any():
        stamps = pd.to_datetime(column, errors="coerce", utc=True, format="mixed")
    return stamps
