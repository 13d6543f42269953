"""The card of an incident: everything the command prints, as text."""

from __future__ import annotations

from html import unescape
from pathlib import Path

from dashboards.parts.amounts import count
from dashboards.parts.incident_words import KINDS
from hve_monitor.config import load_config
from models.incidents.cards import incident_card, incident_cards
from models.incidents.runbooks import STEPS
from tests.unit.dashboards.conftest import NEWS, NOW, Open, unfolded, words
from warehouse.reading import read_published


def test_the_card_names_whom_it_reached_from_where_and_what_to_do(
    stored: Path, opened: Open
) -> None:
    with read_published(load_config(stored).warehouse.path, NOW) as published:
        found = next(each for each in incident_cards(published) if each.account == NEWS)
        card = incident_card(published, found.id, with_recipients=True)
    app = opened(stored, "senders", incident=card.id)
    assert not app.exception
    text = words(app)
    assert card.recipients
    new = sum(row.is_new for row in card.recipients)
    assert f"Reached {count(len(card.recipients))} people, {count(new)} of them" in text
    assert "203.0.113.66" in text
    assert "Urgent" in text
    assert "● verified" in text
    assert "? not verified" in text
    assert "Message traces hold no body" in text
    assert "Timeline" in text
    table = next(each.value for each in unfolded(app).dataframe if "is_new" in each.value)
    assert set(table["recipient"]) == {row.recipient for row in card.recipients}


def test_every_kind_of_incident_has_words() -> None:
    assert set(STEPS) <= set(KINDS)


def test_earlier_incidents_of_the_account_are_told(stored: Path, opened: Open) -> None:
    with read_published(load_config(stored).warehouse.path, NOW) as published:
        cards = incident_cards(published)
    for card in (cards[0], cards[-1]):
        same = [each for each in cards if each.account == card.account]
        earlier = [each for each in same if each.started_at < card.started_at]
        text = unescape(words(opened(stored, "senders", incident=card.id)))
        said = f"{len(earlier)} incident" if earlier else "The account's first incident"
        assert said in text
