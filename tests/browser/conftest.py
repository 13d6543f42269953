"""The real app over a simulated tenant, in a Chromium that may speak with this machine only."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from actions.demo import write_configuration
from actions.run import run_once
from hve_monitor.config import load_config
from hve_monitor.document import encoded
from models.cost.spend import spend
from simulator import SimulatedTenant, serve
from tests.forked import ended

NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
CHROMIUM = "/usr/bin/chromium"
expect.set_options(timeout=60_000)  # beside other tests a page may take long, and still be right
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
HVE = [sys.executable, "-c", "from cli.main import main; main()"]
# Notes when the page last said something to the server, when a run of its script began or ended,
# and when anything changed.
WATCH = """
  window.sentAt = window.ranAt = window.changedAt = 0;
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (...parts) {
    window.sentAt = performance.now();
    return send.apply(this, parts);
  };
  new MutationObserver(changes => {
    window.changedAt = performance.now();
    const ran = changes.some(change => change.attributeName === 'data-test-script-state');
    if (ran) window.ranAt = window.changedAt;
  }).observe(document, {subtree: true, childList: true, attributes: true, characterData: true});
"""
STILL, UNANSWERED = 300, 3000  # milliseconds; what was said may also be no reason for a run
DONE_DRAWING = """([still, unanswered]) => {
  const app = document.querySelector('[data-testid="stApp"]'), now = performance.now();
  const waits = window.sentAt > window.ranAt && now - window.sentAt < unanswered;
  return app !== null && !waits
    && app.dataset.testConnectionState === 'CONNECTED'
    && app.dataset.testScriptState === 'notRunning'
    && !document.querySelector('[data-testid="stSkeleton"], [data-stale="true"]')
    && now - window.changedAt >= still
    && document.body.innerText.includes('As of business time');
}"""


@dataclass(frozen=True)
class Dashboard:
    """A running app and the configuration that it shows."""

    url: str
    config: Path

    def command(self, *arguments: str, codes: tuple[int, ...] = (0,)) -> Any:
        """The JSON that `hve` prints for the same configuration and business time."""
        options = ("--json", "--config", str(self.config), "--now", NOW.isoformat())
        code, out, errors = ended(*arguments, *options)
        assert code in codes, errors
        return json.loads(out)


@contextmanager
def served(config: Path, now: datetime = NOW) -> Iterator[Dashboard]:
    """`hve dashboard` on a free port until the block ends."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ["--config", str(config), "--port", str(port), "--now", now.isoformat()]
    log = config.with_name("dashboard.log").open("wb")
    process = subprocess.Popen(
        [*HVE, "dashboard", *options], stdout=log, stderr=log, start_new_session=True
    )
    try:
        _wait(f"http://127.0.0.1:{port}/_stcore/health", process)
        yield Dashboard(f"http://127.0.0.1:{port}", config)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=20)
        log.close()


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        try:
            with urllib.request.urlopen(url, timeout=2):  # noqa: S310 - our own server
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            assert process.poll() is None, "the dashboard ended before it answered"
            time.sleep(0.1)
    raise AssertionError("the dashboard did not answer within 30 s")


@pytest.fixture(scope="session")
def dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    """Sixty days of a small tenant."""
    folder = tmp_path_factory.mktemp("tenant")
    tenant = SimulatedTenant(now=NOW, staff=120, days=60, quota_requests=5000)
    with serve(tenant) as server:
        config = write_configuration(folder, server)
        run_once(load_config(config), NOW, lambda *_: None)
    _limit_an_account(config)
    with served(config) as running:
        yield running


def _limit_an_account(file: Path) -> None:
    """The dearest account has a cost center, and a budget that what is projected will just pass."""
    line = encoded(spend(load_config(file), NOW))["by_account"][0]
    so_far, end = Decimal(line["month_to_date"]), Decimal(line["month_end"])
    with file.open("a", encoding="utf-8") as config:
        config.write(f'\n[[cost_centers]]\nname = "HR"\naccounts = ["{line["account"]}"]\n')
        config.write(
            f'\n[[budgets]]\nname = "dearest"\naccounts = ["{line["account"]}"]\n'
            f"amount = {so_far + (end - so_far) / 2:f}\n"
        )


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser of this machine."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


Visit = Callable[..., Page]


@contextmanager
def local_page(chromium: Browser, *, width: int = 1280, theme: str = "light") -> Iterator[Page]:
    """A page of a context of its own; no request may leave 127.0.0.1."""
    context = chromium.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if theme == "dark" else "light",
        timezone_id="America/New_York",  # the pages must not follow the browser's zone
    )
    context.add_init_script(WATCH)
    addresses: list[str] = []
    page = context.new_page()
    page.on("request", lambda request: addresses.append(request.url))
    yield page
    context.close()
    outside = [url for url in addresses if urlsplit(url).scheme in ("http", "https", "ws", "wss")]
    assert {urlsplit(url).hostname for url in outside} == {"127.0.0.1"}


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Visit]:
    """Opens an address and waits until it is drawn; no request may leave 127.0.0.1."""
    with ExitStack() as pages:

        def go(url: str, *, width: int = 1280, theme: str = "light") -> Page:
            page = pages.enter_context(local_page(chromium, width=width, theme=theme))
            page.goto(url)
            drawn(page)
            return page

        yield go


def drawn(page: Page) -> None:
    """Waits until the page stands still."""
    page.wait_for_function(DONE_DRAWING, arg=[STILL, UNANSWERED], polling=50, timeout=60_000)


def tile(page: Page, label: str) -> str:
    """The value of a tile."""
    named = page.locator("p.label").get_by_text(label, exact=True)
    found = page.locator(".tile").filter(has=named)
    return found.locator("p.value").first.inner_text().strip()
