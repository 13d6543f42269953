"""Hostile text in a real browser: no page runs it, loses it, or is torn apart by its length."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser.conftest import Dashboard, Visit, served
from tests.unit.dashboards.conftest import NOW
from tests.unit.dashboards.hostile_store import SCRIPT, hostile_tenant

pytestmark = pytest.mark.browser

PAGES = (
    "",
    "spend",
    "spend?part=Budgets+and+what-if",
    "spend?part=Centers+and+invoice",
    "senders",
    "delivery",
    "delivery?message=b7",
    "readiness",
    "plan",
    "health",
)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    """The dashboard of a tenant whose every text tries to be more."""
    with served(hostile_tenant(tmp_path_factory.mktemp("hostile")), NOW) as running:
        yield running


@pytest.mark.parametrize("width", [1280, 420])
@pytest.mark.parametrize("page", PAGES)
def test_no_page_runs_what_it_shows(
    hostile: Dashboard, visit: Visit, page: str, width: int
) -> None:
    shown = visit(f"{hostile.url}/{page}", width=width)
    text = shown.locator("body").inner_text()
    assert shown.locator('[data-testid="stException"]').count() == 0
    assert shown.evaluate("() => window.stolen") is None
    assert SCRIPT in text or page == "health"  # there it stands in a grid, which is a canvas
    assert "\u202e" not in text
    assert shown.evaluate("() => document.documentElement.scrollWidth - window.innerWidth") <= 0
