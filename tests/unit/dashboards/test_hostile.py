"""Whatever others wrote stands on every page as text, and nothing of it is lost."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path

import pytest
import streamlit
from streamlit.testing.v1 import AppTest

from hve_monitor.config import load_config
from models.delivery.outcomes import latest_undelivered
from models.incidents.cards import incident_cards
from tests.unit.dashboards.conftest import FIRST, NOW, Open, bodies, unfolded
from tests.unit.dashboards.hostile_store import BAD, WORSE, hostile_tenant
from tests.unit.formulas import cells, running
from warehouse.reading import read_published

PAGES = {
    "overview": {},
    "spend": {},
    "spend of an account": {"days_of": BAD},
    "spend months": {"part": "Months"},
    "spend ahead": {"part": "Budgets and what-if"},
    "spend behind": {"part": "Centers and invoice"},
    "senders": {},
    "senders of one": {"account": BAD},
    "delivery": {},
    "delivery search": {"status": "failed"},
    "readiness": {},
    "plan": {},
    "health": {},
}
UNSEEN = re.compile("[\u202a-\u202e\x00-\x08\x0b-\x1f]")
ELEMENT = re.compile("<(script|img)")
MARKDOWN = re.compile(r"(?<!\\)\[(click|x)\]|(?<!\\)\*\*bold|(?<!\\):red|(?<!\\)`code|(?<!\\)\$a")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """hve.toml of the tenant."""
    return hostile_tenant(tmp_path_factory.mktemp("hostile"))


def said(app: AppTest) -> list[str]:
    """Everything of a page that is read as markdown."""
    values = (*app.caption, *app.info, *app.warning, *app.error, *app.success, *app.markdown)
    fields = (*app.expander, *app.button, *app.selectbox, *app.text_input, *app.checkbox)
    return [*(value.value for value in values), *(field.label for field in fields)]


def check(app: AppTest) -> list[str]:
    """HTML and cells of the page, after seeing that nothing on it is more than text."""
    assert not app.exception
    assert not [body for body in bodies(app) if ELEMENT.search(body) or UNSEEN.search(body)]
    assert not [
        sentence for sentence in said(app) if MARKDOWN.search(sentence) or UNSEEN.search(sentence)
    ]
    tables = [str(cell) for frame in app.dataframe for cell in frame.value.to_numpy().ravel()]
    assert not [cell for cell in tables if UNSEEN.search(cell)]
    return [*bodies(app), *map(escape, tables)]


@pytest.mark.parametrize("page", PAGES)
def test_data_is_shown_as_text(hostile: Path, opened: Open, page: str) -> None:
    app = unfolded(opened(hostile, page.split(maxsplit=1)[0], **PAGES[page]))
    assert any("&lt;script&gt;" in sentence for sentence in check(app))


def test_the_way_of_a_message_is_text(hostile: Path, opened: Open) -> None:
    with read_published(load_config(hostile).warehouse.path, NOW) as published:
        rows = latest_undelivered(published, FIRST, NOW)
    row = next(row for row in rows if row.id == "b7")
    app = opened(hostile, "delivery", message=row.id, to=row.recipient)
    way = next(sentence for sentence in check(app) if 'class="steps"' in sentence)
    assert "Fail &lt;script&gt;window.stolen=1&lt;/script&gt;" in way


def test_a_download_runs_nothing_in_a_spreadsheet(
    hostile: Path, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    files: list[bytes] = []
    monkeypatch.setattr(streamlit, "download_button", lambda *_, data, **__: files.append(data()))
    assert not opened(hostile, "delivery", status="delivered").exception
    assert any("HYPERLINK" in text for document in files for text in cells(document))
    assert [running(document) for document in files] == [[]] * len(files)


def test_the_card_of_every_incident_is_text(hostile: Path, opened: Open) -> None:
    with read_published(load_config(hostile).warehouse.path, NOW) as published:
        cards = incident_cards(published)
    assert {card.account for card in cards} <= {BAD, WORSE}
    for card in cards[:2]:
        check(unfolded(opened(hostile, "senders", incident=card.id)))
