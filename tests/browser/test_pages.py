"""Every page and every part of one: it draws, axe finds nothing, nothing is cut, focus is seen.

One browser session for each theme walks through all of them: on a wide screen, at 200 % zoom, on a
phone, and as it is printed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.browser.conftest import NOW, Dashboard, drawn, local_page

pytestmark = pytest.mark.browser

PAGES = {
    "overview": "",
    "by account": "spend",
    "months": "spend?part=Months",
    "days of an account": "spend?days_of={account}",
    "budgets": "spend?part=Budgets+and+what-if",
    "centers": "spend?part=Centers+and+invoice",
    "senders": "senders",
    "the card of an incident": "senders?incident={incident}",
    "the profile of an account": "senders?account={account}",
    "delivery": "delivery",
    "a message": "delivery?recipient={recipient}",
    "readiness": "readiness",
    "plan": "plan",
    "health": "health",
}
WITHOUT_CHARTS = ("readiness", "plan")
WIDE, ZOOMED, PHONE, PAPER = 1440, 720, 390, 718  # 720: 1440 at 200 %; 718: A4 without margins
TABS = 40
CUT = """() => {
  const width = document.documentElement.clientWidth, cut = [];
  for (const part of document.querySelectorAll('[data-testid="stMain"] *')) {
    const box = part.getBoundingClientRect(), style = getComputedStyle(part);
    if (box.width <= 1 || box.height <= 1 || style.visibility === 'hidden') continue;
    const hides = part.clientWidth > 1 && (
      (style.overflowX !== 'visible' && part.scrollWidth > part.clientWidth + 1)
      || (style.overflowY !== 'visible' && part.scrollHeight > part.clientHeight + 1));
    if (hides || box.right > width + 1) cut.push(part.outerHTML.slice(0, 160));
  }
  return cut;
}"""
# Words of legends that reach over the edge of their chart.
CUT_LEGENDS = """() => [...document.querySelectorAll('[data-testid="stVegaLiteChart"] svg')]
  .flatMap(chart => [...chart.querySelectorAll('.role-legend text')]
    .filter(word => word.getBoundingClientRect().right > chart.getBoundingClientRect().right)
    .map(word => word.textContent))"""
# The element with the focus, or what stands around it, has a line of two pixels.
UNSEEN = """() => {
  let part = document.activeElement;
  const isDrawn = part && part.closest('canvas');  // cells of a grid: it draws its own line
  if (!part || part === document.body || isDrawn) return '';
  const name = part.outerHTML.slice(0, 160);
  for (let up = 0; part && up < 5; up++, part = part.parentElement) {
    const style = getComputedStyle(part);
    if (style.outlineStyle === 'solid' && parseFloat(style.outlineWidth) >= 2) return '';
  }
  return name;
}"""


@pytest.fixture(scope="module")
def named(dashboard: Dashboard) -> dict[str, str]:
    """What the addresses of PAGES name."""
    failed = dashboard.command("trace", "--status", "failed", "--limit", "1")["rows"][0]
    incidents = dashboard.command("incidents", "--status", "open")["incidents"]
    return {
        "incident": incidents[0]["id"],
        "account": failed["account"],
        "recipient": failed["recipient"],
    }


@pytest.fixture(scope="module", params=["light", "dark"])
def session(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[tuple[str, Page]]:
    """A theme, and a page of it that walks through all addresses."""
    with local_page(chromium, theme=request.param) as page:
        yield request.param, page


def settled(page: Page) -> None:
    """Also what fades in or finds its place after a change: nothing of it is drawn anew."""
    drawn(page)
    page.wait_for_timeout(900)


def resize(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    settled(page)


def violations(page: Page) -> list[tuple[str, str]]:
    """Rule and element of whatever axe finds, of any level."""
    broken = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [(rule["id"], node["html"][:300]) for rule in broken for node in rule["nodes"]]


def scrolls_sideways(page: Page) -> bool:
    main = page.get_by_test_id("stMain")
    return bool(main.evaluate("main => main.scrollWidth > main.clientWidth"))


def unfold(page: Page) -> None:
    """Opens what is closed, all at once: each of them draws the page anew."""
    closed = page.locator("details:not([open]) > summary")
    while closed.count():
        closed.evaluate_all("parts => parts.forEach(part => part.click())")
        settled(page)


def visible(page: Page, selector: str) -> int:
    return sum(part.is_visible() for part in page.locator(selector).all())


def assert_drawn(page: Page, address: str) -> None:
    text = page.locator("body").inner_text()
    assert "Traceback" not in text
    assert not re.search(r"[A-Z][a-z]+Error\b|\bError:", text)
    assert page.get_by_test_id("stException").count() == 0
    title = (address.partition("?")[0] or "overview").capitalize()
    assert page.title() == f"{title} · hve-monitor"
    assert page.get_by_role("heading", name=title, exact=True).count() == 1
    charts = page.get_by_test_id("stVegaLiteChart")
    assert charts.locator("svg").count() >= charts.count()
    assert address in WITHOUT_CHARTS or charts.count() > 0
    assert f"{NOW:%Y-%m-%d}" in text


def assert_focus_is_seen(page: Page) -> None:
    for _ in range(TABS):
        page.keyboard.press("Tab")
        assert page.evaluate(UNSEEN) == ""


def assert_nothing_is_cut_in_print(page: Page) -> None:
    grids = visible(page, '[data-testid="stDataFrame"]')
    page.emulate_media(media="print")
    resize(page, PAPER)
    assert page.evaluate(CUT) == []
    assert visible(page, ".printed table") == grids, "a grid shows a part of its rows and columns"
    page.emulate_media(media="screen")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_whole_in_every_size(
    dashboard: Dashboard, session: tuple[str, Page], named: dict[str, str], name: str
) -> None:
    theme, page = session
    address = PAGES[name].format(**named)
    page.set_viewport_size({"width": WIDE, "height": 900})
    page.goto(f"{dashboard.url}/{address}")
    settled(page)
    assert_drawn(page, address)
    assert violations(page) == []
    if theme == "light":
        assert_focus_is_seen(page)
        assert_nothing_is_cut_in_print(page)
        resize(page, WIDE)
    assert not scrolls_sideways(page)
    unfold(page)
    assert violations(page) == []
    for width in (ZOOMED, PHONE):
        resize(page, width)
        assert not scrolls_sideways(page), width
        assert page.evaluate(CUT_LEGENDS) == [], width
    assert violations(page) == []
