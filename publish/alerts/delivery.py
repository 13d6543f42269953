"""Sends what is due: a thread for each target, so that a slow or broken one delays no other."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from hve_monitor.config import AlertTarget, Config
from hve_monitor.errors import HveError
from publish.alerts.planning import Targets
from publish.message import message_of
from publish.outgoing import Undelivered, quickly
from publish.senders import connections, sender_of
from publish.target import Bearer, Send
from warehouse.records.outbox import Outbox, OutgoingMessage
from warehouse.state import open_state

FIRST_WAIT, LONGEST_WAIT = 60.0, 3600.0
# Nobody needs to read of a burst a week later; the message and its error stay in state.db.
OLDEST = timedelta(days=7)
TARGET_SECONDS = 60.0
GONE = "the target is no longer configured"


@dataclass(frozen=True)
class Delivery:
    """What all targets of a run share; each thread opens state.db in the folder `store` itself."""

    store: Path
    config: Config
    now: datetime
    bearer: Bearer

    def deliver(self, targets: Targets) -> int:
        """Number of messages that were acknowledged."""
        groups: dict[str, list[OutgoingMessage]] = defaultdict(list)
        with self._outbox() as outbox:
            for entry in outbox.due(time.time()):
                if entry.target in targets:
                    groups[entry.target].append(entry)
                else:
                    outbox.give_up(entry, GONE)
        if not groups:
            return 0
        with (
            connections([targets[name] for name in groups], self.config),
            ThreadPoolExecutor(max_workers=min(8, len(groups))) as pool,
        ):
            return sum(pool.map(lambda name: self._serve(targets[name], groups[name]), groups))

    def _serve(self, target: AlertTarget, entries: Sequence[OutgoingMessage]) -> int:
        sent, until = 0, time.monotonic() + TARGET_SECONDS
        with self._outbox() as outbox:
            try:
                with sender_of(target, self.config, self.bearer) as send:
                    for entry in entries:
                        if time.monotonic() > until:
                            break
                        sent += self._send(outbox, entry, send)
            except Undelivered:  # noted already; the rest waits for the next run
                pass
            except HveError as error:  # a secret that cannot be read, a token that is refused
                self._put_off(outbox, entries[0], Undelivered(str(error)))
        return sent

    def _send(self, outbox: Outbox, entry: OutgoingMessage, send: Send) -> bool:
        """Whether it was acknowledged. Raises: Undelivered when the target takes none at all."""
        outbox.begin(entry)
        try:
            quickly(lambda: send(message_of(entry.message), entry.id, entry.attempts + 1))
        except Undelivered as error:
            self._put_off(outbox, entry, error)
            if error.is_of_target:
                raise
            return False
        outbox.record_sent(entry, self.now)
        return True

    def _put_off(self, outbox: Outbox, entry: OutgoingMessage, error: Undelivered) -> None:
        """Keeps the message for later with its error, unless it is too old to be worth it."""
        if self.now - outbox.created_at(entry) > OLDEST:
            outbox.give_up(entry, str(error))
            return
        usual = min(FIRST_WAIT * 2.0 ** min(entry.attempts, 10), LONGEST_WAIT)
        outbox.record_failure(entry, str(error), time.time() + max(usual, error.seconds or 0.0))

    @contextmanager
    def _outbox(self) -> Iterator[Outbox]:
        with open_state(self.store) as state:
            yield Outbox(state)
