"""Named tasks about senders and plans: at most three clicks, and the answer of the command."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from dashboards.parts.amounts import count, moment
from tests.browser.conftest import Dashboard, Visit, drawn, served

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def own(dashboard: Dashboard, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    """A copy of the tenant that these tests may write to."""
    folder = tmp_path_factory.mktemp("own")
    shutil.copytree(dashboard.config.parent, folder, dirs_exist_ok=True)
    with served(folder / "hve.toml") as running:
        yield running


def first_open(dashboard: Dashboard) -> str:
    """The id of the incident that stands first."""
    found = dashboard.command("incidents", "--status", "open")["incidents"]
    rank = {"high": 0, "medium": 1, "low": 2}
    return str(min(found, key=lambda card: rank[card["severity"]])["id"])


def to_the_card(page: Page, incident: str) -> None:
    """One click from the overview."""
    page.get_by_text("See why and what to do").first.click()
    page.wait_for_url(f"**/senders?**incident={incident}**")
    drawn(page)


def test_who_sends_more_than_usual_to_whom_and_since_when(
    dashboard: Dashboard, visit: Visit
) -> None:
    """One click."""
    incident = first_open(dashboard)
    (card,) = dashboard.command("incidents", incident, "--recipients")["incidents"]
    page = visit(dashboard.url)
    to_the_card(page, incident)
    shown = page.locator(".st-key-incident-card")
    text = shown.inner_text()
    assert f"{card['account']}: more recipients than usual" in text
    assert f"{moment(card['started_at'])}: began" in text
    new = sum(row["is_new"] for row in card["recipients"])
    reached = f"Reached {count(card['reached'])} of {count(card['addressed'])} people it wrote to"
    assert reached in text
    assert f"{count(new)} of them were new to it" in text
    named = shown.locator(".st-key-card-people strong").all_inner_texts()
    assert len(named) == 8
    assert set(named) <= {row["recipient"] for row in card["recipients"] if row["is_new"]}
    sources = shown.locator(".st-key-card-sources strong").all_inner_texts()
    assert sources == [row["from_ip"] for row in card["sources"]]
    subjects = shown.locator(".st-key-card-subjects strong").all_inner_texts()
    assert subjects == [row["subject"] for row in card["subjects"]][:8]


def test_the_link_of_an_alert_opens_the_card_and_the_overview_stays_reachable(
    dashboard: Dashboard, visit: Visit
) -> None:
    incident = dashboard.command("incidents")["incidents"][-1]["id"]
    page = visit(f"{dashboard.url}/?tenant=contoso&incident={incident}")
    page.wait_for_url(f"**/senders?**incident={incident}**")
    drawn(page)
    card = page.locator(".st-key-incident-card")
    expect(card.get_by_role("definition").filter(has_text=incident)).to_be_visible()
    page.get_by_role("link", name="Overview").first.click()
    page.wait_for_url(lambda url: "/senders" not in url)
    drawn(page)
    expect(page.get_by_role("heading", name="Overview", exact=True)).to_be_visible()


def test_which_networks_an_account_sends_from(dashboard: Dashboard, visit: Visit) -> None:
    """Three clicks: the page, the list of accounts, the account."""
    account = dashboard.command("usage", "--by", "account")["rows"][0]["account"]
    since = "2026-10-26T00:00:00Z"
    rows = dashboard.command("trace", "--sender", account, "--since", since, "--limit", "100000")
    page = visit(dashboard.url)
    page.get_by_role("link", name="Senders").first.click()
    drawn(page)
    page.get_by_label("Account").click()
    page.get_by_role("option", name=account).click()
    drawn(page)
    said = page.locator(".st-key-sources tbody td:first-child").all_inner_texts()
    assert set(said) - {"unknown"} == {row["from_ip"] for row in rows["rows"] if row["from_ip"]}
    expect(page.get_by_text(f"Account {account}")).to_be_visible()


def test_an_incident_is_marked_as_a_false_positive(own: Dashboard, visit: Visit) -> None:
    """Two clicks: the card, the verdict."""
    incident = first_open(own)
    page = visit(own.url)
    to_the_card(page, incident)
    page.get_by_label("What was it, and how do you know?").fill("training mail of the helpdesk")
    page.get_by_role("button", name="False positive").click()
    expect(page.get_by_text("Recorded: false positive")).to_be_visible(timeout=30_000)
    (card,) = own.command("incidents", incident)["incidents"]
    assert card["status"] == "false_positive"
    assert card["verdict"]["reason"] == "training mail of the helpdesk"
    drawn(page)
    timeline = page.locator(".st-key-incident-card").inner_text()
    assert f"false positive by {card['verdict']['author']}" in timeline


def test_a_verdict_needs_a_reason(own: Dashboard, visit: Visit) -> None:
    incident = own.command("incidents")["incidents"][-1]["id"]
    page = visit(f"{own.url}/senders?incident={incident}")
    page.get_by_role("button", name="Confirmed").click()
    expect(page.get_by_text("Say why first")).to_be_visible()
    (card,) = own.command("incidents", incident)["incidents"]
    assert card["status"] != "confirmed"


def test_a_send_is_announced_and_withdrawn(own: Dashboard, visit: Visit) -> None:
    """Two clicks: the page, the button; the account and the size are typed."""
    page = visit(own.url)
    page.get_by_role("link", name="Plan").first.click()
    drawn(page)
    page.get_by_label("Recipients in all").fill("4321")
    page.get_by_label("What it is").fill("<b>winter</b> letter =1+1")
    page.get_by_role("button", name="Announce").click()
    expect(page.get_by_text("Announced 4,321 recipients")).to_be_visible(timeout=30_000)
    (plan,) = own.command("plan", "list")["plans"]
    assert (plan["recipients"], plan["note"]) == (4321, "<b>winter</b> letter =1+1")
    assert plan["start"] == "2026-11-24T23:00:00Z"  # midnight in Berlin
    expect(page.get_by_text("1 announced send, 1 still to come")).to_be_visible()
    drawn(page)
    page.get_by_text("Withdraw a plan").click()
    page.get_by_role("button", name="Withdraw", exact=True).click()
    expect(page.get_by_text("No send is announced")).to_be_visible(timeout=30_000)
    assert own.command("plan", "list")["plans"] == []


def test_a_verdict_is_given_with_the_keyboard_alone(own: Dashboard, visit: Visit) -> None:
    incident = own.command("incidents")["incidents"][-1]["id"]
    page = visit(f"{own.url}/senders?incident={incident}")
    page.get_by_label("What was it, and how do you know?").focus()
    page.keyboard.type("seen from the keyboard")
    for _ in range(4):
        page.keyboard.press("Tab")
        if "Acknowledged" in str(page.evaluate("() => document.activeElement.innerText")):
            break
    page.keyboard.press("Enter")
    expect(page.get_by_text("Recorded: acknowledged")).to_be_visible(timeout=30_000)
    (card,) = own.command("incidents", incident)["incidents"]
    assert card["verdict"]["reason"] == "seen from the keyboard"
