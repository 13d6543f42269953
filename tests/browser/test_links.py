"""Every kind of link of every page opens what it names in a session that has been used.

Links of one kind open the same page and name the same filters: they are drawn by the same lines.
"""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Dashboard, Visit, drawn

pytestmark = pytest.mark.browser
PAGES = ("Overview", "Spend", "Senders", "Delivery", "Readiness", "Plan", "Health")
LINKS = '[data-testid="stPageLink"] a'


def choose_account(page: Page, account: str) -> None:
    field = page.get_by_role("combobox", name="Account")
    field.click()
    field.fill(account)
    field.press("Enter")
    page.wait_for_url(f"**account={account.replace('@', '%40')}**")
    drawn(page)


def menu(page: Page, title: str) -> None:
    """A page by the menu, in the same session."""
    page.get_by_test_id("stTopNavLink").filter(has_text=title).first.click()
    expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible()
    drawn(page)


def used(visit: Visit, dashboard: Dashboard) -> Page:
    """Somebody has looked at another account and for another recipient."""
    rows = dashboard.command("usage", "--by", "account")["rows"]
    quiet = min(rows, key=lambda row: row["recipients"])["account"]
    page = visit(f"{dashboard.url}/senders")
    choose_account(page, quiet)
    menu(page, "Delivery")
    page.get_by_label("Recipient", exact=True).fill("nobody@contoso.com")
    page.get_by_test_id("stBaseButton-primaryFormSubmit").click()
    expect(page.get_by_text("Nothing found")).to_be_visible()
    return page


def shown(page: Page) -> str:
    """The text of the page without the menu."""
    return page.get_by_test_id("stMain").inner_text()


def kinds(page: Page) -> list[int]:
    """The place of the first link of each kind."""
    hrefs = page.locator(LINKS).evaluate_all("links => links.map(link => link.href)")
    places: dict[tuple[str, ...], int] = {}
    for place, href in enumerate(hrefs):
        address = urlsplit(href)
        places.setdefault((address.path, *parse_qs(address.query)), place)
    return list(places.values())


def test_every_link_wins_over_a_used_session(dashboard: Dashboard, visit: Visit) -> None:
    page, fresh, tried = used(visit, dashboard), visit(dashboard.url), 0
    for title in PAGES:
        menu(page, title)
        for place in kinds(page):
            menu(page, title)
            link = page.locator(LINKS).nth(place)
            href = str(link.evaluate("link => link.href"))
            link.click()
            page.wait_for_url(lambda url, href=href: urlsplit(url).path == urlsplit(href).path)
            drawn(page)
            fresh.goto(href)
            drawn(fresh)
            assert shown(page) == shown(fresh), (title, href)
            assert parse_qs(urlsplit(page.url).query) == parse_qs(urlsplit(fresh.url).query), href
            tried += 1
    assert tried >= 10


def test_back_shows_what_the_page_showed(dashboard: Dashboard, visit: Visit) -> None:
    page = used(visit, dashboard)
    menu(page, "Overview")
    page.get_by_text("See why and what to do").first.click()
    page.wait_for_url("**incident=**")
    drawn(page)
    page.go_back()
    expect(page.get_by_role("heading", name="Overview", exact=True)).to_be_visible()
    page.go_forward()
    page.wait_for_url("**incident=**")


@pytest.mark.parametrize(
    ("address", "line"),
    [
        ("senders?incident=nope", "incident nope"),
        ("senders?account=nobody@contoso.com", "account nobody@contoso.com"),
        ("spend?month=2010-09", "month 2010-09"),
        ("spend?part=Nowhere", "tab Nowhere"),
        ("delivery?message=nope", "This message is not stored"),
    ],
)
def test_what_an_address_names_and_is_not_there_is_said(
    dashboard: Dashboard, visit: Visit, address: str, line: str
) -> None:
    page = visit(f"{dashboard.url}/{address}")
    expect(page.get_by_text(line)).to_be_visible()
