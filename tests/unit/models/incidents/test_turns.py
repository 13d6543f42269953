"""Large tenants: suspects are judged at once, everybody in turn, nobody otherwise than before."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.incidents import turns
from models.incidents.turns import bound_together, counts_seen
from tests.unit.models.conftest import KeptStores, Workbench, at, trace
from warehouse.records.plans import Plan
from warehouse.records.turns import standings
from warehouse.store import open_store

START, END = at("2026-09-10T00:00:00"), at("2026-10-05T12:00:00")
HOUR = timedelta(hours=1)
NAMES = [f"app{number}@contoso.com" for number in range(6)]
MARTS = ("hve_baseline_hourly", "hve_incidents", "hve_signals")


def steady(start: datetime, end: datetime, seed: int) -> list[dict[str, Any]]:
    """About two recipients an hour of every account, always the same thirty."""
    random, rows = np.random.default_rng(seed), []
    for hour in range(int((end - start) / HOUR)):
        for account in NAMES:
            for number in range(int(random.poisson(2))):
                moment = start + hour * HOUR + timedelta(seconds=int(random.integers(0, 3600)))
                name = f"{account}-{start:%m%d}-{hour}-{number}"
                rows.append(
                    trace(name, f"r{random.integers(30)}@contoso.com", "2026-01-01T00:00:00")
                    | {"sender": account, "received_at": moment}
                )
    return rows


def burst(account: str, start: datetime, **other: Any) -> list[dict[str, Any]]:
    """Strangers from a new source."""
    return [
        trace(f"burst-{number}", f"x{number}@contoso.com", "2026-01-01T00:00:00", sender=account)
        | {"received_at": start + timedelta(seconds=number), "from_ip": "203.0.113.66"}
        | other
        for number in range(900)
    ]


def failures(account: str, start: datetime) -> list[dict[str, Any]]:
    """Six that fail in an hour, as aggregate mode keeps them: without a recipient."""
    return [
        trace(f"failed-{n}", f"aggregate:{n}", "2026-01-01T00:00:00", sender=account)
        | {"received_at": start + timedelta(minutes=n), "status": "failed"}
        for n in range(6)
    ]


@contextmanager
def bench_in(folder: Path) -> Iterator[Workbench]:
    """A store of its own."""
    with open_store(folder) as store:
        yield Workbench(store)


def marts(bench: Workbench) -> dict[str, list[tuple[Any, ...]]]:
    return {name: bench.query(f"from marts.{name} order by all") for name in MARTS}


def accounts_told(bench: Workbench) -> set[str]:
    rows = bench.query("select account from marts.hve_incidents where severity = 'high'")
    return {row[0] for row in rows}


@pytest.fixture
def small_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two accounts at once."""
    monkeypatch.setattr(turns, "AT_ONCE", 2)


def fill(bench: Workbench) -> None:
    bench.land(*steady(START, END, 1))
    bench.build(END)


@pytest.fixture
def judged_bench(small_turns: None, kept_stores: KeptStores) -> Iterator[Workbench]:
    """A store in which every account was judged once."""
    with kept_stores.open(fill) as bench:
        yield bench


def test_a_burst_is_told_at_once_whoever_s_turn_it_is(judged_bench: Workbench) -> None:
    judged = standings(judged_bench.store.state, "contoso")
    assert set(judged) == set(NAMES)
    # The account that would come last in its turn.
    victim, moment = max(judged), END + timedelta(minutes=20)
    judged_bench.land(*steady(END, END + HOUR, 2), *burst(victim, moment))
    judged_bench.build(END + HOUR)
    assert accounts_told(judged_bench) == {victim}
    after = standings(judged_bench.store.state, "contoso")
    unjudged = [name for name in NAMES if after[name].judged_until == judged[name].judged_until]
    assert unjudged
    assert victim not in unjudged


@pytest.mark.parametrize("status", [None, "delivered"])
def test_a_burst_after_rows_without_a_status_is_told_at_once(
    small_turns: None, bench: Workbench, status: str | None
) -> None:
    bench.land(*(row | {"status": status} for row in steady(START, END, 1)))
    bench.build(END)
    victim = max(standings(bench.store.state, "contoso"))
    bench.land(
        *(row | {"status": None} for row in steady(END, END + HOUR, 2)),
        *burst(victim, END + timedelta(minutes=20), status=None),
    )
    bench.build(END + HOUR)
    assert accounts_told(bench) == {victim}


def test_failures_count_although_the_recipients_are_not_kept(judged_bench: Workbench) -> None:
    judged = standings(judged_bench.store.state, "contoso")
    victim = max(judged)
    judged_bench.land(*failures(victim, END))
    judged_bench.build(END + HOUR)
    assert standings(judged_bench.store.state, "contoso")[victim].judged_until > END
    assert counts_seen(judged_bench.store, "contoso")[victim] == judged[victim].seen + 12


def test_an_unknown_count_takes_nothing_from_the_others(bench: Workbench) -> None:
    bench.land(
        trace("1", "a@contoso.com", "2026-09-15T08:00:00", status=None),
        trace("2", "a@contoso.com", "2026-09-16T08:00:00", status="failed"),
        trace("3", "a@contoso.com", "2026-09-17T08:00:00", status=None, sender="it@contoso.com"),
    )
    bench.build(END)
    assert counts_seen(bench.store, "contoso") == {"hr@contoso.com": 3, "it@contoso.com": 1}


@pytest.mark.slow
def test_after_a_round_everything_is_as_if_all_had_been_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = steady(START, END, 1)
    late = [*steady(END, END + HOUR, 2), *burst(NAMES[4], END + timedelta(minutes=30))]
    with bench_in(tmp_path / "whole") as bench:
        bench.land(*rows, *late)
        bench.build(END + HOUR)
        expected = marts(bench)
    monkeypatch.setattr(turns, "AT_ONCE", 2)
    with bench_in(tmp_path / "turns") as bench:
        bench.land(*rows)
        bench.build(END)
        bench.land(*late)
        for _ in range(len(NAMES)):
            bench.build(END + HOUR)
        known = standings(bench.store.state, "contoso").values()
        assert len({each.judged_until for each in known}) == 1
        assert marts(bench) == expected


def test_who_was_not_judged_keeps_what_it_has_and_owes_the_changed_day(
    judged_bench: Workbench,
) -> None:
    before = judged_bench.query("select count(*) from marts.hve_baseline_hourly")
    judged_bench.land(*steady(END, END + HOUR, 2))
    judged_bench.build(END + HOUR)
    grown = judged_bench.query("select count(*) from marts.hve_baseline_hourly")
    known = standings(judged_bench.store.state, "contoso")
    waiting = [name for name in NAMES if known[name].due_from is not None]
    assert grown[0][0] == before[0][0] + len(NAMES) - len(waiting)
    assert {known[name].due_from for name in waiting} == {END.date()}


def test_a_change_of_long_ago_judges_everybody(judged_bench: Workbench) -> None:
    judged_bench.land(trace("late", "r1@contoso.com", "2026-09-15T08:00:00", sender=NAMES[0]))
    judged_bench.build(END + HOUR)
    until = {each.judged_until for each in standings(judged_bench.store.state, "contoso").values()}
    assert len(until) == 1


def test_a_small_tenant_needs_no_notes(bench: Workbench) -> None:
    bench.land(*steady(START, START + timedelta(days=2), 1))
    bench.build(END)
    assert standings(bench.store.state, "contoso") == {}


def test_accounts_that_share_an_announced_size_are_judged_together() -> None:
    def plan(*accounts: str, days: int = 1) -> Plan:
        start = END - timedelta(days=days)
        return Plan("1", "contoso", "account", accounts, start, start + HOUR, 9, "", "amy", start)

    assert bound_together([plan(NAMES[0])], NAMES, END) == frozenset()
    assert bound_together([plan(*NAMES[:2])], NAMES, END) == frozenset(NAMES[:2])
    assert bound_together([plan()], NAMES, END) == frozenset(NAMES)
    assert bound_together([plan(days=40)], NAMES, END) == frozenset()
