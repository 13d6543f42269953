"""Questions about money: at most three clicks from the Overview, with the answers of `hve cost`."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from dashboards.parts.amounts import money
from dashboards.spend.centers import NOBODY
from tests.browser.conftest import Dashboard, Visit, drawn
from tests.browser.logins import logged_in, with_login
from tests.browser.test_tasks import follow

pytestmark = pytest.mark.browser

MONTH = "2026-11"
HEAD, ROW = 35, 35  # heights of a table's lines


def tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name).click()
    drawn(page)


def file_of(page: Page, name: str) -> list[dict[str, str]]:
    """The rows of a table's file."""
    with page.expect_download() as download:
        page.get_by_role("button", name=f"CSV: {name}").click()
    text = Path(download.value.path()).read_text("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def click_cell(table: Locator, row: int, column: int = 60) -> None:
    """Clicks on the cell of a row (0 is the first below the head), so far from the left edge."""
    table.scroll_into_view_if_needed()
    table.page.wait_for_timeout(1000)  # a table that just moved takes no click
    table.click(position={"x": column, "y": HEAD + ROW * row + ROW // 2})


def amount(text: str | None) -> Decimal | None:
    """None for an empty cell and for null."""
    return Decimal(text) if text else None


def newest(row: dict[str, Any]) -> str:
    return str(row["months"][-1]["cost"])


def test_who_spends_it_and_on_which_days(dashboard: Dashboard, visit: Visit) -> None:
    """Two clicks: the tile, the account."""
    report = dashboard.command("cost")
    dearest = report["by_account"][0]
    days = dashboard.command("cost", "--days-of", dearest["account"])["days"]
    page = visit(dashboard.url)
    follow(page, "By account")
    click_cell(page.locator(".st-key-by-account [data-testid=stDataFrame]"), 1)
    total = money(days["total"]["cost"], "USD")
    expect(page.get_by_text(f"{dearest['account']} cost {total} in {MONTH}")).to_be_visible()
    drawn(page)
    rows = file_of(page, f"accounts of {MONTH}")
    assert rows[0]["Account"] == "total"
    assert Decimal(rows[0]["So far, USD"]) == Decimal(report["month_to_date"]["cost"])
    assert {row["Account"]: Decimal(row["So far, USD"]) for row in rows[1:]} == {
        line["account"]: Decimal(line["month_to_date"]) for line in report["by_account"]
    }
    page.get_by_text("Numbers behind this chart").last.click()
    drawn(page)
    shown = file_of(page, f"{dearest['account']} cost {total} in {MONTH}")
    assert {row["Day (UTC)"]: Decimal(row["Cost, USD"]) for row in shown} == {
        day["day_utc"]: Decimal(day["cost"]) for day in days["days"]
    }


def test_what_changed_since_last_month(dashboard: Dashboard, visit: Visit) -> None:
    """Two clicks: the tile, the months."""
    table = dashboard.command("cost", "--months", "12")["months"]
    page = visit(dashboard.url)
    follow(page, "By account")
    tab(page, "Months")
    difference = Decimal(table["total"]["difference"])
    way = "more" if difference >= 0 else "less"
    sentence = f"{money(abs(difference), 'USD')} {way} than 2026-10"
    expect(page.get_by_role("heading", name=sentence)).to_be_visible()
    rows = {row["Account"]: row for row in file_of(page, "months by account")}
    assert Decimal(rows["total"]["Difference, USD"]) == difference
    assert len(rows) == 1 + len(table["groups"])
    for group in table["groups"]:
        row = rows[group["name"]]
        assert Decimal(row[f"{MONTH}, USD"]) == Decimal(newest(group))
        assert amount(row["Difference, USD"]) == amount(group["difference"])
        change = float(row["Change"]) / 100 if row["Change"] else None
        assert change == (None if group["ratio"] is None else pytest.approx(group["ratio"]))
        for month in group["months"]:
            assert amount(row[f"{month['month']}, USD"]) == amount(month["cost"])


def test_twelve_months_by_cost_center(dashboard: Dashboard, visit: Visit) -> None:
    """Three clicks: the tile, the months, the grouping."""
    table = dashboard.command("cost", "--months", "12", "--by", "cost_center")["months"]
    page = visit(dashboard.url)
    follow(page, "By account")
    tab(page, "Months")
    page.get_by_role("radio", name="cost center").click()
    drawn(page)
    rows = {row["Cost center"]: row for row in file_of(page, "months by cost center")}
    assert "by=cost+center" in page.url
    for group in table["groups"]:
        row = rows[group["name"] or "no cost center"]
        assert Decimal(row[f"{MONTH}, USD"]) == Decimal(newest(group))
    names = ", ".join(group["name"] or "no cost center" for group in table["groups"])
    assert "HR" in names
    expect(page.locator(".st-key-months").get_by_text("2026-12 to")).to_have_count(0)


def test_a_cell_of_a_month_opens_the_days_of_its_account(
    dashboard: Dashboard, visit: Visit
) -> None:
    """Three clicks: the tile, the months, the cell of the month before."""
    table = dashboard.command("cost", "--months", "12")["months"]
    name = table["groups"][0]["name"]
    before = dashboard.command("cost", "--month", "2026-10", "--days-of", name)["days"]
    page = visit(dashboard.url)
    follow(page, "By account")
    tab(page, "Months")
    click_cell(page.locator(".st-key-months [data-testid=stDataFrame]"), 1, 340)
    total = before["total"]
    mark = "≥ " if total["unread_days"] or total["unknown_recipients"] else ""
    sentence = f"{name} cost {mark}{money(total['cost'], 'USD')} in 2026-10"
    expect(page.get_by_text(sentence)).to_be_visible()


def test_the_estimate_leads_to_the_invoice(dashboard: Dashboard, visit: Visit) -> None:
    """Two clicks: the tile, the part."""
    bridge = dashboard.command("cost")["invoice_bridge"]
    before = dashboard.command("cost", "--month", "2026-10")["invoice_bridge"]
    page = visit(dashboard.url)
    follow(page, "By account")
    tab(page, "Centers and invoice")
    for month, steps in ((MONTH, bridge["steps"]), ("2026-10", before["steps"])):
        invoiced = money(steps[-1]["amount"], "USD")
        expect(page.get_by_role("heading", name=f"{month}: {invoiced} invoiced")).to_be_visible()
        rows = file_of(page, f"from the estimate to the invoice of {month}")
        amounts = [Decimal(row["USD"]) for row in rows]
        assert amounts == [Decimal(step["amount"]) for step in steps]
        assert sum(amounts[:-1], Decimal(0)) == amounts[-1]


def test_which_cost_center_spends_it(dashboard: Dashboard, visit: Visit) -> None:
    """Two clicks: the tile, the part."""
    centers = dashboard.command("cost")["by_cost_center"]
    page = visit(dashboard.url)
    follow(page, "By account")
    tab(page, "Centers and invoice")
    rows = {row["Cost center"]: row for row in file_of(page, f"cost centers of {MONTH}")}
    spent = {line["cost_center"] or NOBODY: Decimal(line["cost"]) for line in centers}
    assert "HR" in spent
    assert {name: Decimal(rows[name]["Estimated, USD"]) for name in spent} == spent


def test_a_budget_is_coloured_by_where_it_is_heading(dashboard: Dashboard, visit: Visit) -> None:
    """One click: the tile."""
    budgets = {budget["name"]: budget for budget in dashboard.command("cost")["budgets"]}
    when = budgets["dearest"]["passes_on_expected"]
    page = visit(dashboard.url)
    follow(page, "Budgets and what-if")
    panel = page.locator(".st-key-budgets")
    expect(panel.get_by_text(f"▲ passes on {when}")).to_be_visible()
    assert panel.locator(".gauge.bad").count() == 1
    assert panel.locator(".gauge.good").count() == len(budgets) - 1


def test_each_page_has_a_title(dashboard: Dashboard, visit: Visit) -> None:
    page = visit(f"{dashboard.url}/spend")
    expect(page).to_have_title("Spend · hve-monitor")


@pytest.fixture(scope="module")
def guarded(dashboard: Dashboard, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    """The tenant's dashboard behind a login."""
    with with_login(dashboard, tmp_path_factory.mktemp("cost-login")) as running:
        yield running


def test_finops_opens_the_days_of_an_account(
    chromium: Browser, guarded: Dashboard, dashboard: Dashboard
) -> None:
    """The role has no page of senders; the name of an account leads to its days."""
    account = dashboard.command("usage", "--by", "account", "--since", "2026-10-26")["rows"]
    largest = max(account, key=lambda row: row["recipients"])["account"]
    page = logged_in(chromium, guarded, "Fiona Ops")
    page.get_by_role("link", name=largest).first.click()
    page.wait_for_url("**/spend?days_of=**")
    drawn(page)
    expect(page.get_by_text(f"{largest} cost ")).to_be_visible()
    expect(page.get_by_text("What this account usually sends")).to_have_count(0)
    page.context.close()
