"""The arrows of the house beyond what import-linter holds (pyproject.toml)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from dashboards.provider import LOGIN, NO_LOGIN
from tests.places import ROOMS, ROOT

PAGES = ("overview", "spend", "senders", "delivery", "readiness", "plan", "health")
NEEDLESS = ("pydantic_settings", "pyarrow.parquet", "concurrent.futures.process", "models.invoice")
HEAVY = ("msal", "httpx", "ingest", "apprise", "simulator")


def test_one_module_speaks_http_and_only_the_warehouse_writes_delta() -> None:
    texts = {
        file.relative_to(ROOT).as_posix(): file.read_text(encoding="utf-8")
        for room in ROOMS
        if room != "simulator"
        for file in (ROOT / room).rglob("*.py")
    }
    http = {name for name, text in texts.items() if "import httpx" in text}
    assert http == {"hve_monitor/https.py"}
    delta = {name for name, text in texts.items() if "write_deltalake" in text}
    assert delta == {"warehouse/delta/commit.py"}


OPENED = f"""
import sys
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash
for name in {PAGES!r}:
    app = AppTest.from_file("dashboards/app.py", default_timeout=60)
    app._page_hash = calc_hash(name)
    app.run()
    assert not app.exception, app.exception
import actions.feedback, actions.reveal  # what a verdict, a plan and a revealed name need
print([name for name in {HEAVY!r} if name in sys.modules], "models" in sys.modules)
"""


def test_a_page_brings_no_library_that_talks_to_services(tmp_path: Path) -> None:
    (tmp_path / "hve.toml").write_text("[warehouse]\npath = 'store'\n", encoding="utf-8")
    environment = os.environ | {"HVE_CONFIG": str(tmp_path / "hve.toml"), LOGIN: NO_LOGIN}
    answer = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", OPENED],
        capture_output=True, text=True, check=False, cwd=ROOT, env=environment,
    )  # fmt: skip
    assert answer.stdout.strip() == "[] True", answer.stderr


def test_a_build_waits_for_no_library_that_it_seldom_uses() -> None:
    code = (
        f"import sys, models.build; print([name for name in {NEEDLESS!r} if name in sys.modules])"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert answer.stdout.strip() == "[]", answer.stderr
