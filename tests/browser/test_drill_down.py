"""One click on a day leads to its messages, and what was chosen stays chosen on the way."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Dashboard, Visit, drawn

pytestmark = pytest.mark.browser


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
