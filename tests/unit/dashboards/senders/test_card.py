"""The card of an incident: everything the command prints, as text."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from msgspec.structs import asdict

from dashboards.parts.amounts import count
from dashboards.parts.incident_words import KINDS
from dashboards.senders import evidence
from dashboards.session.view import View
from hve_monitor.config import Config, load_config
from models.incidents.cards import IncidentRecipient, WholeCard, incident_card, incident_cards
from models.incidents.runbooks import STEPS
from tests.unit.cli.text.test_texts import card as incident
from tests.unit.dashboards.conftest import NEWS, NOW, Open, unfolded, words
from warehouse.reading import read_published


def test_the_card_names_whom_it_reached_from_where_and_what_to_do(
    stored: Path, opened: Open
) -> None:
    with read_published(load_config(stored).warehouse.path, NOW) as published:
        found = next(card for card in incident_cards(published) if card.account == NEWS)
        card = incident_card(published, found.id, with_recipients=True)
    app = opened(stored, "senders", incident=card.id)
    assert not app.exception
    text = words(app)
    assert card.recipients
    new = sum(row.is_new for row in card.recipients)
    delivered = sum(bool(row.is_reached) for row in card.recipients)
    assert delivered < len(card.recipients)
    finding = f"Reached {count(delivered)} of {count(len(card.recipients))} people it wrote to;"
    assert f"{finding} {count(new)} of them" in text
    assert "203.0.113.66" in text
    assert "203.0.113.0/24" in text
    assert "Urgent" in text
    assert "● verified" in text
    assert "? not verified" in text
    assert "Message traces hold no body" in text
    assert "Timeline" in text
    table = next(frame.value for frame in unfolded(app).dataframe if "is_new" in frame.value)
    assert set(table["recipient"]) == {row.recipient for row in card.recipients}


def test_addresses_networks_and_subjects_lead_to_the_search(stored: Path, opened: Open) -> None:
    with read_published(load_config(stored).warehouse.path, NOW) as published:
        card = next(card for card in incident_cards(published) if card.account == NEWS)
    app = opened(stored, "senders", incident=card.id)
    searches = [
        dict(parse_qsl(link.proto.query_string))
        for link in app.get("page_link")
        if link.proto.page == "delivery"
    ]
    # Those over all accounts load the page anew.
    anchors = re.findall(
        r'href="delivery\?([^"]+)"', " ".join(html.proto.body for html in app.get("html"))
    )
    searches += [dict(parse_qsl(unescape(query))) for query in anchors]
    since = f"{card.started_at:%Y-%m-%d}"
    assert {"from_ip": "203.0.113.66", "since": since, "link": "1"} in searches
    assert {"from_ip": "203.0.113.0/24", "since": since, "link": "1"} in searches
    subjects = [search for search in searches if "subject" in search]
    assert [search["subject"] for search in subjects] == ["Urgent"]
    people = [search["recipient"] for search in searches if "recipient" in search]
    assert len(people) == 8


def test_a_source_that_is_no_address_has_no_network() -> None:
    sources = ("2001:db8:0:a::25", "192.0.2.10", "unknown", None)
    networks = [evidence.network_of(source) for source in sources]
    assert networks == ["2001:db8::/48", "192.0.2.0/24", None, None]


def test_queries_for_microsofts_tools_are_drawn_when_opened(stored: Path, opened: Open) -> None:
    with read_published(load_config(stored).warehouse.path, NOW) as published:
        found = next(card for card in incident_cards(published) if card.account == NEWS)
        card = incident_card(published, found.id)
    app = opened(stored, "senders", incident=card.id)
    key = next(expander.proto.id for expander in app.expander if "hunting-" in expander.proto.id)
    app.session_state[re.findall("hunting-[0-9a-f]{12}", key)[0]] = True
    shown = {code.value for code in app.run().code}
    assert {query.text for query in card.hunting} <= shown


def test_every_kind_of_incident_has_words() -> None:
    assert set(STEPS) <= set(KINDS)


def test_earlier_incidents_of_the_account_are_told(stored: Path, opened: Open) -> None:
    with read_published(load_config(stored).warehouse.path, NOW) as published:
        cards = incident_cards(published)
    for card in (cards[0], cards[-1]):
        same = [other for other in cards if other.account == card.account]
        earlier = [other for other in same if other.started_at < card.started_at]
        text = unescape(words(opened(stored, "senders", incident=card.id)))
        said = f"{len(earlier)} incident" if earlier else "The account's first incident"
        assert said in text


def person(name: str, *, is_reached: bool | None, is_new: bool = False) -> IncidentRecipient:
    return IncidentRecipient(
        recipient=f"{name}@contoso.com", messages=1, trace_ids=("t",), statuses=("Delivered",),
        sources=(), first_at=NOW, last_at=NOW, is_new=is_new, is_reached=is_reached,
    )  # fmt: skip


def test_the_reached_stand_first_and_are_counted_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []
    monkeypatch.setattr(evidence, "heading", lambda *texts: drawn.extend(texts))
    monkeypatch.setattr(evidence, "behind", lambda *_, **__: None)
    monkeypatch.setattr(
        evidence, "links_to_search",
        lambda _, lines, __: drawn.append(" ".join(f"{line.name} {line.words}" for line in lines)),
    )  # fmt: skip
    people = (
        person("failed", is_reached=False, is_new=True),
        person("open", is_reached=None),
        person("old", is_reached=True),
        person("new", is_reached=True, is_new=True),
    )
    card = WholeCard(
        **asdict(incident("hr@contoso.com"))
        | {"sources": (), "subjects": (), "limits": (), "verdicts": (), "recipients": people}
        | {"addressed": 4, "reached": 2, "unsettled": 1}
    )
    evidence.reached_panel(View(Config(), "1", NOW, NOW), card)
    assert drawn[0] == (
        "Reached 2 of 4 people it wrote to; of 1 the outcome is not known; 2 of them were"
        " new to it (1 reached)"
    )
    order = [drawn[2].index(f"{name}@") for name in ("new", "old", "open", "failed")]
    assert order == sorted(order)
    assert "1 message, delivered" in drawn[2]
