"""Every page in a browser: its numbers are those of the commands, and it looks right."""

from __future__ import annotations

import csv
import io
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect

from dashboards.parts.amounts import count, digits, exact, money
from dashboards.session.access import PAGES
from tests.browser.conftest import HVE, NOW, Dashboard, Visit, drawn, served, tile
from tests.places import ROOT

pytestmark = pytest.mark.browser

DOCS = ROOT / "docs"


def test_overview_shows_what_the_commands_say(dashboard: Dashboard, visit: Visit) -> None:
    page = visit(dashboard.url)
    cost = dashboard.command("cost")
    incidents = dashboard.command("incidents", "--status", "open")["incidents"]
    since = (NOW - timedelta(days=7)).isoformat()
    week = dashboard.command(
        "usage", "--by", "tenant", "--since", since, "--until", NOW.isoformat()
    )
    assert tile(page, "Spent this month") == money(cost["month_to_date"]["cost"], "USD")
    assert tile(page, "Expected by month end") == money(cost["projection"]["month_end"], "USD")
    assert tile(page, "Recipients, last 7 days") == count(week["rows"][0]["recipients"])
    assert tile(page, "Open incidents") == str(len(incidents))
    low, high = cost["projection"]["p80"]
    expect(page.get_by_text(f"80 %: {digits(low)} – {digits(high)}")).to_be_visible()


def test_spend_shows_what_the_command_says(dashboard: Dashboard, visit: Visit) -> None:
    cost = dashboard.command("cost", "--month", "2026-10")
    page = visit(f"{dashboard.url}/spend?month=2026-10")
    assert tile(page, "Spent in the month") == money(cost["month_to_date"]["cost"], "USD")
    assert tile(page, "Billable recipients") == count(cost["month_to_date"]["billable_recipients"])
    expect(page.get_by_text(f"together {exact(cost['month_to_date']['cost'])} USD")).to_be_visible()


def test_an_incident_is_one_click_from_the_overview(dashboard: Dashboard, visit: Visit) -> None:
    found = dashboard.command("incidents", "--status", "open")["incidents"]
    rank = {"high": 0, "medium": 1, "low": 2}
    first = min(found, key=lambda card: rank[card["severity"]])
    page = visit(dashboard.url)
    page.get_by_text("See why and what to do").first.click()
    page.wait_for_url(f"**/senders?**incident={first['id']}**")
    drawn(page)
    card = page.locator(".st-key-incident-card")
    expect(card.get_by_role("definition").filter(has_text=first["id"])).to_be_visible()
    expect(card.get_by_text(first["reasons"][0]).first).to_be_visible()
    expect(card.get_by_text("Next steps")).to_be_visible()


def test_a_shared_address_opens_the_same_view(dashboard: Dashboard, visit: Visit) -> None:
    account = dashboard.command("usage", "--by", "account")["rows"][0]["account"]
    page = visit(f"{dashboard.url}/senders?account={account}&period=90+days")
    expect(page.get_by_text(f"Account {account}")).to_be_visible()
    page.locator('[data-testid="stButtonGroup"]').get_by_text("7 days", exact=True).click()
    page.wait_for_url("**period=7+days**")
    drawn(page)
    assert f"account={account.replace('@', '%40')}" in page.url


def test_search_finds_and_downloads_what_the_command_finds(
    dashboard: Dashboard, visit: Visit
) -> None:
    recipient = dashboard.command("trace", "--status", "failed", "--limit", "1")["rows"][0][
        "recipient"
    ]
    rows = dashboard.command("trace", "--recipient", recipient)["rows"]
    page = visit(f"{dashboard.url}/delivery?period=Everything")
    page.get_by_label("Recipient", exact=True).fill(recipient)
    page.get_by_test_id("stBaseButton-primaryFormSubmit").click()
    expect(page.get_by_text("all that match")).to_be_visible()
    drawn(page)
    with page.expect_download() as download:
        page.get_by_text("as CSV").click()
    text = Path(download.value.path()).read_text(encoding="utf-8-sig")
    found = list(csv.DictReader(io.StringIO(text)))
    assert [row["id"] for row in found] == [row["id"] for row in rows]


def test_nothing_found_says_whether_all_was_read(dashboard: Dashboard, visit: Visit) -> None:
    page = visit(f"{dashboard.url}/delivery?recipient=nobody@contoso.com")
    expect(page.get_by_text("Nothing found")).to_be_visible()
    expect(page.get_by_text("there was no such message")).to_be_visible()


def test_no_table_offers_a_download_that_would_run_formulas(
    dashboard: Dashboard, visit: Visit
) -> None:
    page = visit(f"{dashboard.url}/delivery")
    buttons = page.get_by_label("Download as CSV")
    assert buttons.count() > 0
    assert not any(button.is_visible() for button in buttons.all())


def test_days_are_utc_wherever_the_browser_is(dashboard: Dashboard, visit: Visit) -> None:
    page = visit(dashboard.url)
    axis = page.locator('[data-testid="stVegaLiteChart"] [aria-label^="X-axis"]').first
    assert "utc scale with values from 10-26 to" in str(axis.get_attribute("aria-label"))
    expect(page.get_by_text("as of 2026-11-24 15:00 UTC").first).to_be_visible()


def test_the_pictures_of_the_pages(visit: Visit, tmp_path: Path) -> None:
    arguments = ["demo", "--headless", "--json", "--now", NOW.isoformat()]
    subprocess.run([*HVE, *arguments], cwd=tmp_path, check=True, capture_output=True)
    with served(tmp_path / "data" / "demo" / "hve.toml") as demo:
        page = visit(demo.url)
        for name in PAGES:
            page.goto(f"{demo.url}/{'' if name == 'overview' else name}")
            drawn(page)
            picture = DOCS / ("overview.png" if name == "overview" else f"pages/{name}.png")
            picture.parent.mkdir(exist_ok=True)
            _compress(page.screenshot(), picture)
    assert all(picture.stat().st_size > 15_000 for picture in (DOCS / "pages").iterdir())


def _compress(screenshot: bytes, picture: Path) -> None:
    """Writes it with 255 colours, rare ones among them: half of the bytes."""
    with Image.open(io.BytesIO(screenshot)) as shown:
        few = shown.convert("RGB").quantize(255, Image.Quantize.FASTOCTREE)
    few.save(picture, optimize=True)
