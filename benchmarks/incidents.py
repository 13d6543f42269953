"""Detection on simulated tenants with known incidents, beside plain alarms.

python benchmarks/incidents.py [--seeds 20 --first-seed 1001 --accounts 60 --days 120 --jobs 2]
                               [--irregular 0 0.45]
Two kinds of tenants: regular ones, and ones in which 9 of 20 accounts are not clockwork. Runs the
product's own marts and models over each tenant, with and without source addresses, and counts: an
incident finds a label when it is of a fitting kind, was raised high or medium in time, and began no
earlier than a day before it (a silence begins with the last mail). One incident finds one label;
what is left counts as beyond the labels, also by the habit of its account. Thresholds of the naive
alarms are the best at no more than one alarm beyond the labels per account-month, chosen with the
labels.
An outage of an irregular account begins with the first lost mail; in time is within two of its
usual intervals, or ten days of a mailing. What overlaps it, or a stop in the holidays, is not
beyond the labels. Quarterly mailings need --days 420 until three of them are known.
"""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.inputs.rehearsal import draw_rehearsal
from benchmarks.inputs.rehearsal_store import computed
from benchmarks.rehearsed.examiner import Examiner
from benchmarks.rehearsed.tables import report
from benchmarks.rehearsed.tally import Tally
from models.baseline.grid import grid_from_hours
from models.incidents.assemble import judge
from models.incidents.signals.quarter_hours import activity_of

ZONE = "Europe/Berlin"


def main() -> None:
    """Examines the seeds of each kind of tenant, several at a time."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first-seed", type=int, default=1001)
    parser.add_argument("--accounts", type=int, default=60)
    parser.add_argument("--days", type=int, default=120)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--irregular", type=float, nargs="+", default=[0.0, 0.45])
    options = parser.parse_args()
    with ProcessPoolExecutor(options.jobs) as pool:
        for irregular in options.irregular:
            print(f"Irregular accounts: {irregular:.0%}\n")
            report(*examined(pool, options, irregular))
            print(flush=True)


def examined(
    pool: ProcessPoolExecutor, options: argparse.Namespace, irregular: float
) -> tuple[Tally, Tally]:
    """Tallies of all seeds with and without source addresses."""
    seeds = range(options.first_seed, options.first_seed + options.seeds)
    tally, blank = Tally(), Tally()
    arguments = (repeat(options.accounts), repeat(options.days), repeat(irregular))
    for number, (with_source, without) in enumerate(pool.map(examine_seed, seeds, *arguments), 1):
        tally.add(with_source)
        blank.add(without)
        print(f"{number} of {options.seeds} tenants", file=sys.stderr)
    return tally, blank


def examine_seed(seed: int, accounts: int, days: int, irregular: float) -> tuple[Tally, Tally]:
    """Tallies of one tenant with and without source addresses."""
    rehearsal = draw_rehearsal(seed, accounts, days, irregular)
    marts = computed(rehearsal)
    examiner = Examiner(rehearsal, marts["traffic"])
    hours, activity = marts["hve_usage_hourly"], marts["hve_activity"]
    tallies = []
    for with_source in (True, False):
        if not with_source:  # what the marts hold where every address is blank
            hours = hours.assign(new_sources=np.nan)
            activity = activity.assign(known_source_recipients=0, young_source_recipients=0)
        grid = grid_from_hours(hours, examiner.until)
        _, incidents = judge(grid, activity_of(activity, examiner.until), ZONE)
        tallies.append(examiner.examine(incidents))
    examiner.compare(tallies[0], grid)
    examiner.compare_quiet(tallies[0], grid)
    return tallies[0], tallies[1]


if __name__ == "__main__":
    main()
