"""The dashboard on a large store in a real browser, beside a bare Streamlit page with one chart.

python benchmarks/dashboard.py [--rows 50000000 --days 90] [--rounds 5] [--keep FOLDER]
Bars at 50,000,000 rows: first view of a second session at most 1.5 × that of the bare page; p95 of
a page change at most 1.5 × the bare page's rerun + 0.3 s, and at most 2 × of that while a full
build of the same store runs. Both are measured in the same run, turn by turn. The first look at an
account that nobody has looked at takes at most 1 s.
A browser must be installed: CHROMIUM names it.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.commands import build_store
from benchmarks.inputs.store import END
from benchmarks.measure import table

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
NOW = END + timedelta(hours=1)
LOOK = 1.0  # second
PAGES = ("Spend", "Senders", "Delivery", "Readiness", "Health", "Overview")
HVE = [sys.executable, "-c", "from cli.main import main; main()"]
CONFIG = """\
[warehouse]
path = "STORE"
memory_limit = "2GB"

[[tenants]]
name = "contoso"
accounts = "files"

[[budgets]]
name = "all"
amount = 500.0
"""
BARE = """\
import altair as alt
import pandas as pd
import streamlit as st

st.title("Bare")
st.session_state["run"] = st.session_state.get("run", 0) + 1
st.button("Again")
rows = pd.DataFrame({"x": range(90), "y": [value % 7 for value in range(90)]})
st.altair_chart(alt.Chart(rows).mark_bar().encode(x="x:Q", y="y:Q"))
st.caption(f"As of business time {st.session_state['run']}")
"""
DRAWN = """([title, text]) => {
  const app = document.querySelector('[data-testid="stApp"]');
  const head = [...document.querySelectorAll('h1')].some(each => each.innerText.trim() === title);
  return head && app.getAttribute('data-test-script-state') === 'notRunning'
    && document.body.innerText.includes(text)
    && !document.querySelector('[data-testid="stSkeleton"]');
}"""


def prepare(root: Path, rows: int, days: int) -> Path:
    """A built store at a folder, and beside it the two pages; returns the configuration."""
    build_store(root, rows, days)
    config = root.with_name(f"{root.name}.toml")
    config.write_text(CONFIG.replace("STORE", root.name), encoding="utf-8")
    root.with_name(f"{root.name}.py").write_text(BARE, encoding="utf-8")
    return config


@contextmanager
def started(command: list[str], port: int) -> Iterator[str]:
    """A server until the block ends; its address."""
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        for _ in range(600):
            with suppress(OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2)
                break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=20)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def seconds(job: Callable[[], Any]) -> float:
    """Wall seconds of a job."""
    start = time.perf_counter()
    job()
    return time.perf_counter() - start


def drawn(page: Any, title: str, text: str = "As of business time") -> None:
    """Waits until the script is done and the page is there."""
    page.wait_for_function(DRAWN, arg=[title, text], timeout=180_000)


def first_view(browser: Any, url: str, title: str) -> float:
    """Seconds of a new session, the scripts of the page from an empty browser cache."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    took = seconds(lambda: (page.goto(url), drawn(page, title)))
    context.close()
    return took


def page_changes(page: Any, rounds: int) -> list[float]:
    """Seconds of a click on every page of the navigation, so many times."""
    durations = []
    for _ in range(rounds):
        for name in PAGES:
            link = page.get_by_role("link", name=name, exact=True).first
            durations.append(seconds(lambda: (link.click(), drawn(page, name))))  # noqa: B023 - called at once
            page.wait_for_timeout(150)
    return durations


def reruns(page: Any, count: int) -> list[float]:
    """Seconds of a rerun of the bare page."""
    done = int(page.locator('[data-testid="stCaptionContainer"]').inner_text().split()[-1])
    durations = []
    for number in range(done + 1, done + 1 + count):
        text = f"As of business time {number}"
        again = page.get_by_role("button", name="Again")
        durations.append(seconds(lambda: (again.click(), drawn(page, "Bare", text))))  # noqa: B023 - called at once
        page.wait_for_timeout(150)
    return durations


def first_looks(page: Any, count: int) -> list[float]:
    """Seconds until the profile of an account is there that nobody has looked at yet."""
    page.get_by_role("link", name="Senders", exact=True).first.click()
    drawn(page, "Senders")
    durations = []
    for number in range(count):
        account = f"app{number}@contoso.com"
        page.get_by_role("combobox", name="Account").fill(account)  # of many some are listed
        option = page.get_by_role("option", name=account, exact=True)
        durations.append(
            seconds(lambda: (option.click(), drawn(page, "Senders", f"Account {account}")))  # noqa: B023 - called at once
        )
        page.wait_for_timeout(150)
    return durations


@contextmanager
def building(config: Path) -> Iterator[None]:
    """`hve build --full`, again and again, until the block ends."""
    command = [*HVE, "build", "--full", "--config", str(config), "--now", NOW.isoformat()]
    code = f"import subprocess\nwhile True: subprocess.run({command!r}, capture_output=True)"
    process = subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
    time.sleep(2)
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=60)
        _wait_for_the_end(process.pid)


def _wait_for_the_end(group: int) -> None:
    """Of the build, too: what is measured next has the machine for itself."""
    with suppress(ProcessLookupError):
        while True:
            os.killpg(group, 0)
            time.sleep(0.1)


def measure(ours: str, bare: str, config: Path, rounds: int) -> dict[str, list[float]]:
    """Seconds by what was measured. Every page is opened once before, by a first session."""
    from playwright.sync_api import sync_playwright

    durations: dict[str, list[float]] = {"first": [], "bare first": []}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page, plain = browser.new_page(), browser.new_page()
        page.goto(ours)
        drawn(page, "Overview")
        plain.goto(bare)
        drawn(plain, "Bare")
        durations["cold"] = page_changes(page, 1)
        for _ in range(rounds):
            durations["bare first"].append(first_view(browser, bare, "Bare"))
            durations["first"].append(first_view(browser, ours, "Overview"))
        durations["bare"] = reruns(plain, rounds * len(PAGES))
        durations["change"] = page_changes(page, rounds)
        with building(config):
            durations["bare, building"] = reruns(plain, rounds * len(PAGES))
            durations["change, building"] = page_changes(page, rounds)
        durations["account"] = first_looks(page, rounds)
        browser.close()
    return durations


def p95(values: list[float]) -> float:
    """The value that 19 of 20 do not exceed."""
    return sorted(values)[max(0, -(-len(values) * 95 // 100) - 1)]


def describe(durations: dict[str, list[float]]) -> str:
    """The table of medians, 95th percentiles and bars."""
    first, plain = (statistics.median(durations[name]) for name in ("first", "bare first"))
    bar = 1.5 * p95(durations["bare"]) + 0.3
    lines = [("what", "runs", "median s", "p95 s", "bar s", "of the bar")]
    bars = {
        "first": (first, 1.5 * plain),
        "change": (p95(durations["change"]), bar),
        "account": (statistics.median(durations["account"]), LOOK),
        "change, building": (p95(durations["change, building"]), 2 * bar),
    }
    for name, values in durations.items():
        number, limit = bars.get(name, (0.0, 0.0))
        ends = (f"{limit:.2f}", f"{number / limit:.2f}") if limit else ("", "")
        middle = f"{statistics.median(values):.2f}"
        lines.append((name, str(len(values)), middle, f"{p95(values):.2f}", *ends))
    return table(lines)


def main() -> None:
    """Makes or takes a store, serves both pages, walks them."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=50_000_000)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = options.keep or Path(folder) / "store"
        config = prepare(root, options.rows, options.days)
        ports = free_port(), free_port()
        dashboard = [*HVE, "dashboard", "--config", str(config), "--now", NOW.isoformat()]
        plain = [sys.executable, "-m", "streamlit", "run", str(config.with_suffix(".py"))]
        flags = ["--server.headless=true", "--server.address=127.0.0.1",
                 "--server.fileWatcherType=none", "--browser.gatherUsageStats=false"]  # fmt: skip
        with (
            started([*dashboard, "--port", str(ports[0])], ports[0]) as ours,
            started([*plain, *flags, f"--server.port={ports[1]}"], ports[1]) as bare,
        ):
            durations = measure(ours, bare, config, options.rounds)
    print(f"{options.rows:,} rows over {options.days} days")
    print(describe(durations))


if __name__ == "__main__":
    main()
