"""A process for each shard that works, at most as many at once as there are cores."""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import AbstractContextManager
from multiprocessing import get_context
from types import TracebackType

from actions.shards.failures import of_shard
from actions.shards.server import ShardAnswer, ShardWork, serve
from hve_monitor.config import Config
from hve_monitor.errors import StoreError, disk_line
from ingest.source import Progress
from models.stretches.workers import shared_memory


class ShardProcess:
    """The process of one shard."""

    def __init__(self, config: Config, shard: str) -> None:
        # A forked one would inherit locks of threads that it does not have.
        context = get_context("spawn")
        self._shard = shard
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(config, shard, theirs))
        self._process.start()
        theirs.close()

    def answer(self, work: ShardWork) -> ShardAnswer:
        """How the work ended."""
        try:
            self._pipe.send(work)
            answer: ShardAnswer = self._pipe.recv()
        except (EOFError, OSError):
            return ShardAnswer(error=of_shard(StoreError(self._end()), self._shard))
        return answer

    def _end(self) -> str:
        """Why there is no answer: a signal has a number below 0."""
        self._process.join()
        if (self._process.exitcode or 0) < 0:
            return "its process was ended from outside (out of memory?); nothing is lost, run again"
        return "its process ended by an error of the program, which stands above; nothing is lost"

    def close(self) -> None:
        """Waits for what it still reads."""
        self._pipe.close()
        self._process.join()

    def kill(self) -> None:
        """Ends it at once."""
        self._process.kill()
        self._process.join()


class ShardProcesses(AbstractContextManager["ShardProcesses"]):
    """The processes of a configuration's shards.

    A schedule keeps them over its runs: a shard of which a tenant is still being read goes on in
    the process that reads it.
    """

    def __init__(self, config: Config) -> None:
        self._at_once = min(len(config.shards), os.cpu_count() or 1)
        self._config = _shared(config, self._at_once)
        self._live: dict[str, ShardProcess] = {}
        self._is_over = False

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for process in list(self._live.values()):
            process.close() if kind is None else process.kill()

    def answers(self, work: ShardWork, progress: Progress) -> Mapping[str, ShardAnswer]:
        """How the work ended on each shard; a shard that fails ends no other."""
        shards, ended = self._config.shards, dict[str, ShardAnswer]()
        with ThreadPoolExecutor(self._at_once) as pool:
            running = {pool.submit(self._answer, shard, work): shard for shard in shards}
            try:
                for number, future in enumerate(as_completed(running), 1):
                    ended[running[future]] = future.result()
                    progress(f"{number} of {len(shards)} shards", number, len(shards))
            except BaseException:  # Ctrl-C
                self._stop()
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        return {shard: ended[shard] for shard in shards}

    def _answer(self, shard: str, work: ShardWork) -> ShardAnswer:
        try:
            process = self._live.pop(shard, None) or ShardProcess(self._config, shard)
        except OSError as error:  # the machine takes no more of them
            return ShardAnswer(error=of_shard(StoreError(disk_line(error)), shard))
        self._live[shard] = process
        if self._is_over:
            process.kill()
        answer = process.answer(work)
        if not answer.is_reading:
            self._live.pop(shard).close()
        return answer

    def _stop(self) -> None:
        self._is_over = True
        for process in list(self._live.values()):
            process.kill()


def _shared(config: Config, shards: int) -> Config:
    """The configuration by which so many shards at once share memory and cores."""
    whole = config.warehouse
    threads = whole.threads or os.cpu_count() or 1
    share = {
        "memory_limit": shared_memory(whole.memory_limit, shards),
        "threads": max(1, threads // shards),
    }
    return config.model_copy(update={"warehouse": whole.model_copy(update=share)})
