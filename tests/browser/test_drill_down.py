"""One click leads to messages, incidents and findings; what was chosen stays chosen on the way."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import Dashboard, Visit, drawn
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
