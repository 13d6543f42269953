"""Each role logs in at the simulated issuer and sees its pages, and no other by its address."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from hve_monitor.config import load_config
from tests.browser.conftest import NOW, Dashboard, drawn
from tests.browser.logins import logged_in, menu, with_login
from warehouse.configured import store_of
from warehouse.privacy.page_names import shown_mask

pytestmark = pytest.mark.browser

PEOPLE = {
    "finops": ("Fiona Ops", {"Overview", "Spend", "Plan"}),
    "security": ("Sam Oc", {"Overview", "Senders", "Delivery", "Plan"}),
    "mail": ("Max Change", {"Overview", "Delivery", "Readiness", "Plan"}),
    "admin": (
        "Ada Min",
        {"Overview", "Spend", "Senders", "Delivery", "Readiness", "Plan", "Health"},
    ),
}
Enter = Callable[[str], Page]
FORBIDDEN = {"finops": "senders", "security": "spend", "mail": "senders"}


@pytest.fixture(scope="module")
def guarded(dashboard: Dashboard, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    """The tenant's dashboard behind a login."""
    with with_login(dashboard, tmp_path_factory.mktemp("login")) as running:
        yield running


@pytest.fixture
def enter(chromium: Browser, guarded: Dashboard) -> Iterator[Enter]:
    """Logs a role in."""
    pages: list[Page] = []

    def go(role: str) -> Page:
        pages.append(logged_in(chromium, guarded, PEOPLE[role][0]))
        return pages[-1]

    yield go
    for page in pages:
        page.context.close()


def test_nothing_is_shown_before_the_login(chromium: Browser, guarded: Dashboard) -> None:
    context = chromium.new_context()
    page = context.new_page()
    for address in ("", "/senders", "/delivery", "/plan"):
        page.goto(guarded.url + address)
        expect(page.get_by_role("button", name="Log in")).to_be_visible(timeout=30_000)
        text = page.locator("body").inner_text()
        assert "contoso.com" not in text
        assert "As of business time" not in text
    context.close()


@pytest.mark.parametrize("role", PEOPLE)
def test_a_role_sees_its_pages(enter: Enter, role: str) -> None:
    page = enter(role)
    assert set(menu(page)) == PEOPLE[role][1]


@pytest.mark.parametrize("role", FORBIDDEN)
def test_the_address_of_another_page_is_refused(
    enter: Enter, guarded: Dashboard, role: str
) -> None:
    page = enter(role)
    page.goto(f"{guarded.url}/{FORBIDDEN[role]}")
    expect(page.get_by_text("This page is not for your role.")).to_be_visible(timeout=30_000)
    text = page.locator('[data-testid="stMain"]').inner_text()
    assert "As of business time" not in text
    assert "Traceback" not in text


def test_somebody_without_a_role_sees_none(chromium: Browser, guarded: Dashboard) -> None:
    context = chromium.new_context(ignore_https_errors=True)
    page = context.new_page()
    page.goto(guarded.url)
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("link", name="Guest").click()
    expect(page.get_by_text("has no role here")).to_be_visible(timeout=30_000)
    assert "As of business time" not in page.locator("body").inner_text()
    context.close()


def test_a_verdict_bears_the_name_of_who_is_logged_in(enter: Enter, guarded: Dashboard) -> None:
    incident = guarded.command("incidents", "--status", "open")["incidents"][0]["id"]
    page = enter("security")
    page.goto(f"{guarded.url}/senders?incident={incident}")
    drawn(page)
    page.get_by_label("What was it, and how do you know?").fill("called the owner")
    page.get_by_role("button", name="Acknowledged").click()
    expect(page.get_by_text("Recorded: acknowledged")).to_be_visible(timeout=30_000)
    (card,) = guarded.command("incidents", incident)["incidents"]
    assert card["status"] == "acknowledged"
    assert card["verdict"]["author"] == "sam.oc@contoso.com"
    assert card["verdict"]["reason"] == "called the owner"


def shown_name(guarded: Dashboard, person: str) -> str:
    """The pseudonym under which pages show a recipient of contoso."""
    config = load_config(guarded.config)
    with store_of(config) as store:
        return shown_mask(store, config.served[0].name).recipient(person)


def test_finops_sees_pseudonyms_and_reveals_one_with_a_reason(
    enter: Enter, guarded: Dashboard
) -> None:
    person = guarded.command("trace", "--limit", "1")["rows"][0]["recipient"]
    noted = ["plan", "add", "--all", "--recipients", "10", "--note", f"ask {person}"]
    start = NOW.date().isoformat()
    guarded.command(*noted, "--start", start, "--end", f"{start}T23:00:00Z")
    page = enter("finops")
    expect(page.get_by_text("names are pseudonyms for your role")).to_be_visible()
    page.goto(f"{guarded.url}/plan")
    drawn(page)
    assert person not in page.locator("body").inner_text()
    expect(page.get_by_text("ask (address)").first).to_be_visible()
    pseudonym = shown_name(guarded, person)
    page.get_by_text("Reveal a name").click()
    page.get_by_label("Pseudonym").fill(pseudonym)
    page.get_by_role("button", name="Reveal", exact=True).click()
    expect(page.get_by_text("--reason is missing")).to_be_visible()
    page.get_by_label("Reason").fill("budget question")
    page.get_by_role("button", name="Reveal", exact=True).click()
    expect(page.get_by_text(person, exact=True)).to_be_visible()
    entry = guarded.command("audit", "--limit", "1")["entries"][0]
    assert (entry["who"], entry["what"]) == ("fiona.ops@contoso.com", "reveal")
    assert (entry["target"], entry["reason"]) == (pseudonym, "budget question")


def test_a_copied_cookie_is_dead_after_the_log_out(
    chromium: Browser, enter: Enter, guarded: Dashboard
) -> None:
    page = enter("admin")
    thief = chromium.new_context(ignore_https_errors=True)
    thief.add_cookies(page.context.cookies())
    copied = thief.new_page()
    copied.goto(f"{guarded.url}/health")
    expect(copied.get_by_text("ada.min@contoso.com")).to_be_visible(timeout=30_000)
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("button", name="Log in")).to_be_visible(timeout=30_000)
    copied.goto(f"{guarded.url}/health")
    expect(copied.get_by_role("button", name="Log in")).to_be_visible(timeout=30_000)
    assert "As of business time" not in copied.locator("body").inner_text()
    thief.close()


def test_scripts_and_other_sites_do_not_get_the_cookie(enter: Enter) -> None:
    cookies = {cookie["name"]: cookie for cookie in enter("finops").context.cookies()}
    login = cookies["_streamlit_user"]
    assert (login["httpOnly"], login["sameSite"]) == (True, "Lax")


def test_no_page_shows_the_dashboard_in_a_frame(chromium: Browser, guarded: Dashboard) -> None:
    context = chromium.new_context()
    page = context.new_page()
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))
    page.set_content(f'<iframe src="{guarded.url}/plan" width="800" height="600"></iframe>')
    page.wait_for_timeout(3000)
    assert any("frame" in text for text in refused)
    assert not page.frames[1].get_by_role("button").count()
    context.close()
