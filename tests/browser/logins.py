"""A dashboard with a login at the simulated issuer, and the way through its door."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from simulator import Server
from tests.browser.conftest import NOW, WATCH, Dashboard, drawn, served
from tests.simulated import FaultyTenant, serve

AUTH = """
[auth]
secrets_file = "secrets.toml"
roles_claim = "roles"
roles = { finops = ["FinOps"], security = ["SOC"], mail = ["ExchangeAdmins"], admin = ["Admins"] }
"""
SECRETS = """
[auth]
redirect_uri = "http://127.0.0.1:{{port}}/oauth2callback"
cookie_secret = "a-long-secret-of-the-browser-tests-alone"
client_id = "{client_id}"
client_secret = "{client_secret}"
server_metadata_url = "{login}/{tenant_id}/v2.0/.well-known/openid-configuration"
"""


@contextmanager
def with_login(dashboard: Dashboard, folder: Path) -> Iterator[Dashboard]:
    """The same store behind a login."""
    tenant = FaultyTenant(now=NOW, staff=20, days=2)
    with serve(tenant) as issuer, served(_configured(dashboard, folder, issuer)) as running:
        yield running


def _configured(dashboard: Dashboard, folder: Path, issuer: Server) -> Path:
    source = dashboard.config.parent
    for name in ("contoso.secret", "hve.toml"):
        shutil.copyfile(source / name, folder / name)
    shutil.copyfile(issuer.ca_file, folder / "ca.pem")
    shutil.copytree(source / "store", folder / "store")
    tenant, file = issuer.tenant, folder / "hve.toml"
    with file.open("a", encoding="utf-8") as text:
        text.write(AUTH)
    (folder / "secrets.toml").write_text(
        SECRETS.format(
            client_id=tenant.client_id,
            client_secret=tenant.client_secret,
            tenant_id=tenant.tenant_id,
            login=issuer.endpoints["login"],
        ),
        encoding="utf-8",
    )
    return file


def logged_in(chromium: Browser, dashboard: Dashboard, person: str) -> Page:
    """The first page that a person of the simulated organisation sees after logging in.

    The browser takes the issuer's throw-away certificate; the dashboard itself verifies it.
    """
    context = chromium.new_context(
        viewport={"width": 1280, "height": 900}, ignore_https_errors=True
    )
    context.add_init_script(WATCH)
    page = context.new_page()
    page.goto(dashboard.url)
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("link", name=person).click()
    page.wait_for_url(f"{dashboard.url}/**")
    expect(page.get_by_text("Log out")).to_be_visible(timeout=30_000)
    return page


def menu(page: Page) -> list[str]:
    """The pages that the navigation offers."""
    drawn(page)
    links = page.locator('[data-testid="stTopNavLink"]')
    return [text.strip().splitlines()[-1] for text in links.all_inner_texts()]
