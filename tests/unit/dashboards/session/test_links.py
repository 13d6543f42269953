"""Links win over what a session remembers, and an address that names nothing is told so."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

import dashboards
from dashboards.session.links import FILTERS
from tests.unit.dashboards.conftest import HR, NEWS, Open, words

REMEMBERED = {
    "recipient": "somebody@contoso.com",
    "status": "failed",
    "part": "Centers and invoice",
    "finding": "pass",
}
ROOM = Path(dashboards.__file__).parent


def visit(app: AppTest, page: str, **query: str) -> AppTest:
    """The menu: another page in the same session."""
    app._page_hash = calc_hash("" if page == "overview" else page)
    app.query_params.clear()
    app.query_params.update(query)
    return app.run()


def follow(app: AppTest, label: str, place: int = 0) -> AppTest:
    """A link of the page by its words, or by those before whom it is about."""
    labelled = [(link.proto, link.proto.label) for link in app.get("page_link")]
    link = [proto for proto, text in labelled if label in (text, text.partition(":")[0])][place]
    return visit(app, link.page, **dict(parse_qsl(link.query_string)))


def links(app: AppTest) -> list[tuple[str, int]]:
    """Every link of the page: its label and its place among those of that label."""
    labels = [link.proto.label for link in app.get("page_link")]
    return [(label, labels[:at].count(label)) for at, label in enumerate(labels)]


def used(stored: Path, opened: Open) -> AppTest:
    """A session in which somebody has looked for something else on every page."""
    app = opened(stored, "senders")
    app.selectbox(key="account").set_value(HR).run()
    visit(app, "delivery")
    app.text_input(key="recipient").set_value("somebody@contoso.com")
    app.selectbox(key="status").set_value("failed")
    app.date_input(key="since").set_value(date(2026, 11, 1))
    next(button for button in app.button if button.label == "Search").click().run()
    visit(app, "readiness")
    assert app.selectbox(key="account").value == HR
    visit(app, "spend", part="Centers and invoice")
    return visit(app, "overview")


def test_the_session_remembers_filters_over_pages(stored: Path, opened: Open) -> None:
    app = visit(used(stored, opened), "delivery")
    assert app.selectbox(key="account").value == HR
    assert app.text_input(key="recipient").value == "somebody@contoso.com"


def test_a_link_to_an_incident_opens_it_in_a_used_session(stored: Path, opened: Open) -> None:
    app = used(stored, opened)
    link = next(
        link.proto
        for link in app.get("page_link")
        if link.proto.label.startswith("See why and what to do: ")
    )
    incident = dict(parse_qsl(link.query_string))["incident"]
    follow(app, "See why and what to do")
    assert app.query_params["incident"] == incident
    assert app.selectbox(key="account").value == "All accounts"
    assert f"{NEWS}: " in words(app)


def test_only_an_alert_leads_from_the_overview_to_an_incident(stored: Path, opened: Open) -> None:
    incident = str(opened(stored, "senders").query_params["incident"][0])
    assert [title.value for title in opened(stored, "overview", incident=incident).title] == [
        "Senders"
    ]
    # The step of the browser that a link has left: Back shows the page and does not go on again.
    back = opened(stored, "overview", incident=incident, link="1")
    assert [title.value for title in back.title] == ["Overview"]


def test_messages_of_that_time_are_those_of_the_incident(stored: Path, opened: Open) -> None:
    app = follow(used(stored, opened), "See why and what to do")
    follow(app, "Messages of that time")
    assert app.selectbox(key="account").value == NEWS
    assert app.date_input(key="since").value == date(2026, 11, 23)
    assert app.text_input(key="recipient").value == ""
    assert app.selectbox(key="status").value == "any"
    assert set(found(app)["account"]) == {NEWS}
    app.run()
    assert set(found(app)["account"]) == {NEWS}, "also when the page is drawn again"


def test_a_changed_filter_stays_changed_after_a_link(stored: Path, opened: Open) -> None:
    app = follow(used(stored, opened), "See why and what to do")
    app.selectbox(key="account").set_value(HR).run()
    assert app.selectbox(key="account").value == HR


@pytest.mark.parametrize(
    ("page", "account", "judgement"), [("overview", HR, "judged"), ("senders", NEWS, "any")]
)
def test_every_link_opens_what_a_fresh_session_shows(
    stored: Path, opened: Open, page: str, account: str, judgement: str
) -> None:
    app = opened(stored, page)
    for label, place in links(app):
        for name, value in (REMEMBERED | {"account": account, "judgement": judgement}).items():
            app.session_state[name] = value
        visit(app, page)
        link = [link.proto for link in app.get("page_link") if link.proto.label == label][place]
        follow(app, label, place)
        fresh = opened(stored, link.page or "overview", **dict(parse_qsl(link.query_string)))
        assert words(app) == words(fresh), label


def test_every_filter_in_an_address_is_known_to_links() -> None:
    keys = set()
    for file in ROOM.rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        for call in re.findall(r"key=(\w+|\"\w+\"),[^()]*?bind=\"query-params\"", text):
            keys.add(call.strip('"'))
    named = {key for key in keys if not key.startswith("if_")} - {"key", "name"}
    assert named <= set(FILTERS)


@pytest.mark.parametrize(
    ("page", "query", "line"),
    [
        ("senders", {"account": "nobody@contoso.com"}, "account nobody@contoso.com"),
        ("delivery", {"account": "nobody@contoso.com"}, "account nobody@contoso.com"),
        ("delivery", {"status": "lost"}, "status lost"),
        ("delivery", {"since": "yesterday"}, "day yesterday"),
        ("delivery", {"until": "2026-02-30"}, "day 2026-02-30"),
        ("readiness", {"check": "weather"}, "check weather"),
        ("overview", {"tenant": "fabrikam"}, "tenant fabrikam"),
        ("overview", {"period": "8 days"}, "period 8 days"),
        ("spend", {"month": "2010-09"}, "month 2010-09"),
        ("spend", {"part": "Nowhere"}, "tab Nowhere"),
        ("senders", {"incident": "nope"}, "incident nope"),
        ("delivery", {"message": "nope"}, "This message is not stored"),
    ],
)
def test_what_an_address_names_and_is_not_there_is_said(
    stored: Path, opened: Open, page: str, query: dict[str, str], line: str
) -> None:
    app = opened(stored, page, **query)
    assert not app.exception
    assert line in words(app)
    assert line not in words(opened(stored, page))


def test_an_incident_of_another_account_is_not_replaced_by_one_of_the_chosen(
    stored: Path, opened: Open
) -> None:
    cards = opened(stored, "senders")
    incident = cards.query_params["incident"]
    app = opened(stored, "senders", account=HR, incident=incident)
    assert f"incident {incident}, which is one of {NEWS}" in words(app)
    assert app.query_params["incident"] == incident
    assert "Timeline" not in words(app)
    app.selectbox(key="account").set_value("All accounts").run()
    assert "Timeline" in words(app)


def test_an_address_cannot_put_a_link_on_the_page(stored: Path, opened: Open) -> None:
    app = opened(stored, "senders", account="https://example.net/<b>x</b>")
    boxes = [box.value for box in (*app.warning, *app.info, *app.caption, *app.error)]
    assert not any("example.net" in box for box in boxes), "Markdown would make a link of it"
    assert "https://example.net/&lt;b&gt;x&lt;/b&gt;" in words(app)


def found(app: AppTest) -> dict[str, list[str]]:
    return next(dict(frame.value) for frame in app.dataframe if "subject" in frame.value)
