"""What the process of a shard does: it answers what comes through its pipe, ends with its parent.

A signal to a whole group of processes (Ctrl-C, systemd) ends the parent as it wants to be ended;
the process of a shard leaves that to it.
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from actions.outcome import Outcome
from actions.readers import Readers
from actions.shards.failures import of_shard
from hve_monitor.config import Config
from hve_monitor.errors import HveError, StoreError, disk_line
from hve_monitor.log_lines import log_in_lines
from hve_monitor.processes import end_with_parent

# What is done for a shard: by the whole configuration, the shard's name and its readers.
ShardWork = Callable[[Config, str, Readers], Outcome[Any]]


@dataclass(frozen=True)
class ShardAnswer:
    """How the work on a shard ended: an outcome, or the error, which names the shard.

    is_reading: a slow tenant is still being read, beside the next runs of the others.
    """

    outcome: Outcome[Any] | None = None
    error: HveError | None = None
    is_reading: bool = False


def serve(config: Config, shard: str, pipe: Connection) -> None:
    """Answers until nobody asks any more, or nothing is left to be read."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    end_with_parent()
    log_in_lines()
    with Readers() as readers:
        try:
            while True:
                answer = _answer(pipe.recv(), config, shard, readers)
                pipe.send(answer)
                if not answer.is_reading:
                    return
        except EOFError:  # the schedule stops; what is being read is read to its end
            return


def _answer(work: ShardWork, config: Config, shard: str, readers: Readers) -> ShardAnswer:
    try:
        outcome = work(config, shard, readers)
    except HveError as error:
        return ShardAnswer(error=of_shard(error, shard), is_reading=bool(readers.slow))
    except OSError as error:
        disk = of_shard(StoreError(disk_line(error)), shard)
        return ShardAnswer(error=disk, is_reading=bool(readers.slow))
    return ShardAnswer(outcome, is_reading=bool(readers.slow))
