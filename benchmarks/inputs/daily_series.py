"""Daily series for the forecast benchmark: from files, from simulated tenants, from an office.

A file has one row per series and day: series_id, day, value. Rows come in any order, rows of one
day add up, a missing day between a series' first row and the requested day is 0, an empty value
is unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from models.forecast.history import DailyHistory
from models.statistics import Floats

OFFICE = Path(__file__).parents[3] / "shared" / "data" / "mail" / "internal_mail_a.parquet"


@dataclass(frozen=True)
class Series:
    """Counts per series and day: values (series, days), NaN before the first row of a series."""

    ids: list[str]
    first: date
    values: Floats

    @property
    def end(self) -> date:
        """The day after the last one."""
        return self.first + timedelta(days=self.values.shape[1])

    def before(self, day: date) -> Series:
        """What was known when `day` began: later rows leave no trace."""
        kept = min(max((day - self.first).days, 0), self.values.shape[1])
        values = self.values[:, :kept]
        missing = max((day - self.end).days, 0)
        born = ~np.isnan(values).all(axis=1) if kept else np.zeros(len(values), bool)
        silent = np.where(born[:, None], 0.0, np.nan) * np.ones(missing)
        return Series(self.ids, self.first, np.concatenate([values, silent], axis=1))

    def history(self) -> DailyHistory:
        """The same as the product's models take it."""
        return DailyHistory(self.values, self.end)

    def sums(self, day: date, count: int) -> Floats:
        """Sum of so many days from `day` on, per series."""
        place = (day - self.first).days
        return np.asarray(np.nan_to_num(self.values[:, place : place + count]).sum(axis=1))


def read_table(path: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    """A CSV or Parquet file with these columns; dates as UTC days. Ends the program on others."""
    with path.open("rb") as file:
        is_parquet = file.read(4) == b"PAR1"
    frame = pd.read_parquet(path) if is_parquet else pd.read_csv(path, dtype={"series_id": str})
    missing = [name for name in columns if name not in frame]
    if missing:
        raise SystemExit(f"{path}: no column {', '.join(missing)}; it needs {', '.join(columns)}")
    for name in columns:
        if name.endswith("day"):
            days = pd.to_datetime(frame[name], utc=True, format="mixed")
            frame[name] = days.dt.tz_localize(None).dt.floor("D").astype("datetime64[s]")
    return frame.assign(series_id=frame["series_id"].astype(str))[list(columns)]


def series_of(rows: pd.DataFrame) -> Series:
    """Dense series of rows: series_id, day, value."""
    ids = sorted(set(rows["series_id"]))
    days = rows["day"].to_numpy("M8[D]")
    first, last = (days.min(), days.max()) if len(days) else (np.datetime64("2026-01-01", "D"),) * 2
    row = pd.Index(ids).get_indexer(pd.Index(rows["series_id"]))
    column = (days - first).astype(np.int64)
    values = np.zeros((len(ids), int((last - first).astype(np.int64)) + 1))
    np.add.at(values, (row, column), rows["value"].to_numpy(np.float64))
    born = np.full(len(ids), values.shape[1])
    np.minimum.at(born, row, column)
    values = np.where(np.arange(values.shape[1]) < born[:, None], np.nan, np.maximum(values, 0.0))
    return Series(ids, date.fromisoformat(str(first)), values)


def office() -> Series | None:
    """Recipients per sender and day of a real office; None where the file is absent."""
    if not OFFICE.exists():
        return None
    mail = pd.read_parquet(OFFICE, columns=["sender_id", "ts"])
    days = mail["ts"].dt.floor("D").dt.tz_localize(None).astype("datetime64[s]")
    rows = mail.assign(series_id=mail["sender_id"], day=days, value=1)
    return series_of(rows[["series_id", "day", "value"]])


def simulated(seed: int, days: int) -> Series:
    """Delivered recipients per account and day of a simulated tenant, incidents included."""
    from simulator.mail.block import DELIVERED
    from simulator.mail.instant import day_of, micros
    from simulator.world.tenant import SimulatedTenant

    now = datetime(2026, 11, 1, 12, tzinfo=UTC)
    tenant = SimulatedTenant(seed=seed, now=now, days=days)
    last = day_of(micros(now))
    counts = [
        [
            int((tenant.traffic.block(account.index, day).final == DELIVERED).sum())
            for day in range(last - days, last)
        ]
        for account in tenant.accounts
    ]
    values = np.array(counts, np.float64)
    born = (values > 0.0).argmax(axis=1)
    values[np.arange(days) < born[:, None]] = np.nan
    ids = [f"{seed}:{account.alias}" for account in tenant.accounts]
    return Series(ids, now.date() - timedelta(days=days), values)


def irregular(seed: int, days: int, accounts: int = 20) -> Series:
    """The same of accounts that are not clockwork; ids begin with their kind."""
    from benchmarks.inputs.fleet import IRREGULAR, draw_fleet
    from simulator.mail.block import DELIVERED
    from simulator.mail.directory import Directory
    from simulator.mail.instant import day_of, micros
    from simulator.mail.traffic import SimulatedTraffic

    now = datetime(2026, 11, 1, tzinfo=UTC)
    last = day_of(micros(now))
    fleet = draw_fleet(seed, "contoso.com", now, accounts + 10, accounts / (accounts + 10))
    traffic = SimulatedTraffic(
        seed, fleet, Directory("contoso.com", 1200, last - days), [], last - days
    )
    chosen = [account for account in fleet if account.kind in IRREGULAR]
    counts = [
        [
            int((traffic.block(account.index, day).final == DELIVERED).sum())
            for day in range(last - days, last)
        ]
        for account in chosen
    ]
    values = np.array(counts, np.float64)
    values[np.cumsum(values, axis=1) == 0.0] = np.nan
    return Series(
        [f"{a.kind} {seed}:{a.alias}" for a in chosen], now.date() - timedelta(days=days), values
    )
