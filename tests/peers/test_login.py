"""Login in Chromium through nginx with the shipped file, at a certified provider from npm."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import trustme
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from tests.browser.conftest import ARGUMENTS, CHROMIUM, WATCH, served
from tests.browser.logins import menu
from tests.nginx import BEHIND, LISTEN, NAME, laid_out
from tests.peers.conftest import free_port, program

pytestmark = pytest.mark.peers
PROVIDER = "oidc-provider@8.8.1"
NOW = datetime(2026, 11, 21, tzinfo=UTC)
ADDRESS = "127.0.0.43"  # of this machine, and nobody else's: its ports 443 and 8443 are free
PORTS = (443, 8443)
SECONDS = 20.0
PROGRAMS_TAKE = 8 * 1024  # in one line, unless told otherwise: nginx and Python's websockets


def group(number: int) -> str:
    """The object id of a group."""
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{number}.contoso.com"))


ADMINS, FINOPS = group(1), group(2)
MANY = [group(number) for number in range(100, 159)]
PEOPLE = {
    "ada": {"groups": [ADMINS], "email": "ada.min@contoso.com", "name": "Ada Min"},
    "fiona": {"groups": [*MANY, FINOPS], "email": "fiona.ops@contoso.com", "name": "Fiona Ops"},
    "guest": {"groups": MANY[:1], "email": "guest@contoso.com", "name": "Guest"},
}
CONFIGURATION = f"""
[warehouse]
path = "data/local"
[endpoints]
ca_bundle = "ca.pem"
[auth]
secrets_file = "secrets.toml"
roles_claim = "groups"
roles = {{ finops = ["{FINOPS}"], admin = ["{ADMINS}"] }}
"""
SECRETS = """
[auth]
redirect_uri = "{redirect}"
cookie_secret = "a-long-secret-of-the-login-tests-alone"
client_id = "hve"
client_secret = "another-long-secret-of-these-tests"
server_metadata_url = "{issuer}/.well-known/openid-configuration"
"""
# What the file itself says to take out where the dashboard has a login.
BASIC = '    auth_basic "hve-monitor";\n    auth_basic_user_file /etc/nginx/certificates/users;\n'


def redirect(port: int) -> str:
    """Where the provider sends browsers back to."""
    return f"https://{host(port)}/oauth2callback"


def host(port: int) -> str:
    """The name of the dashboard as browsers write it."""
    return NAME if port == 443 else f"{NAME}:{port}"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@contextmanager
def running(command: list[str], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A program until the block ends; it logs to a file named as itself."""
    with (folder / f"{Path(command[0]).name}.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
        try:
            yield process
        finally:
            process.terminate()
            process.wait(SECONDS)


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the provider in it."""
    folder = tmp_path_factory.mktemp("provider")
    options = ["--no-audit", "--no-fund", "--ignore-scripts", "--silent"]
    subprocess.run([program("npm"), "install", *options, PROVIDER], cwd=folder, check=True)
    shutil.copy(Path(__file__).with_name("provider.mjs"), folder)
    return folder


@pytest.fixture(scope="module")
def issuer(package: Path, authority: trustme.CA) -> Iterator[str]:
    """The address of a running provider that knows PEOPLE."""
    certificate = authority.issue_cert("localhost")
    certificate.private_key_and_cert_chain_pem.write_to_path(str(package / "issuer.pem"))
    address = f"https://localhost:{free_port()}"
    addresses = [redirect(port) for port in PORTS]
    settings = {
        "issuer": address,
        "people": PEOPLE,
        "certificate": "issuer.pem",
        "client": {
            "client_id": "hve",
            "client_secret": "another-long-secret-of-these-tests",
            "redirect_uris": addresses,
            "post_logout_redirect_uris": addresses,
        },
    }
    (package / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
    with running([program("node"), "provider.mjs", "settings.json"], package):
        wait_for(package / "node.log", "ready")
        yield address


def wait_for(log: Path, word: str) -> None:
    ends_at = time.monotonic() + SECONDS
    while word not in (text := log.read_text(encoding="utf-8")):
        assert time.monotonic() < ends_at, text
        time.sleep(0.1)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser that knows the name of the dashboard."""
    rule = f"--host-resolver-rules=MAP {NAME} {ADDRESS}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGUMENTS, rule])
        yield browser
        browser.close()


@pytest.fixture(scope="module", params=PORTS)
def site(
    request: pytest.FixtureRequest,
    store: Path,
    issuer: str,
    authority: trustme.CA,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """The address of the dashboard behind nginx, at either port."""
    port: int = request.param
    folder = tmp_path_factory.mktemp("site")
    shutil.copytree(store / "data", folder / "data")
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    (folder / "hve.toml").write_text(CONFIGURATION, encoding="utf-8")
    secrets = SECRETS.format(redirect=redirect(port), issuer=issuer)
    (folder / "secrets.toml").write_text(secrets, encoding="utf-8")
    with served(folder / "hve.toml", NOW) as dashboard:
        places = {LISTEN: f"listen {ADDRESS}:{port} ssl", BEHIND: dashboard.url, BASIC: ""}
        with running(laid_out(folder, authority, places), folder):
            yield f"https://{host(port)}"


@dataclass
class Visitor:
    """A browser window, and what its pages asked for and complained about."""

    page: Page
    hosts: set[str] = field(default_factory=set)
    complaints: list[str] = field(default_factory=list)

    def hears(self, message: ConsoleMessage) -> None:
        """Remembers what a page complains about, such as its policy."""
        if message.type == "error":
            self.complaints.append(f"{message.location['url']}: {message.text}")

    def enters(self, site: str, person: str) -> None:
        """Logs a person in."""
        self.page.goto(site)
        self.page.get_by_role("button", name="Log in").click()
        self.page.get_by_role("link", name=person).click()
        self.page.wait_for_url(f"{site}/**")

    def leaves(self) -> None:
        """Logs out, at the provider too."""
        self.page.get_by_role("button", name="Log out").click()
        self.page.get_by_role("button", name="Yes").click()
        expect(self.page.get_by_role("button", name="Log in")).to_be_visible()

    @property
    def cookies(self) -> dict[str, str]:
        """What the dashboard left in the browser."""
        jar = self.page.context.cookies(self.page.url)
        return {str(cookie["name"]): str(cookie["value"]) for cookie in jar}


@pytest.fixture
def visitor(chromium: Browser) -> Iterator[Visitor]:
    """Somebody at the dashboard whose pages ask nobody else, and complain about nothing."""
    # The certificates of nginx and provider are of nobody that browsers trust.
    context = chromium.new_context(ignore_https_errors=True)
    context.add_init_script(WATCH)
    visitor = Visitor(context.new_page())
    context.on("request", lambda asked: visitor.hosts.add(str(urlsplit(asked.url).hostname)))
    context.on("console", visitor.hears)
    yield visitor
    links = visitor.page.locator("a[href^=http]").evaluate_all("all => all.map(a => a.hostname)")
    context.close()
    assert visitor.complaints == []
    assert visitor.hosts | set(links) <= {NAME, "localhost"}


def test_an_administrator_sees_every_page_until_the_log_out(
    chromium: Browser, visitor: Visitor, site: str
) -> None:
    visitor.enters(site, "ada")
    assert set(menu(visitor.page)) == {
        "Overview", "Spend", "Senders", "Delivery", "Readiness", "Plan", "Health",
    }  # fmt: skip
    thief = chromium.new_context(ignore_https_errors=True)
    thief.add_cookies(visitor.page.context.cookies())
    copied = thief.new_page()
    copied.goto(f"{site}/health")
    expect(copied.get_by_text("ada.min@contoso.com")).to_be_visible()
    visitor.leaves()
    copied.goto(f"{site}/health")
    expect(copied.get_by_role("button", name="Log in")).to_be_visible()
    thief.close()


def test_sixty_groups_and_large_tokens_get_through(visitor: Visitor, site: str) -> None:
    visitor.enters(site, "fiona")
    assert set(menu(visitor.page)) == {"Overview", "Spend", "Plan"}
    assert "_streamlit_user_tokens_2" in visitor.cookies
    assert sum(map(len, visitor.cookies.values())) > PROGRAMS_TAKE
    visitor.page.get_by_role("link", name="Spend").click()
    expect(visitor.page.get_by_text("Spent in the month")).to_be_visible()
    visitor.leaves()
    assert set(visitor.cookies) <= {"_streamlit_xsrf", "_streamlit_session"}


def test_somebody_without_a_role_sees_nothing(visitor: Visitor, site: str) -> None:
    visitor.enters(site, "guest")
    expect(visitor.page.get_by_text("guest@contoso.com has no role here")).to_be_visible()
    assert "As of business time" not in visitor.page.locator("body").inner_text()
