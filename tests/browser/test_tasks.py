"""Named tasks: at most three clicks from the Overview, and the answer is that of the commands."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from dashboards.parts.amounts import count, day, money
from hve_monitor.plural import plural
from tests.browser.conftest import Dashboard, Visit, drawn, tile

pytestmark = pytest.mark.browser


def follow(page: Page, link: str) -> None:
    """One click on a tile's link."""
    page.get_by_text(link, exact=True).first.click()
    drawn(page)


def test_what_will_this_month_cost(dashboard: Dashboard, visit: Visit) -> None:
    ahead = dashboard.command("cost")["projection"]
    page = visit(dashboard.url)
    assert tile(page, "Expected by month end") == money(ahead["month_end"], "USD")
    follow(page, "By account")
    assert tile(page, "At month end") == money(ahead["month_end"], "USD")


def test_which_account_will_pass_its_budget_and_when(dashboard: Dashboard, visit: Visit) -> None:
    budgets = {budget["name"]: budget for budget in dashboard.command("cost")["budgets"]}
    when = day(budgets["dearest"]["passes_on_expected"])
    page = visit(dashboard.url)
    follow(page, "Budgets and what-if")
    panel = page.locator(".st-key-budgets")
    expect(panel.get_by_text(f"Budget dearest is expected to be passed on {when}")).to_be_visible()


def test_what_would_40000_staff_twice_a_week_cost(dashboard: Dashboard, visit: Visit) -> None:
    page = visit(dashboard.url)
    follow(page, "Budgets and what-if")
    panel = page.locator(".st-key-whatif")
    number = panel.get_by_label("Recipients of one send")
    number.fill("40000")
    number.press("Enter")
    drawn(page)
    panel.get_by_role("slider", name="How many sends").press("ArrowRight")
    drawn(page)
    panel.get_by_text("week", exact=True).click()
    expect(panel.get_by_text("2 sends a week to 40,000 recipients")).to_be_visible()
    drawn(page)
    account = panel.get_by_role("combobox").first.input_value()
    asked = ("--account", account, "--recipients", "40000", "--sends", "2", "--every", "week")
    found = dashboard.command("whatif", *asked)
    expect(panel.get_by_text(f"{money(found['per_month']['cost'], 'USD')} a month")).to_be_visible()
    expect(panel.get_by_text(money(found["total"]["cost"], "USD"))).to_be_visible()
    assert "if_recipients=40000" in page.url
    lines = " ".join(panel.locator("li").all_inner_texts())
    for budget in found["budgets"]:
        together, amount = money(budget["together"], "USD"), money(budget["amount"], "USD")
        assert f"{budget['name']}: {together} of {amount} expected by" in lines


def test_why_did_this_mail_not_arrive(dashboard: Dashboard, visit: Visit) -> None:
    found = dashboard.command("trace", "--status", "failed", "--events", "--limit", "50")
    message, failed = next(
        (message, recipient)
        for message in found["messages"]
        for recipient in message["recipients"]
        if recipient["status"] == "failed" and recipient["events"]
    )
    event = next(event for event in failed["events"] if event["event"] == "Fail")
    meaning = dashboard.command("explain", event["description"])["matches"][0]["meaning"]
    page = visit(dashboard.url)
    follow(page, "What failed, and why")
    page.get_by_label("Recipient", exact=True).fill(failed["recipient"])
    page.get_by_label("Trace id", exact=True).fill(message["id"])
    page.get_by_test_id("stBaseButton-primaryFormSubmit").click()
    way = page.locator(".st-key-timeline")
    expect(way.get_by_text(f"{failed['recipient']}: failed")).to_be_visible()
    drawn(page)
    expect(way.get_by_text(event["description"]).first).to_be_visible()
    expect(way.get_by_text(meaning).first).to_be_visible()


def test_is_every_account_set_up_right(dashboard: Dashboard, visit: Visit) -> None:
    report = dashboard.command("readiness", codes=(0, 3))
    ready = sum(not row["fail"] and not row["unknown"] for row in report["accounts"])
    page = visit(dashboard.url)
    assert tile(page, "Checks that fail") == count(report["failed"])
    follow(page, "What to fix")
    expected = f"{count(ready)} of {plural(len(report['accounts']), 'account')}"
    expect(page.locator(".st-key-headline").get_by_text(expected)).to_be_visible()
    first = report["findings"][0]
    expect(page.locator(".st-key-findings").get_by_text(first["evidence"]).first).to_be_visible()


def test_is_the_data_complete(dashboard: Dashboard, visit: Visit) -> None:
    report = dashboard.command("usage")["coverage"]
    page = visit(dashboard.url)
    follow(page, "Gaps, runs and quota")
    assert tile(page, "Coverage") == {True: "complete", False: "incomplete"}[report["complete"]]
    expect(page.get_by_text("Every window was read up to 2026-11-24 15:00 UTC")).to_be_visible()


def test_the_focus_download_is_the_export(
    dashboard: Dashboard, visit: Visit, tmp_path: Path
) -> None:
    """Two clicks: the page, the button."""
    dashboard.command("export", "focus", "--out", str(tmp_path / "ours.csv"))
    page = visit(dashboard.url)
    page.get_by_role("link", name="Spend", exact=True).first.click()
    page.wait_for_url("**/spend**")
    drawn(page)
    with page.expect_download() as download:
        page.get_by_text("Estimated, csv").click()
    assert Path(download.value.path()).read_bytes() == (tmp_path / "ours.csv").read_bytes()


def test_a_bar_of_the_overview_leads_to_the_messages_of_its_day(
    dashboard: Dashboard, visit: Visit
) -> None:
    page = visit(dashboard.url)
    chart = page.get_by_test_id("stVegaLiteChart").first
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    assert box is not None
    chart.click(position={"x": 0.4 * box["width"], "y": box["height"] - 60})
    page.wait_for_url("**/delivery?since=**")
    drawn(page)
    first = parse_qs(urlsplit(page.url).query)["since"][0]
    after = f"{date.fromisoformat(first) + timedelta(days=1)}"
    total = dashboard.command("trace", "--since", first, "--until", after, "--limit", "1")["total"]
    expect(page.get_by_role("heading", name=count(total))).to_be_visible()


def test_the_choice_of_period_goes_along(dashboard: Dashboard, visit: Visit) -> None:
    page = visit(dashboard.url)
    page.locator('[data-testid="stButtonGroup"]').get_by_text("7 days", exact=True).click()
    page.wait_for_url("**period=7+days**")
    for name in ("Spend", "Delivery"):
        page.get_by_role("link", name=name, exact=True).first.click()
        page.wait_for_url(f"**/{name.lower()}**")
        drawn(page)
    assert "period=7+days" in page.url
