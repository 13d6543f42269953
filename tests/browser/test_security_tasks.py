"""Security's tasks: at most three clicks from the Overview, and the answer of the command."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest
from playwright.sync_api import Page, expect

from dashboards.parts.amounts import count, moment
from tests.browser.conftest import Dashboard, Visit, drawn, served
from tests.browser.test_sender_tasks import first_open, to_the_card

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def own(dashboard: Dashboard, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    """A copy of the tenant that these tests may write to."""
    folder = tmp_path_factory.mktemp("own")
    shutil.copytree(dashboard.config.parent, folder, dirs_exist_ok=True)
    with served(folder / "hve.toml") as running:
        yield running


def whole_card(dashboard: Dashboard, incident: str) -> dict[str, object]:
    """What the command says of an incident."""
    (card,) = dashboard.command("incidents", incident, "--recipients")["incidents"]
    return dict(card)


def senders(page: Page) -> None:
    """One click: the list of incidents."""
    page.get_by_role("link", name="Senders", exact=True).first.click()
    page.wait_for_url("**/senders**")
    drawn(page)


def test_is_a_sender_compromised_and_how_do_i_know(dashboard: Dashboard, visit: Visit) -> None:
    """One click; the overview names it already."""
    incident = first_open(dashboard)
    card = dashboard.command("incidents", incident)["incidents"][0]
    page = visit(dashboard.url)
    assert card["account"] in page.get_by_test_id("stMain").inner_text()
    to_the_card(page, incident)
    text = page.locator(".st-key-incident-card").inner_text()
    assert all(reason in text for reason in card["reasons"])
    fired = [signal["reason"] for signal in card["signals"] if signal["state"] == "fired"]
    assert fired
    assert all(reason in text for reason in fired)


def test_whom_did_it_reach_as_a_file(dashboard: Dashboard, visit: Visit, tmp_path: Path) -> None:
    """Three clicks: the card, all recipients, their file."""
    incident = first_open(dashboard)
    (card,) = dashboard.command("incidents", incident, "--recipients")["incidents"]
    page = visit(dashboard.url)
    to_the_card(page, incident)
    shown = page.locator(".st-key-incident-card")
    shown.get_by_text(f"All {count(len(card['recipients']))} recipients").click()
    drawn(page)
    with page.expect_download() as download:
        shown.get_by_role("button", name="CSV: recipients").click()
    lines = Path(download.value.path()).read_text("utf-8-sig").splitlines()
    assert len(lines) - 1 == len(card["recipients"])
    reached = sum(line.split(",")[1] == '"yes"' for line in lines[1:])
    assert reached == card["reached"]


def test_contain_it_with_commands_to_copy(dashboard: Dashboard, visit: Visit) -> None:
    """One click: the card has each command with the account in it."""
    incident = first_open(dashboard)
    card = dashboard.command("incidents", incident)["incidents"][0]
    page = visit(dashboard.url)
    to_the_card(page, incident)
    commands = page.locator(".st-key-incident-card [data-testid=stCode]").all_inner_texts()
    account = card["account"]
    for command in (f"Set-User {account}", f"Remove-HVEAppAccess {account}", "hve trace"):
        assert any(text.strip().startswith(command) for text in commands)
    steps = " ".join(card["next_steps"])
    assert all(text.strip().rstrip(".") in steps for text in commands)


def test_an_address_across_accounts(dashboard: Dashboard, visit: Visit) -> None:
    """Two clicks: the card, one of its addresses; sums by status and account."""
    incident = first_open(dashboard)
    (card,) = dashboard.command("incidents", incident)["incidents"]
    source = card["sources"][0]
    page = visit(dashboard.url)
    to_the_card(page, incident)
    page.locator(".st-key-card-sources").get_by_role("link").first.click()
    page.wait_for_url("**/delivery**from_ip=**")
    drawn(page)
    since = f"{source['first_seen'][:10]}T00:00:00Z"
    found = dashboard.command("trace", "--from-ip", source["from_ip"], "--since", since)
    panel = page.locator(".st-key-search-panel")
    expect(panel.get_by_text(f"{count(found['total'])} rows").first).to_be_visible()
    sums = ", ".join(
        f"{account} {count(number)}" for account, number in list(found["by_account"].items())[:5]
    )
    expect(panel.get_by_text(f"By account: {sums}")).to_be_visible()


def test_queries_for_microsofts_tools(dashboard: Dashboard, visit: Visit) -> None:
    """Two clicks: the card, the queries; they are those of the command."""
    incident = first_open(dashboard)
    (card,) = dashboard.command("incidents", incident)["incidents"]
    page = visit(dashboard.url)
    to_the_card(page, incident)
    page.get_by_text(f"{len(card['hunting'])} queries: Defender").click()
    drawn(page)
    shown = page.locator(".st-key-incident-card")
    for query in card["hunting"]:
        expect(shown.get_by_role("heading", name=query["name"])).to_be_visible()
    texts = [text.strip() for text in shown.locator("[data-testid=stCode]").all_inner_texts()]
    lines = {" ".join(text.split()) for text in texts}
    assert all(" ".join(query["text"].split()) in lines for query in card["hunting"])


def test_the_evidence_file_is_that_of_the_command(
    dashboard: Dashboard, visit: Visit, tmp_path: Path
) -> None:
    """Two clicks: the card, the file."""
    incident = first_open(dashboard)
    dashboard.command("incidents", incident, "--evidence", str(tmp_path / "ours.zip"))
    page = visit(dashboard.url)
    to_the_card(page, incident)
    with page.expect_download() as download:
        page.get_by_role("button", name="Evidence file").click()
    assert Path(download.value.path()).read_bytes() == (tmp_path / "ours.zip").read_bytes()
    with ZipFile(tmp_path / "ours.zip") as archive:
        card = json.loads(archive.read(f"hve-incident-{incident}/card.json"))["incidents"][0]
    assert card["id"] == incident
    entries = dashboard.command("audit", "--limit", "2")["entries"]
    assert {entry["target"] for entry in entries} == {f"evidence {incident}"}


def test_one_accounts_incidents_before_it(dashboard: Dashboard, visit: Visit) -> None:
    """One click: the card has what happened to the account before."""
    incident = first_open(dashboard)
    cards = dashboard.command("incidents")["incidents"]
    (card,) = [one for one in cards if one["id"] == incident]
    earlier = [
        one for one in cards
        if one["account"] == card["account"] and one["started_at"] < card["started_at"]
    ]  # fmt: skip
    page = visit(dashboard.url)
    to_the_card(page, incident)
    text = page.locator(".st-key-incident-card").inner_text()
    assert all(f"{moment(one['started_at'])}: " in text for one in earlier[:5])


def test_the_list_is_narrowed_and_the_address_says_how(dashboard: Dashboard, visit: Visit) -> None:
    """Three clicks: the page, the filter, the severity."""
    cards = dashboard.command("incidents", "--severity", "medium", "--since", "2026-10-26")
    waiting = [card for card in cards["incidents"] if card["status"] in ("open", "ended")]
    page = visit(dashboard.url)
    senders(page)
    page.get_by_role("combobox", name="Severity").click()
    page.get_by_role("option", name="medium").click()
    page.wait_for_url("**severity=medium**")
    drawn(page)
    fresh = visit(page.url)
    for shown in (page, fresh):
        text = shown.locator(".st-key-incident-card").inner_text()
        assert any(card["account"] in text for card in waiting)
        assert "medium" in text


def test_incidents_alike_are_judged_at_once(own: Dashboard, visit: Visit) -> None:
    """Three clicks: the page, the form, the verdict."""
    page = visit(f"{own.url}/?period=Everything")
    senders(page)
    groups = own.command("incidents", "--sort", "severity")["groups"]
    assert groups
    listed = page.locator(".st-key-incidents .groups").inner_text()
    assert groups[0]["words"] in listed
    page.get_by_text("judge or assign several at once").click()
    drawn(page)
    form = page.locator(".st-key-together")
    form.get_by_label("What were they").fill("drills of the helpdesk")
    form.get_by_role("button", name="All false positive").click()
    number = len(groups[0]["ids"])
    expect(page.get_by_text(f"{number} incidents recorded as false positive")).to_be_visible()
    after = {card["id"]: card["status"] for card in own.command("incidents")["incidents"]}
    assert {after[incident] for incident in groups[0]["ids"]} == {"false_positive"}


def test_an_incident_is_taken(own: Dashboard, visit: Visit) -> None:
    """Two clicks: the card, the button."""
    incident = first_open(own)
    page = visit(own.url)
    to_the_card(page, incident)
    page.get_by_role("button", name="Take it").click()
    expect(page.get_by_text("Assigned to").first).to_be_visible()
    drawn(page)
    (card,) = own.command("incidents", incident)["incidents"]
    assert card["assigned_to"]
    given = f"assigned to {card['assigned_to']}"
    expect(page.locator(".st-key-incident-card").get_by_text(given).first).to_be_visible()
