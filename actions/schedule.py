"""Runs on a schedule: one at a time, missed ones joined, stopped cleanly."""

from __future__ import annotations

import logging
import re
import signal
import time
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.background import BackgroundScheduler

from actions.outcome import Outcome
from actions.progress import progress_bar
from actions.readers import Readers
from actions.rebuild import ALONE, WhoBuilds
from actions.run import RunSummary, run_once
from actions.shards.processes import ShardProcesses
from actions.shards.runs import run_shards
from hve_monitor.clock import business_now
from hve_monitor.config import Config
from hve_monitor.errors import ConfigError, HveError, disk_line
from ingest.source import Progress
from publish.exports.metrics import served

log = logging.getLogger(__name__)
LONGEST_SECONDS = 366 * 86_400
UNITS = {"s": 1, "m": 60, "h": 3600}


def parse_interval(text: str) -> timedelta:
    """15m, 90s or 1h as a duration. Raises: ConfigError."""
    match = re.fullmatch(r"(\d+)([smh])", text.strip())
    seconds = int(match[1]) * UNITS[match[2]] if match else 0
    if not 0 < seconds <= LONGEST_SECONDS:
        raise ConfigError(f"--every {text}: write it as 15m, 90s or 1h, at most 366 days")
    return timedelta(seconds=seconds)


def repeat(
    every: str,
    config: Config,
    now: str | None,
    show: Callable[[RunSummary], None],
    by: WhoBuilds = ALONE,
) -> None:
    """Runs at once and then every interval until SIGTERM or Ctrl-C; a run is never cut short.

    A tenant that takes longer than the interval goes on beside the next runs of the others.

    A given `now` is the business time of every run; without one each takes the system clock.
    """
    interval = parse_interval(every)
    by_shard = ShardProcesses(config) if config.is_sharded else None
    readers = Readers()

    def run(progress: Progress) -> Outcome[RunSummary]:
        moment, patience = business_now(now), interval.total_seconds()
        if by_shard is not None:
            return run_shards(config, moment, progress, by_shard, patience, by)
        return run_once(config, moment, progress, readers, patience, by)

    def step() -> None:
        try:
            with progress_bar() as progress:
                show(run(progress).document)
        except HveError as error:
            log.error("%s", error)
        except OSError as error:  # the next run may find the disk in better health
            log.error("%s", disk_line(error))

    scheduler = BackgroundScheduler(timezone=UTC)
    scheduler.add_job(
        step,
        "interval",
        seconds=interval.total_seconds(),
        next_run_time=datetime.now(UTC),
        max_instances=1,
        coalesce=True,
        misfire_grace_time=None,
    )
    # A run that takes longer than the interval is the usual case at first: not worth a warning.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    stopped = _stops()
    with readers, by_shard or nullcontext(), served(config, lambda: business_now(now)):
        scheduler.start()
        while not stopped:
            time.sleep(0.2)
        scheduler.shutdown(wait=True)


def _stops() -> list[int]:
    """Signals that ask for the end, as they come; noted before the first run can meet one."""
    stopped: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _frame: stopped.append(received))
    return stopped
