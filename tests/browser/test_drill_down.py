"""One click leads to messages, incidents and findings; what was chosen stays chosen on the way."""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from dashboards.parts.amounts import count
from tests.browser.conftest import Dashboard, Visit, drawn, served
from tests.browser.test_cost_tasks import click_cell

pytestmark = pytest.mark.browser
WITH_MAIL = "cells => cells.findIndex(cell => !(cell.__data__?.datum?.recipients <= 0))"


def test_a_day_of_the_chart_opens_its_messages_and_keeps_days_and_clock(
    dashboard: Dashboard, visit: Visit
) -> None:
    """The day under the pointer is the one that opens; what was chosen stays in the address."""
    own = "first=2026-11-08&last=2026-11-18"
    page = visit(f"{dashboard.url}/?{own}&clock=tenant+time", width=1440)
    rows = dashboard.command("usage", "--by", "day", "--since", "2026-11-08", "--until",
                             "2026-11-19")["rows"]  # fmt: skip
    total = sum(row["recipients"] for row in rows)
    expect(page.get_by_text(f"{total:,} recipients in {len(rows)} days")).to_be_visible()
    expect(page.get_by_text("Thin line: the 11 days before.")).to_be_visible()
    chart = page.locator("[data-testid=stVegaLiteChart]").first
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    assert box
    middle = {"x": box["width"] / 2, "y": box["height"] / 2}
    chart.hover(position=middle)
    told = page.locator("#vg-tooltip-element td.value")
    day, whole = (told.nth(place).inner_text() for place in (0, 1))
    assert whole == f"{next(row for row in rows if row['day_utc'] == day[:10])['recipients']:,}"
    chart.click(position=middle)
    page.wait_for_url(f"**/delivery?**since={day[:10]}**")
    drawn(page)
    assert own in page.url
    assert "clock=tenant+time" in page.url
    expect(page.get_by_text("CET").first).to_be_visible()


def test_a_cell_opens_an_incident_and_drawn_cells_and_signs_lead_on(
    dashboard: Dashboard, visit: Visit
) -> None:
    """The list of incidents, coverage, and the readiness board."""
    page = visit(f"{dashboard.url}/senders?period=Everything&judgement=any", width=1440)
    page.wait_for_url("**incident=**")
    first = page.url
    click_cell(page.locator(".st-key-incidents [data-testid=stDataFrame]"), 1, 300)
    page.wait_for_url(lambda url: "incident=" in url and url != first)
    drawn(page)
    chosen = parse_qs(urlsplit(page.url).query)["incident"][0]
    (card,) = dashboard.command("incidents", chosen)["incidents"]
    expect(page.locator(".st-key-incident-card")).to_contain_text(card["account"])

    page.goto(f"{dashboard.url}/health")
    drawn(page)
    click_cell_of(page.get_by_test_id("stMain"))
    (account,) = parse_qs(urlsplit(page.url).query)["account"]
    assert account in {row["account"] for row in accounts(dashboard)}
    drawn(page)

    page.goto(f"{dashboard.url}/readiness")
    drawn(page)
    page.locator(".st-key-board td a .mark").first.click()
    page.wait_for_url("**/readiness?check=**")
    drawn(page)
    expect(page.locator(".st-key-findings [data-testid=stExpander]")).to_have_count(1)


def accounts(dashboard: Dashboard) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = dashboard.command("usage", "--by", "account")["rows"]
    return rows


def click_cell_of(panel: Locator) -> None:
    """Clicks on the first cell that is not empty, and waits for the messages of its day."""
    cells = panel.locator(".mark-rect path")
    cells.first.wait_for()
    place = cells.evaluate_all(WITH_MAIL)
    assert place >= 0
    cell = cells.nth(place)
    cell.scroll_into_view_if_needed()
    panel.page.wait_for_timeout(1000)
    cell.click()
    panel.page.wait_for_url("**/delivery?**since=**")


def asked(page: Page) -> dict[str, str]:
    """What the address of the page names."""
    return {name: texts[0] for name, texts in parse_qs(urlsplit(page.url).query).items()}


def assert_messages_of_a_day(page: Page, dashboard: Dashboard, account: str) -> None:
    """The page shows as many messages of the account and day as the command."""
    drawn(page)
    names = asked(page)
    assert (names["account"], names["until"]) == (account, names["since"])
    after = f"{date.fromisoformat(names['since']) + timedelta(days=1)}"
    whose = ("--sender", account, "--since", names["since"], "--until", after, "--limit", "1")
    total = dashboard.command("trace", *whose)["total"]
    assert total > 0
    expect(page.get_by_role("heading", name=f"{count(total)} row")).to_be_visible()


def test_an_hour_of_the_week_opens_the_messages_of_its_newest_day(
    dashboard: Dashboard, visit: Visit
) -> None:
    account = accounts(dashboard)[0]["account"]
    page = visit(f"{dashboard.url}/senders?account={account}", width=1440)
    title = page.get_by_role("heading", name="Busiest hour of the week")
    panel = page.get_by_test_id("stVerticalBlock").filter(has=title).last
    click_cell_of(panel)
    assert_messages_of_a_day(page, dashboard, account)


def test_the_bar_of_a_plan_opens_the_messages_of_its_days(
    dashboard: Dashboard, visit: Visit, tmp_path: Path
) -> None:
    account = accounts(dashboard)[0]["account"]
    shutil.copytree(dashboard.config.parent, tmp_path, dirs_exist_ok=True)
    with served(tmp_path / "hve.toml") as own:
        window = ("--start", "2026-11-18T06:00:00Z", "--end", "2026-11-18T18:00:00Z")
        own.command("plan", "add", "--account", account, "--recipients", "100", *window)
        page = visit(f"{own.url}/plan", width=1440)
        page.locator(".mark-rect path").first.click()
        page.wait_for_url("**/delivery?**since=2026-11-18**")
        assert_messages_of_a_day(page, dashboard, account)


def test_a_click_on_delivery_itself_searches_there(dashboard: Dashboard, visit: Visit) -> None:
    """A day of the chart of rates, and a recipient domain."""
    page = visit(f"{dashboard.url}/delivery", width=1440)
    chart = page.get_by_test_id("stVegaLiteChart").first
    chart.scroll_into_view_if_needed()
    page.wait_for_timeout(1000)
    box = chart.bounding_box()
    assert box
    chart.click(position={"x": box["width"] / 2, "y": box["height"] / 2})
    page.wait_for_url("**/delivery?**since=**")
    drawn(page)
    day = asked(page)["since"]
    after = f"{date.fromisoformat(day) + timedelta(days=1)}"
    total = dashboard.command("trace", "--since", day, "--until", after, "--limit", "1")["total"]
    expect(page.get_by_role("heading", name=count(total))).to_be_visible()

    page = visit(f"{dashboard.url}/delivery?figures=true", width=1440)
    title = page.get_by_role("heading", name="By domain: ")
    panel = page.locator(".st-key-figures-panel")
    expect(title).to_be_visible()
    domain = dashboard.command("trace", "--summary", "--since", "2026-10-26")["by_domain"][0]
    click_cell(panel.get_by_test_id("stDataFrame").nth(1), 0)
    page.wait_for_url("**/delivery?**recipient=**")
    drawn(page)
    assert asked(page)["recipient"] == f"@{domain['domain']}"
    expect(page.get_by_label("Recipient", exact=True)).to_have_value(f"@{domain['domain']}")
