"""axe finds no serious violation: every page and every part of one, in both themes."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.conftest import Dashboard, Visit, drawn

pytestmark = pytest.mark.browser

PAGES = {
    "overview": "",
    "by account": "spend",
    "months": "spend?part=Months",
    "days of an account": "spend?days_of={account}",
    "budgets": "spend?part=Budgets+and+what-if",
    "centers": "spend?part=Centers+and+invoice",
    "the card of an incident": "senders?incident={incident}",
    "the profile of an account": "senders?account={account}",
    "delivery": "delivery",
    "a message": "delivery?recipient={recipient}",
    "readiness": "readiness",
    "plan": "plan",
    "health": "health",
}


# A theme changes colours alone: all other rules would say of the dark one what they said before.
RULES: dict[str, dict[str, list[str]]] = {"light": {}, "dark": {"runOnly": ["color-contrast"]}}


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


def serious(page: Page, theme: str) -> list[tuple[str, str]]:
    """Rule and element of what axe calls serious or critical."""
    options = {"resultTypes": ["violations"], **RULES[theme]}
    found = Axe().run(page, options=options).response["violations"]
    hard = [each for each in found if each["impact"] in ("serious", "critical")]
    return [(each["id"], node["html"][:300]) for each in hard for node in each["nodes"]]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_no_serious_violation(
    dashboard: Dashboard, visit: Visit, named: dict[str, str], name: str, theme: str
) -> None:
    page = visit(f"{dashboard.url}/{PAGES[name].format(**named)}", theme=theme)
    assert serious(page, theme) == []
    closed = page.locator("details:not([open]) > summary")
    if not closed.count():
        return
    while closed.count():
        closed.first.click()
        drawn(page)
    assert serious(page, theme) == []
