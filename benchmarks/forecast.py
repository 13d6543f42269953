"""How well months are projected, beside plain ways to do it, in one run.

python benchmarks/forecast.py                          the tables below
python benchmarks/forecast.py --peers                  and AutoETS, in an environment of its own
python benchmarks/forecast.py --series FILE --origins FILE --out FILE

FILE is CSV or Parquet by its content. --series: series_id, day, value. --origins: series_id,
origin_day, horizon_days; origin_day is the first day that is forecast, so only rows of days before
it are used, of any series: all series of the file are taken for the accounts of one tenant. Days up
to the end of their month are its rest: how it began counts. --out: series_id, origin_day, sum,
lo80, hi80, lo95, hi95 in the order of the origins; empty where the series has no row before its
origin.
Office accounts are seen over calendar months and over 30-day periods a week apart: five months are
few. Irregular ones are those of the simulator, by kind; their sums may be 0, so that errors are
summed before they are divided.
Bars: 30-day sums at least 15 % below seasonal naive and no worse than the weekday profile; month
to date 5 % below the run rate at day 10, 15 and 20; intervals 80 ± 3 and 95 ± 2 %; 10,000 accounts
in at most 30 s on two cores.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.inputs.daily_series import (
    Series,
    irregular,
    office,
    read_table,
    series_of,
    simulated,
)
from benchmarks.measure import table
from benchmarks.plain.autoets import auto_ets
from benchmarks.plain.peers import FOR_IRREGULAR, PLAIN
from models.forecast.backtest import TOTAL, backtest_rows, period_sums
from models.forecast.rolling import Outlook, Rolling, whole_days
from models.periods import end_of_month
from models.statistics import Floats

OURS = "hve-monitor"
LEAST_PER_DAY = {"office": 2.0, "simulated": 0.0}
LEAST_HISTORY = 56
FIRST_ORIGIN, STEP, HORIZON = 90, 7, 30
MONTH_DAYS = (0, 5, 10, 15, 20, 25)
IRREGULAR_SEEDS, IRREGULAR_DAYS, IRREGULAR_FIRST = 2, 420, 180
Periods = Callable[[Series], Iterator[tuple[date, int]]]
SCALE_ACCOUNTS, SCALE_DAYS = 10_000, 120


def forecast_file(series_file: Path, origins_file: Path, out: Path) -> int:
    """Writes the sums with their ends; returns the number of rows."""
    series = series_of(read_table(series_file, ("series_id", "day", "value")))
    origins = read_table(origins_file, ("series_id", "origin_day", "horizon_days"))
    sums = pd.DataFrame(np.nan, origins.index, ["sum", "lo80", "hi80", "lo95", "hi95"])
    place = pd.Series(range(len(series.ids)), series.ids)
    rows = origins["series_id"].map(place)
    latest = origins["origin_day"].max().date() if len(origins) else series.end
    # Rows after the last origin are cut first: nothing below can see them.
    rolling = Rolling(series.before(latest).history())
    for (day, count), group in origins.groupby(["origin_day", "horizon_days"]):
        origin = day.date()
        begun = ~np.isnan(series.before(origin).values).all(axis=1)
        projection = outlook(rolling, origin, int(count), len(begun))
        answered = group.index[rows[group.index].map(dict(enumerate(begun))).eq(True)]
        number = rows[answered].astype(int).to_numpy()
        ends = projection.ends[number]
        sums.loc[answered] = np.column_stack([projection.left[number], ends[:, [1, 2, 0, 3]]])
    result = pd.concat([origins[["series_id", "origin_day"]], sums], axis=1)
    result = result.assign(origin_day=result["origin_day"].dt.strftime("%Y-%m-%d"))
    if out.suffix == ".parquet":
        result.to_parquet(out, index=False)
    else:
        result.to_csv(out, index=False)
    return len(result)


def outlook(rolling: Rolling, origin: date, count: int, accounts: int) -> Outlook:
    """The product's own answer; a series that has no row yet expects nothing."""
    if origin < rolling.history.end - timedelta(days=rolling.history.values.shape[1]):
        nothing, classes = np.zeros(accounts), np.zeros(accounts, np.int64)
        by_day, ends = np.zeros((accounts, count)), np.zeros((accounts, 4))
        return Outlook(nothing, by_day, ends, classes, nothing, classes, [])
    last = origin + timedelta(days=count - 1)
    is_rest_of_month = last == end_of_month(origin)
    return rolling.outlook(
        origin, whole_days(origin, count, accounts, is_rest_of_month * (origin.day - 1))
    )


@dataclass(frozen=True)
class Task:
    """Sums of one series from one origin: what came, and what each way had said."""

    frame: pd.DataFrame  # one row per series and origin: actual and a column for each way
    pasts: list[Floats]


def sums_at_day_0(tenants: list[Series], least: float) -> Task:
    """30-day sums from origins a week apart, of series with enough history and volume."""
    frames, pasts = [], []
    for series in tenants:
        rolling = Rolling(series.history())
        for place in range(FIRST_ORIGIN, series.values.shape[1] - HORIZON + 1, STEP):
            origin, past = series.first + timedelta(days=place), series.values[:, :place]
            enough = (~np.isnan(past)).sum(axis=1) >= LEAST_HISTORY
            per_day = np.nan_to_num(past[:, -90:]).sum(axis=1) / np.maximum(
                (~np.isnan(past[:, -90:])).sum(axis=1), 1
            )
            actual = series.sums(origin, HORIZON)
            kept = enough & (per_day >= least) & (actual > 0.0)
            ways = {name: way(past, HORIZON) for name, way in PLAIN.items()}
            ours = outlook(rolling, origin, HORIZON, len(past)).left
            frame = pd.DataFrame({"actual": actual, OURS: ours, **ways})
            frames.append(frame.assign(place=place)[kept])
            pasts += [past[number] for number in np.flatnonzero(kept)]
    return Task(pd.concat(frames, ignore_index=True), pasts)


def errors(frame: pd.DataFrame, way: str) -> pd.Series:
    """Absolute percentage errors of the sums."""
    return (frame[way] - frame["actual"]).abs() / frame["actual"]


def day_0_table(name: str, task: Task, *, with_peers: bool) -> str:
    """Mean, median and weighted error of each way, and how far under seasonal naive it is."""
    base = errors(task.frame, "seasonal naive").mean()
    lines = [(f"{name}, 30-day sums", "mean APE", "median", "sum |e| / sum", "under s. naive")]
    lines += [(way, *_errors_of(task.frame, way, base)) for way in (OURS, *PLAIN)]
    if with_peers:
        lines += _auto_ets_lines(task)
    return f"{len(task.frame):,} sums\n{table(lines)}"


def _errors_of(frame: pd.DataFrame, way: str, base: float) -> tuple[str, ...]:
    ape = errors(frame, way)
    weighted = (frame[way] - frame["actual"]).abs().sum() / frame["actual"].sum()
    shares = (f"{ape.mean():.4f}", f"{ape.median():.4f}", f"{weighted:.4f}")
    return (*shares, f"{1.0 - ape.mean() / base:.1%}")


def _auto_ets_lines(task: Task) -> list[tuple[str, ...]]:
    """AutoETS over every fourth origin, and ours and seasonal naive over the same."""
    chosen = task.frame.index[(task.frame["place"] - FIRST_ORIGIN) % (4 * STEP) == 0]
    sums = auto_ets([task.pasts[number] for number in chosen], [HORIZON] * len(chosen))
    if isinstance(sums, str):
        return [(f"AutoETS(7) skipped: {sums}", "", "", "", "")]
    frame = task.frame.loc[chosen].assign(AutoETS=sums)
    base = errors(frame, "seasonal naive").mean()
    return [
        (f"{way}, {len(chosen)} of them", *_errors_of(frame, column, base))
        for way, column in (("AutoETS(7)", "AutoETS"), (OURS, OURS))
    ]


def calendar_months(series: Series) -> Iterator[tuple[date, int]]:
    """First day and length of the whole months after the first 90 days."""
    month = end_of_month(series.first + timedelta(days=FIRST_ORIGIN)) + timedelta(days=1)
    while end_of_month(month) < series.end:
        yield month, end_of_month(month).day
        month = end_of_month(month) + timedelta(days=1)


def weekly_periods(series: Series) -> Iterator[tuple[date, int]]:
    """The same of 30-day periods that begin a week apart."""
    for place in range(FIRST_ORIGIN, series.values.shape[1] - HORIZON + 1, STEP):
        yield series.first + timedelta(days=place), HORIZON


def months_of(tenants: list[Series], least: float, periods: Periods) -> pd.DataFrame:
    """Periods as seen from some of their days, by the product's own backtest."""
    rows = []
    for series in tenants:
        rolling, sent = Rolling(series.history()), np.nan_to_num(series.values)
        for begin, length in periods(series):
            before = np.nan_to_num(series.before(begin).values[:, -90:]).mean(axis=1)
            busy = [*np.flatnonzero(before >= least), TOTAL]
            for day in MONTH_DAYS:
                sums = period_sums(rolling, sent, begin, length, day)
                rows.append(sums[sums["account"].isin(busy)])
    return pd.concat(rows, ignore_index=True)


def irregular_months(tenants: list[Series]) -> pd.DataFrame:
    """Months of irregular accounts: kind, day, actual, every way's sum, end0 to end3."""
    rows = []
    for series in tenants:
        rolling, sent = Rolling(series.history()), np.nan_to_num(series.values)
        kinds = pd.Series([name.split()[0] for name in series.ids])
        for begin, length in calendar_months(series):
            if (begin - series.first).days < IRREGULAR_FIRST:
                continue
            for day in MONTH_DAYS:
                sums = period_sums(rolling, sent, begin, length, day)
                sums = sums[sums["account"] != TOTAL].set_index("account")
                past = series.before(begin + timedelta(days=day)).values[sums.index]
                so_far = sent[sums.index, past.shape[1] - day : past.shape[1]].sum(axis=1)
                ways = {n: so_far + way(past, length - day) for n, way in FOR_IRREGULAR.items()}
                rows.append(sums.assign(kind=kinds, **ways))
    return pd.concat(rows, ignore_index=True)


def irregular_table(months: pd.DataFrame) -> str:
    """Errors over the sums of all, and cover, by kind and day of the month."""
    lines = [("irregular, month total at day", OURS, *FOR_IRREGULAR, "in 80 %", "in 95 %")]
    for (kind, day), rows in months.groupby(["kind", "day"]):
        actual = rows["actual"]
        ways = ("projection", *FOR_IRREGULAR)
        shares = [float((rows[way] - actual).abs().sum() / actual.sum()) for way in ways]
        inside = [
            float(actual.between(rows[low] - 0.5, rows[high] + 0.5).mean())
            for low, high in (("end1", "end2"), ("end0", "end3"))
        ]
        cells = (*(f"{share:.3f}" for share in shares), *(f"{part:.1%}" for part in inside))
        lines.append((f"{kind}, {day} ({len(rows):,})", *cells))
    return table(lines)


def month_table(name: str, months: pd.DataFrame) -> str:
    """Error of the month total and cover of its intervals, by day of the month."""
    head = (f"{name}, month total at day", OURS, "run rate", "under it", "in 80 %", "in 95 %")
    return table(
        [
            head,
            *(
                (
                    f"{row.day}, {row.scope} ({row.sums:,})",
                    f"{row.projection_error:.4f}",
                    f"{row.run_rate_error:.4f}",
                    f"{1.0 - row.projection_error / row.run_rate_error:.0%}",
                    f"{row.inside_80:.1%}",
                    f"{row.inside_95:.1%}",
                )
                for row in backtest_rows(months)
            ),
        ]
    )


def scale_table(accounts: int) -> str:
    """Seconds for the month of many accounts, beside a weekday profile without intervals."""
    generator = np.random.default_rng(1)
    mean = generator.lognormal(2.0, 2.0, (accounts, 1)) * np.ones(SCALE_DAYS)
    values = generator.poisson(mean * generator.gamma(1.0, 1.0, mean.shape)).astype(np.float64)
    series = Series([f"a{n}" for n in range(accounts)], date(2026, 7, 4), values)
    origin = series.end
    ways: dict[str, Callable[[], object]] = {
        OURS: lambda: outlook(Rolling(series.history()), origin, HORIZON, accounts),
        "weekday profile": lambda: PLAIN["weekday profile"](values, HORIZON),
    }
    lines = [(f"{accounts:,} accounts, {SCALE_DAYS} days", "seconds")]
    for name, way in ways.items():
        start = time.perf_counter()
        way()
        lines.append((name, f"{time.perf_counter() - start:.2f}"))
    return table(lines)


def report(seeds: range, days: int, *, with_peers: bool) -> None:
    """Prints every table."""
    tenants = [simulated(seed, days) for seed in seeds]
    data = {"simulated": tenants}
    mail = office()
    if mail is None:
        print("office: skipped, its file is not beside the repository\n")
    else:
        data["office"] = [mail]
    for name, series in data.items():
        least = LEAST_PER_DAY[name]
        print(day_0_table(name, sums_at_day_0(series, least), with_peers=with_peers))
        print(f"\n{month_table(name, months_of(series, least, calendar_months))}\n")
    if mail is not None:
        months = months_of([mail], LEAST_PER_DAY["office"], weekly_periods)
        print(f"{month_table('office, 30-day periods', months)}\n")
    rhythms = [irregular(seed, IRREGULAR_DAYS) for seed in seeds[:IRREGULAR_SEEDS]]
    print(f"{irregular_table(irregular_months(rhythms))}\n")
    print(scale_table(SCALE_ACCOUNTS))


def main() -> None:
    """Reads the arguments."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("series", "origins", "out"):
        parser.add_argument(f"--{name}", type=Path)
    parser.add_argument("--seeds", type=int, default=15, help="simulated tenants")
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--days", type=int, default=270, help="of their history")
    parser.add_argument("--peers", action="store_true", help="AutoETS as well")
    options = parser.parse_args()
    files = (options.series, options.origins, options.out)
    if all(files):
        print(f"{forecast_file(*files):,} sums written to {options.out}", file=sys.stderr)
    elif any(files):
        parser.error("--series, --origins and --out go together")
    else:
        seeds = range(options.first_seed, options.first_seed + options.seeds)
        report(seeds, options.days, with_peers=options.peers)


if __name__ == "__main__":
    main()
