"""Runs that go on from a kept walk store what judging from scratch stores, to the last bit.

Two stores take the same steps in a random order; in one of them the kept walk is removed before
every run.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from hve_monitor.clock import start_of_day
from hve_monitor.config import Tenant
from models.baseline.baseline import local_calendar
from models.incidents import detect as detection
from models.incidents.detect import detect
from models.incidents.walks.inputs import Inputs
from models.incidents.walks.kept_walks import KeptWalk, standing_of
from models.reference.book import shipped_reference
from models.stretches.workers import Workers
from models.usage.coverage import SOURCE
from tests.unit.models.conftest import Workbench
from warehouse.connection import arrow, files_sql
from warehouse.records.accounts import Account
from warehouse.records.coverage import record_coverage
from warehouse.records.plans import add_plan, remove_plan, stored_plans
from warehouse.records.verdicts import Judged, record_verdict
from warehouse.state import DirtyDay
from warehouse.store import open_store
from warehouse.tables import (
    HVE_ACTIVITY,
    HVE_BASELINE_HOURLY,
    HVE_INCIDENTS,
    HVE_INCIDENTS_FLAT,
    HVE_SIGNALS,
    HVE_USAGE_DAILY,
    HVE_USAGE_HOURLY,
    Table,
)
from warehouse.walks import WalkFiles, forget_walk
from warehouse.windows import Window

START, BEGIN = datetime(2026, 9, 21, tzinfo=UTC), datetime(2026, 10, 23, 9, 30, tzinfo=UTC)
HOUR, QUARTER = timedelta(hours=1), timedelta(minutes=15)
ACCOUNTS = tuple(f"app{number}@contoso.com" for number in range(5))
TENANT = Tenant(
    name="contoso", tenant_id="1", client_id="2", managed_identity=True, accounts=ACCOUNTS,
    timezone="Europe/Berlin",
)  # fmt: skip
MARTS = (HVE_BASELINE_HOURLY, HVE_SIGNALS, HVE_INCIDENTS, HVE_INCIDENTS_FLAT)
Ints = np.ndarray[Any, np.dtype[np.int64]]


@dataclass
class Mail:
    """What was sent, by account, day and quarter-hour, and how much of it failed."""

    sent: dict[date, Ints] = field(default_factory=dict)
    failed: dict[date, Ints] = field(default_factory=dict)


class Twin:
    """A store, and the steps that it takes."""

    def __init__(self, bench: Workbench, *, keeps: bool) -> None:
        self.bench, self.keeps, self.mail = bench, keeps, Mail()
        self.tenant, self.until = TENANT, START
        self.dirty: dict[date, int] = {}
        self.workers: Workers | None = None

    def send(self, day: date, sent: Ints) -> None:
        """The day's mail: (accounts, 96)."""
        self.mail.sent[day] = sent
        self.mail.failed.setdefault(day, np.zeros_like(sent))
        self._store(day)

    def fail(self, day: date, account: int) -> None:
        """Everything of an account's day has failed."""
        self.mail.failed[day][account] = self.mail.sent[day][account]
        self._store(day)

    def _store(self, day: date) -> None:
        self.dirty[day] = self.dirty.get(day, 0) + 1
        store, sent = self.bench.store, self.mail.sent[day]
        failed = self.mail.failed[day]
        begin = start_of_day(day)
        hourly = []
        for account, hour in np.argwhere(sent.reshape(len(sent), 24, 4).sum(axis=2)).tolist():
            quarters = sent[account, 4 * hour : 4 * hour + 4]
            parts = {f"recipients_q{place + 1}": int(n) for place, n in enumerate(quarters)}
            total = int(quarters.sum())
            counts = {"recipients": total, "messages": total, "new_recipients": total // 20}
            row = {"account": name_of(account), "hour_utc": begin + hour * HOUR}
            hourly.append(row | counts | {"new_sources": 0} | parts)
        fine = [
            {
                "account": name_of(account),
                "hour_utc": begin + quarter // 4 * HOUR,
                "quarter": quarter % 4,
                "recipients": int(sent[account, quarter]),
                "known_status_recipients": int(sent[account, quarter]),
                "failed": int(failed[account, quarter]),
                "new_recipients": int(sent[account, quarter] // 20),
                "most_repeated": 1,
                "widest": 1,
            }
            for account, quarter in np.argwhere(sent).tolist()
        ]
        daily = [
            {"account": name_of(account), "recipients": int(total)}
            for account, total in enumerate(sent.sum(axis=1)) if total
        ]  # fmt: skip
        for table, rows in (
            (HVE_USAGE_HOURLY, hourly), (HVE_ACTIVITY, fine), (HVE_USAGE_DAILY, daily)
        ):  # fmt: skip
            store.delta.replace(table, rows_of(table, rows, day), "contoso", [day])

    def run(self, until: datetime) -> int:
        """Judges up to an instant."""
        if not self.keeps:
            forget_walk(self.bench.store.root, "contoso")
        self.until = until
        days = [DirtyDay("contoso", day, mark) for day, mark in self.dirty.items()]
        prices = shipped_reference().prices
        new = detect(self.bench.store, self.tenant, until, days, prices, workers=self.workers)
        self.dirty.clear()
        return new

    def stored(self, table: Table) -> list[dict[str, Any]]:
        """Rows of a mart in an order of their own."""
        files = files_sql(table, self.bench.store.delta.files(table, "contoso"))
        with self.bench.store.compute() as connection:
            rows: list[dict[str, Any]] = arrow(connection, f"{files} order by all").to_pylist()
        return rows


def rows_of(table: Table, rows: list[dict[str, Any]], day: date) -> pa.Table:
    number = {field.name for field in table.schema if field.type == pa.int64()}
    full = [dict.fromkeys(number, 0) | row | {"tenant": "contoso", "day": day} for row in rows]
    return pa.Table.from_pylist(full, schema=table.schema)


def name_of(account: int) -> str:
    return f"app{account}@contoso.com"


@contextmanager
def twins(folder: Path) -> Iterator[list[Twin]]:
    """A store that keeps its walk, and one that judges from scratch in every run."""
    with open_store(folder / "kept") as kept, open_store(folder / "scratch") as scratch:
        pair = [Twin(Workbench(kept), keeps=True), Twin(Workbench(scratch), keeps=False)]
        for twin in pair:
            twin.bench.accounts(*(Account(name_of(n), (name_of(n),)) for n in range(7)))
            for number in range(7):
                window = Window(START, BEGIN - timedelta(days=2 if number == 4 else 0))
                record_coverage(twin.bench.store.state, "contoso", SOURCE, name_of(number), window)
        yield pair


class Story:
    """A random sequence of what may happen between two runs; both stores take every step."""

    def __init__(self, seed: int, pair: list[Twin]) -> None:
        self.random, self.pair, self.now = np.random.default_rng(seed), pair, BEGIN
        self.accounts = 5
        for offset in range((BEGIN.date() - START.date()).days + 1):
            self._send(START.date() + timedelta(days=offset))

    def _send(self, day: date, *, until: datetime | None = None) -> None:
        quarter = np.arange(96)
        rates = np.zeros((7, 96))
        rates[0] = 4.0
        rates[1] = np.where((quarter > 28) & (quarter < 70) & (day.weekday() < 5), 12.0, 0.0)
        rates[2] = np.where(quarter == 25, 150.0, 0.0)
        rates[3] = 0.6
        rates[4] = 25.0
        rates[5:] = 3.0
        rates[self.accounts :] = 0.0
        sent = self.random.poisson(rates)
        if self.random.random() < 0.25:
            account, at = self.random.integers(5), self.random.integers(90)
            sent[account, at : at + self.random.integers(2, 60)] *= self.random.choice([0, 9])
        if until is not None and until.date() == day:
            sent[
                :, int((until - datetime(day.year, day.month, day.day, tzinfo=UTC)) / QUARTER) :
            ] = 0
        for twin in self.pair:
            twin.send(day, sent.copy())

    def pass_time(self) -> None:
        before = self.now
        self.now += QUARTER * int(self.random.choice([1, 1, 3, 20, 60, 130]))
        day = before.date()
        while day <= self.now.date():
            self._send(day, until=self.now)
            day += timedelta(days=1)
        self.read(before)

    def read(self, since: datetime) -> None:
        left_out = int(self.random.integers(9))
        for twin in self.pair:
            for number in range(7):
                if number != left_out:
                    window = Window(since, self.now)
                    state = twin.bench.store.state
                    record_coverage(state, "contoso", SOURCE, name_of(number), window)

    def read_later(self) -> None:
        for twin in self.pair:
            for number in range(7):
                state = twin.bench.store.state
                record_coverage(state, "contoso", SOURCE, name_of(number), Window(START, self.now))

    def late_row(self) -> None:
        day = self.now.date() - timedelta(days=int(self.random.choice([0, 1, 1, 2, 5, 12])))
        account, quarter = self.random.integers(5), self.random.integers(36)
        for twin in self.pair:
            sent = twin.mail.sent[day].copy()
            sent[account, quarter] += 40
            twin.send(day, sent)

    def status(self) -> None:
        day = self.now.date() - timedelta(days=int(self.random.choice([0, 1, 3])))
        account = int(self.random.integers(5))
        for twin in self.pair:
            twin.fail(day, account)

    def verdict(self) -> None:
        rows = [row for row in self.pair[1].stored(HVE_INCIDENTS) if row["kind"] != "idle_account"]
        if not rows:
            return
        row = rows[int(self.random.integers(len(rows)))]
        judged = Judged(
            row["id"], "contoso", row["account"], row["kind"], row["started_at"], row["ended_at"],
            max(row["extra_recipients"], 5),
        )  # fmt: skip
        status = str(self.random.choice(["confirmed", "false_positive", "acknowledged"]))
        for twin in self.pair:
            record_verdict(twin.bench.store.state, judged, status, "", "ann", self.now)

    def plan(self) -> None:
        begin = self.now + HOUR * int(self.random.integers(-5, 20))
        end = begin + HOUR * int(self.random.integers(1, 40))
        accounts = [(), (name_of(1),), (name_of(0), name_of(4))][int(self.random.integers(3))]
        for twin in self.pair:
            state = twin.bench.store.state
            add_plan(state, "contoso", "", accounts, (begin, end), 300, "", "ann", self.now)

    def unplan(self) -> None:
        for twin in self.pair:
            state = twin.bench.store.state
            for plan in stored_plans(state, self.now, "contoso")[:1]:
                remove_plan(state, plan.id, "ann", self.now)

    def another_account(self) -> None:
        self.accounts = min(self.accounts + 1, 7)

    def an_account_stops(self) -> None:
        self.accounts = 4

    def purge(self) -> None:
        day = min(self.pair[0].mail.sent)
        for twin in self.pair:
            del twin.mail.sent[day], twin.mail.failed[day]
            for table in (HVE_USAGE_HOURLY, HVE_ACTIVITY, HVE_USAGE_DAILY, *MARTS[:2]):
                empty = table.schema.empty_table()
                twin.bench.store.delta.replace(table, empty, "contoso", [day])

    def time_zone(self) -> None:
        zone = str(self.random.choice(["America/New_York", "Europe/Berlin", "Asia/Kolkata"]))
        for twin in self.pair:
            twin.tenant = twin.tenant.model_copy(update={"timezone": zone})

    def damage(self) -> None:
        files = sorted((self.pair[0].bench.store.root / "walks").rglob("*.*"))
        for file in self.random.choice(np.array(files, object), min(len(files), 4), replace=False):
            data = bytearray(file.read_bytes())
            data[int(self.random.integers(len(data)))] ^= 0xFF
            file.write_bytes(bytes(data[: len(data) - int(self.random.integers(2))]))

    def killed(self, monkeypatch: pytest.MonkeyPatch, dies_in: str = "") -> None:
        """The run dies after the walk was kept, before or after its incidents were stored."""
        steps = ["store_baselines", "_store_incidents", "record_standing"]
        name = dies_in or str(self.random.choice(steps))

        def dies(*_: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patched:
            patched.setattr(detection, name, dies)
            for twin in self.pair:
                dirty = dict(twin.dirty)
                with suppress(KeyboardInterrupt):
                    twin.run(self.now)
                twin.dirty = dirty

    def judge(self) -> None:
        for twin in self.pair:
            twin.run(self.now)
        for table in MARTS:
            assert self.pair[0].stored(table) == self.pair[1].stored(table), table.name


STEPS = (
    "late_row", "late_row", "status", "verdict", "plan", "unplan", "read_later", "read_later",
    "another_account", "an_account_stops", "purge", "time_zone", "damage", "killed", "killed",
)  # fmt: skip


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_a_kept_walk_and_one_from_scratch_store_the_same(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with twins(tmp_path) as pair:
        story = Story(seed, pair)
        story.judge()
        assert standing_of(WalkFiles(pair[0].bench.store.root, "contoso")) is not None
        for _ in range(6):
            story.pass_time()
            for step in story.random.choice(np.array(STEPS), int(story.random.integers(2))):
                act = getattr(story, str(step))
                act(monkeypatch) if step == "killed" else act()
            story.judge()
        assert pair[0].stored(HVE_INCIDENTS)


def test_a_run_that_died_leaves_no_baseline_of_before_a_late_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mornings that it left know the late rows, and the stored days after them do not."""
    with twins(tmp_path) as pair:
        story = Story(0, pair)
        story.judge()
        late = BEGIN.date() - timedelta(days=3)
        for twin in pair:
            sent = twin.mail.sent[late].copy()
            sent[1] += 5
            twin.send(late, sent)
        story.killed(monkeypatch, "store_baselines")
        story.judge()


def test_an_account_born_since_the_kept_morning_is_known_from_its_first_row_on(
    tmp_path: Path,
) -> None:
    """Its row at noon of the 24th lies before the morning that the last run goes on from."""
    until = BEGIN + timedelta(days=2)
    with twins(tmp_path) as pair:
        for twin in pair:
            for offset in range(40):
                sent = np.zeros((7, 96), np.int64)
                sent[0] = 4
                sent[5, 48] = 40 if offset == 33 else 0
                if START.date() + timedelta(days=offset) <= until.date():
                    twin.send(START.date() + timedelta(days=offset), sent)
            window = Window(START, until + HOUR)
            record_coverage(twin.bench.store.state, "contoso", SOURCE, name_of(5), window)
            for now in (BEGIN, until - 20 * HOUR, until, until + HOUR):
                twin.run(now)
        rows = [row for row in pair[0].stored(HVE_BASELINE_HOURLY) if row["account"] == name_of(5)]
        assert {row["learning_day"] for row in rows if row["day"] == until.date()} == {2}
        assert pair[0].stored(HVE_BASELINE_HOURLY) == pair[1].stored(HVE_BASELINE_HOURLY)


@pytest.mark.parametrize(
    "name", [".00061.hours.new", ".00098.morning.new", "notes.txt", "abc.hours"]
)
def test_what_a_killed_run_was_writing_is_removed(name: str, tmp_path: Path) -> None:
    files, folder = WalkFiles(tmp_path, "contoso"), "slice-000"
    inputs = Inputs(START, BEGIN, np.zeros(0, np.uint64), {}, (), "")
    calendar = local_calendar(START, (BEGIN - START) // HOUR, "UTC", ())
    for kept in ("00030.hours", "00031.hours", "00032.morning"):
        files.write(f"{folder}/{kept}", {})
    (files.folder / folder / name).write_bytes(b"HVEWALK1")
    KeptWalk(files, folder, ACCOUNTS, inputs, calendar).tidy()
    assert files.names(folder) == [
        f"{folder}/00030.hours",
        f"{folder}/00031.hours",
        f"{folder}/00032.morning",
    ]


def test_the_files_of_a_walk_do_not_grow_with_its_days(tmp_path: Path) -> None:
    """What 400 days leave is what 200 days leave."""
    files, folder = WalkFiles(tmp_path, "contoso"), "slice-000"
    inputs = Inputs(START, BEGIN, np.zeros(0, np.uint64), {}, (), "")
    counts = []
    for days in (200, 400):
        for day in range(days):
            files.write(f"{folder}/{day:05d}.hours", {})
            files.write(f"{folder}/{day:05d}.morning", {})
        calendar = local_calendar(START, days * 24, "UTC", ())
        KeptWalk(files, folder, ACCOUNTS, inputs, calendar).tidy()
        counts.append(len(files.names(folder)))
    assert abs(counts[0] - counts[1]) <= 7
    assert max(counts) < 120
