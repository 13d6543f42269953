"""From hourly usage to stored incidents: found, named, kept, and never from an unread hour."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import numpy as np
import pytest

from hve_monitor.config import Tenant
from hve_monitor.document import encoded
from hve_monitor.errors import ConfigError
from models.build import build
from models.incidents.cards import incident_cards, one_card
from models.incidents.verdicts import judged_incident
from models.usage.coverage import SOURCE
from tests.unit.models.conftest import KeptStores, Workbench, at, trace
from warehouse.reading import Published
from warehouse.records.accounts import Account
from warehouse.records.coverage import record_coverage
from warehouse.records.plans import add_plan
from warehouse.records.verdicts import record_verdict
from warehouse.windows import Window

ACCOUNT = "alerts@contoso.com"
START = at("2026-09-01T00:00:00")
END = at("2026-10-20T12:00:00")
LISTED = Tenant(
    name="contoso", tenant_id="1", client_id="2", managed_identity=True, accounts=(ACCOUNT,)
)


HOLE = at("2026-10-15T00:00:00"), at("2026-10-17T00:00:00")


@cache
def busy(start: datetime, end: datetime, seed: int = 1) -> list[dict[str, Any]]:
    """About 20 recipients an hour, round the clock."""
    generator, rows, hour = np.random.default_rng(seed), [], start
    while hour < end:
        for number in range(int(generator.poisson(20))):
            moment = hour + timedelta(seconds=int(generator.integers(0, 3600)))
            recipient = f"r{int(generator.integers(0, 40))}@contoso.com"
            rows.append(
                trace(f"{hour:%m%d%H}-{number}", recipient, "2026-01-01T00:00:00", sender=ACCOUNT)
                | {"received_at": moment}
            )
        hour += timedelta(hours=1)
    return rows


def burst(start: datetime, count: int) -> list[dict[str, Any]]:
    """Strangers, from a new source, a few a second."""
    return [
        trace(f"burst-{i}", f"x{i}@contoso.com", "2026-01-01T00:00:00", sender=ACCOUNT)
        | {"received_at": start + timedelta(seconds=i % 600), "from_ip": "203.0.113.66"}
        for i in range(count)
    ]


def cards(
    bench: Workbench, now: datetime = END, tenant: str | None = None, **wanted: Any
) -> list[dict[str, Any]]:
    with bench.reader() as connection:
        return encoded(incident_cards(Published(connection, now, tenant), **wanted))


def card_of(bench: Workbench, incident: str) -> dict[str, Any]:
    with bench.reader() as connection:
        return encoded(one_card(Published(connection, END), incident))


def read(bench: Workbench, *windows: tuple[datetime, datetime]) -> None:
    bench.accounts(Account(ACCOUNT, (ACCOUNT,)))
    for start, end in windows:
        record_coverage(bench.store.state, "contoso", SOURCE, ACCOUNT, Window(start, end))


def fill_attacked(bench: Workbench) -> None:
    bench.land(*busy(START, END), *burst(at("2026-10-18T02:10:00"), 3000))
    bench.build(END)


def fill_interrupted(bench: Workbench) -> None:
    bench.land(*(row for row in busy(START, END) if not HOLE[0] <= row["received_at"] < HOLE[1]))


@pytest.fixture
def attacked(kept_stores: KeptStores) -> Iterator[Workbench]:
    """Seven weeks of an account with a burst in the night of 18 October, published."""
    with kept_stores.open(fill_attacked) as bench:
        yield bench


@pytest.fixture
def interrupted(kept_stores: KeptStores) -> Iterator[Workbench]:
    """Seven weeks of an account without two days, not built yet."""
    with kept_stores.open(fill_interrupted) as bench:
        yield bench


def test_a_burst_becomes_one_incident_that_keeps_its_name(attacked: Workbench) -> None:
    (card,) = [
        card for card in cards(attacked) if (card["kind"], card["severity"]) == ("surge", "high")
    ]
    assert card["account"] == ACCOUNT
    assert card["started_at"].startswith("2026-10-18T02:")
    assert card["detected_at"] in {"2026-10-18T02:15:00Z", "2026-10-18T02:30:00Z"}
    assert card["observed"] >= 3000
    assert card["extra_cost"] is not None
    assert any("never mailed" in reason for reason in card["reasons"])
    attacked.land(*busy(END, END + timedelta(hours=3), seed=2))
    later = END + timedelta(hours=3)
    attacked.build(later)
    assert card["id"] in {card["id"] for card in cards(attacked, later)}


def test_the_incident_is_not_there_before_it_was_detected(attacked: Workbench) -> None:
    before = cards(attacked, at("2026-10-18T02:10:00"))
    assert all(card["severity"] != "high" for card in before)


def test_an_outage_of_ours_is_not_silence_of_the_sender(interrupted: Workbench) -> None:
    read(interrupted, (START, HOLE[0]), (HOLE[1], END))
    build(interrupted.store, [LISTED], END, lambda *_: None)
    assert not [card for card in cards(interrupted) if card["kind"] == "silence"]


def test_the_same_hole_is_silence_when_it_was_read(interrupted: Workbench) -> None:
    read(interrupted, (START, END))
    build(interrupted.store, [LISTED], END, lambda *_: None)
    (card,) = [card for card in cards(interrupted) if card["kind"] == "silence"]
    assert card["started_at"][:10] in {"2026-10-14", "2026-10-15"}
    assert card["ended_at"][:10] == "2026-10-17"
    assert card["audience"] == ["mail"]


def test_silence_that_goes_on_is_found_without_any_new_row(bench: Workbench) -> None:
    bench.land(*busy(START, END))
    read(bench, (START, END))
    build(bench.store, [LISTED], END, lambda *_: None)
    later = END + timedelta(hours=12)
    read(bench, (END, later))
    assert build(bench.store, [LISTED], later, lambda *_: None).incidents_opened == 1
    (card,) = [card for card in cards(bench, later) if card["kind"] == "silence"]
    assert card["ended_at"] is None
    assert card["status"] == "open"


def test_filters_of_the_list(attacked: Workbench) -> None:
    (card,) = [
        card for card in cards(attacked) if (card["kind"], card["severity"]) == ("surge", "high")
    ]
    assert card_of(attacked, card["id"]) == card
    assert card in cards(attacked, status="open")
    assert card not in cards(attacked, until=at("2026-10-18T02:00:00"))
    assert card not in cards(attacked, since=at("2026-10-19T00:00:00"))
    assert card not in cards(attacked, END + timedelta(days=9), status="open")
    with pytest.raises(ConfigError, match="no such incident"):
        card_of(attacked, "nothing")
    with pytest.raises(ConfigError, match="acknowledged"):
        cards(attacked, status="opened")


def test_a_stray_row_of_long_ago_is_counted_but_not_learnt_from(attacked: Workbench) -> None:
    before = cards(attacked)
    attacked.land(trace("old", "a@contoso.com", "1998-01-01T00:00:00", sender=ACCOUNT))
    attacked.build(END)
    days = attacked.query("select count(*) from marts.hve_baseline_hourly where day < '2026-01-01'")
    assert days == [(0,)]
    assert cards(attacked) == before
    assert attacked.query("select min(day)::varchar from marts.hve_usage_daily") == [
        ("1998-01-01",)
    ]


def test_incidents_stay_when_their_history_leaves_the_window(attacked: Workbench) -> None:
    before = {card["id"] for card in cards(attacked)}
    much_later = END + timedelta(days=420)
    attacked.land(*busy(much_later - timedelta(days=2), much_later, seed=3))
    attacked.build(much_later)
    assert before <= {card["id"] for card in cards(attacked, much_later)}


def announce(bench: Workbench, start: datetime, recipients: int) -> None:
    window = start, start + timedelta(hours=2)
    add_plan(
        bench.store.state, "contoso", "account", [ACCOUNT], window, recipients,
        "all-staff", "grace", START,
    )  # fmt: skip


def mailing(start: datetime, count: int) -> list[dict[str, Any]]:
    """People whom the account mails anyway, from the usual source."""
    return [
        trace(f"mailing-{i}", f"r{i % 40}@contoso.com", "2026-01-01T00:00:00", sender=ACCOUNT)
        | {"received_at": start + timedelta(seconds=i % 3600)}
        for i in range(count)
    ]


def volume(bench: Workbench, now: datetime = END) -> list[dict[str, Any]]:
    return [card for card in cards(bench, now) if card["kind"] in ("surge", "drift", "ceiling")]


@pytest.mark.slow
def test_an_announced_send_is_quiet_and_more_than_announced_is_told_in_every_run(
    bench: Workbench,
) -> None:
    began = at("2026-10-18T10:00:00")
    bench.land(*busy(START, END), *mailing(began, 800))
    announce(bench, began, 900)
    bench.build(END)
    assert volume(bench) == []
    bench.land(*[row | {"trace_id": f"more-{row['trace_id']}"} for row in mailing(began, 800)])
    bench.build(END)
    (told,) = volume(bench)
    assert any("grace announced 900 recipients" in reason for reason in told["reasons"])
    assert any("more than announced" in reason for reason in told["reasons"])
    assert told["extra_recipients"] > 0
    bench.build(END, full=True)
    assert volume(bench) == [told]


def test_strangers_from_a_new_source_fire_whatever_was_announced(bench: Workbench) -> None:
    began = at("2026-10-18T10:00:00")
    bench.land(*busy(START, END), *burst(began, 800))
    announce(bench, began, 50_000)
    bench.build(END)
    (card,) = [card for card in cards(bench) if card["severity"] == "high"]
    assert any("grace announced" in reason for reason in card["reasons"])


@pytest.mark.slow
def test_a_false_alarm_makes_the_next_one_of_its_size_quiet(bench: Workbench) -> None:
    first, again = at("2026-10-12T10:00:00"), at("2026-10-19T15:00:00")
    bench.land(*busy(START, END), *mailing(first, 700))
    bench.build(at("2026-10-14T00:00:00"))
    (alarm,) = volume(bench, at("2026-10-14T00:00:00"))
    said = at("2026-10-14T00:00:00")
    with bench.reader() as connection:
        judged = judged_incident(Published(connection, said), alarm["id"])
    record_verdict(bench.store.state, judged, "false_positive", "newsletter", "ada", said)
    bench.land(*[row | {"trace_id": f"again-{row['trace_id']}"} for row in mailing(again, 600)])
    bench.build(END)
    assert [card["id"] for card in volume(bench)] == [alarm["id"]]
    bench.land(*[row | {"trace_id": f"far-{row['trace_id']}"} for row in mailing(again, 900)])
    bench.build(END)
    assert len(volume(bench)) == 2
