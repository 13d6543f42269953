"""Incidents alike are one group; filters and orders are those that are named."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cli.text.incidents import incidents as text_of
from hve_monitor.errors import ConfigError
from models.incident import Signal
from models.incidents.cards import IncidentCard
from models.incidents.runbooks import AUDIENCE
from models.incidents.triage import (
    NOUNS,
    IncidentFilter,
    check_words,
    groups_of,
    is_waiting,
    ordered,
    triaged,
)
from tests.unit.cli.text.test_texts import card as usual_card
from tests.unit.publish.conftest import NOW, Desk, incident
from warehouse.reading import read_published
from warehouse.store import open_store


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A store whose incidents are written by hand."""
    with open_store(tmp_path / "store", "500MB", 1) as store:
        yield Desk(store)


def card(name: str, **changes: Any) -> IncidentCard:
    usual = {"id": name, "kind": "silence", "expected": 4.0, "signals": (), "status": "open"}
    return msgspec.structs.replace(usual_card("hr@contoso.com"), **usual | changes)


def fired(*names: str) -> tuple[Signal, ...]:
    return tuple(Signal(name, 0.9, "fired", "") for name in names)


def test_silences_of_accounts_of_a_size_are_one_group() -> None:
    cards = [card(f"s{n}", expected=9.9) for n in range(14)]
    cards += [card("large", expected=10.0), card("larger", expected=99.0)]
    assert [group.words for group in groups_of(cards)] == [
        "14 silences of accounts with < 10 expected recipients",
        "2 silences of accounts with 10 to 99 expected recipients",
    ]


def test_surges_are_alike_by_what_fired_beside_the_volume() -> None:
    volume, odd = fired("surge", "off_hours"), fired("surge", "new_recipients", "new_source")
    cards = [card(f"v{n}", kind="surge", signals=volume, severity="low") for n in range(2)]
    cards += [card(f"o{n}", kind="surge", signals=odd, severity="high") for n in range(2)]
    cards.append(card("alone", kind="drift"))
    groups = groups_of(cards)
    assert [group.words for group in groups] == [
        "2 surges with new recipients and new source",
        "2 surges by volume alone",
    ]
    assert groups[0].severity == "high"
    assert groups[0].ids == ("o0", "o1")


def test_a_group_knows_what_it_cost_only_where_all_is_known() -> None:
    known = [card(name, extra_cost=Decimal("0.1"), extra_recipients=5) for name in "ab"]
    (group,) = groups_of(known)
    assert (group.extra_recipients, group.extra_cost) == (10, Decimal("0.2"))
    (group,) = groups_of([*known, card("c", extra_cost=None)])
    assert group.extra_cost is None


def test_tenants_are_never_in_one_group() -> None:
    assert groups_of([card("a", tenant="contoso"), card("b", tenant="fabrikam")]) == []


def test_what_is_judged_waits_no_more() -> None:
    cards = [card("a"), card("b", status="ended"), card("c", status="closed")]
    assert [card.id for card in cards if is_waiting(card)] == ["a", "b"]


def test_orders() -> None:
    cards = [
        card("cheap", extra_cost=Decimal("0.1"), started_at=NOW, severity="low"),
        card("dear", extra_cost=Decimal(2), started_at=NOW - timedelta(days=2), severity="low"),
        card("unknown", extra_cost=None, started_at=NOW - timedelta(days=1), severity="high"),
    ]
    orders = {"newest": "cheap", "cost": "dear", "severity": "unknown"}
    assert {order: ordered(cards, order)[0].id for order in orders} == orders
    assert [card.id for card in ordered(cards, "cost")] == ["dear", "cheap", "unknown"]


def test_the_report_counts_what_waits_and_groups_it(desk: Desk) -> None:
    quiet = {"kind": "silence", "expected": 4.0, "signals": [], "severity": "low"}
    desk.show(NOW, incident(), *(incident(id=name, **quiet) for name in "ab"))
    with read_published(desk.store.root, NOW) as published:
        report = triaged(published, IncidentFilter(), "newest")
        quiet_ones = triaged(published, IncidentFilter(severity="low", status="open"), "cost")
        with pytest.raises(ConfigError, match="--sort size: use one of newest, severity, cost"):
            triaged(published, IncidentFilter(), "size")
    assert (report.waiting, len(report.incidents)) == (3, 3)
    assert [sorted(group.ids) for group in report.groups] == [["a", "b"]]
    assert {card.id for card in quiet_ones.incidents} == {"a", "b"}
    shown = text_of(report)
    assert "3 of 3 wait for a verdict" in shown
    assert "2 silences of accounts with < 10 expected recipients: " in shown


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        ({"severity": "high"}, ["a"]),
        ({"kind": "surge"}, ["a"]),
        ({"account": "HR@contoso.com"}, ["a", "b"]),
        ({"audience": "mail"}, ["b"]),
        ({"assigned_to": "ADA"}, ["a"]),
        ({"assigned_to": "nobody"}, ["b"]),
        ({}, ["a", "b"]),
    ],
)
def test_filters(wanted: dict[str, str], ids: list[str]) -> None:
    cards = [
        card("a", severity="high", kind="surge", audience=("security",), assigned_to="Ada"),
        card("b", severity="low", audience=("mail",)),
    ]
    holds = IncidentFilter(**wanted).holds
    assert [card.id for card in cards if holds(card)] == ids


@pytest.mark.parametrize("wanted", [{"severity": "grave"}, {"kind": "x"}, {"audience": "boss"}])
def test_a_word_that_is_none_is_refused_with_those_that_are(wanted: dict[str, str]) -> None:
    (name,) = wanted
    with pytest.raises(ConfigError, match=f"--{name} .*: use one of "):
        check_words(IncidentFilter(**wanted))


def test_every_kind_has_a_noun() -> None:
    assert set(NOUNS) == set(AUDIENCE)
