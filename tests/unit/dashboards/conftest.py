"""Small stores in every state, and the pages over them."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import streamlit.config
from streamlit.components.v2.component_manager import BidiComponentManager
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

import dashboards
from actions.import_files import import_files
from dashboards.parts.chart_file import SAVE_CHARTS
from dashboards.provider import LOGIN, NO_LOGIN
from hve_monitor.config import Tenant, load_config
from ingest.graph.trace_pages import COLUMNS
from models.build import build
from models.usage.coverage import SOURCE
from warehouse.records.accounts import Account, record_accounts
from warehouse.records.coverage import record_coverage
from warehouse.records.message_traces import land
from warehouse.store import Store, open_store
from warehouse.windows import Window

APP = Path(dashboards.__file__).with_name("app.py")
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
FIRST = datetime(2026, 10, 22, tzinfo=UTC)
HR, NEWS = "hr@contoso.com", "news@contoso.com"
HOSTILE = (
    "<script>alert(1)</script>",
    "[click](https://example.net) **bold** :red[x] $a$",
    '=HYPERLINK("https://example.net")',
    "tab\tand\u202eright-to-left\x07bell",
)
TOML = """\
[warehouse]
path = "store"

[[tenants]]
name = "contoso"
accounts = "files"
timezone = "Europe/Berlin"

[[budgets]]
name = "all"
amount = 0.5
"""

TILE = re.compile(r'<p class="label">(.*?)</p><p class="value">(.*?)</p>')
BEHIND = re.compile("behind-[0-9a-f]{12}")
Open = Callable[..., AppTest]


def configured(folder: Path, text: str = TOML) -> Path:
    """hve.toml of an otherwise empty folder."""
    file = folder / "hve.toml"
    file.write_text(text, encoding="utf-8")
    return file


@pytest.fixture(scope="session")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five weeks of two accounts, read completely, with one burst at night; its hve.toml."""
    file = configured(tmp_path_factory.mktemp("stored"))
    with open_store(file.with_name("store")) as store:
        _land(store, _traffic())
        _read(store, Window(FIRST, NOW))
        build(store, [Tenant(name="contoso", accounts="files")], NOW, lambda *_: None)
    return file


def gapped_tenant(folder: Path) -> Path:
    """Fills a store in which 10 November was not read; its hve.toml."""
    file = configured(folder)
    with open_store(file.with_name("store")) as store:
        _land(store, [_row("one", HR, NOW - timedelta(days=1), "Payroll")])
        hole = datetime(2026, 11, 10, tzinfo=UTC)
        _read(store, Window(FIRST, hole), Window(hole + timedelta(days=1), NOW))
        build(store, [Tenant(name="contoso", accounts="files")], NOW, lambda *_: None)
    return file


@pytest.fixture(scope="session")
def gapped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store in which 10 November was not read."""
    return gapped_tenant(tmp_path_factory.mktemp("gapped"))


@pytest.fixture(scope="session")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rows of a file without a status column."""
    file = configured(tmp_path_factory.mktemp("imported"))
    head = "id,sender,recipient,received_at,message_id,subject,size,from_ip"
    rows = [
        f"t{day},{HR},staff{day}@contoso.com,2026-11-{day:02}T09:00:00Z,<m{day}@contoso.com>,"
        f'"{HOSTILE[day % 3].replace(chr(34), chr(34) * 2)}",1200,192.0.2.10'
        for day in range(1, 22)
    ]
    source = file.with_name("export.csv")
    source.write_text("\n".join([head, *rows]), encoding="utf-8")
    config = load_config(file)
    import_files(config, config.served[0], [source], {}, "auto", NOW, lambda *_: None)
    return file


@pytest.fixture(autouse=True)
def on_this_machine_only(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The server's address and that there is no login, as `hve dashboard` says them."""
    monkeypatch.setenv(LOGIN, NO_LOGIN)
    before = streamlit.config.get_option("server.address")
    streamlit.config.set_option("server.address", "127.0.0.1")
    yield
    streamlit.config.set_option("server.address", before)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Open:
    """Runs a page of the app over a configuration at business time.

    The search for installed components, of which the app uses none, would take half of the time.
    """
    monkeypatch.setattr(
        BidiComponentManager, "discover_and_register_components", lambda *_, **__: None
    )

    def run(file: Path, page: str = "overview", now: datetime = NOW, **query: str) -> AppTest:
        monkeypatch.setenv("HVE_CONFIG", str(file))
        monkeypatch.setenv("HVE_DASHBOARD_NOW", now.isoformat())
        app = AppTest.from_file(str(APP), default_timeout=30)
        if page != "overview":
            # switch_page() would know the addresses of pages only after a first run.
            app._page_hash = calc_hash(page)
        app.query_params.update(query)
        return app.run()

    return run


@pytest.fixture
def own(stored: Path, tmp_path: Path) -> Path:
    """A copy of the stored tenant that a test may write to."""
    shutil.copytree(stored.parent, tmp_path, dirs_exist_ok=True)
    return tmp_path / "hve.toml"


def words(app: AppTest) -> str:
    """All text of the page: HTML, tiles, captions, messages, links and commands."""
    numbers = [f"{label} {value}" for label, value in tiles(app).items()]
    boxes = [box.value for box in (*app.caption, *app.info, *app.warning, *app.error)]
    links = [link.proto.label.replace("\\", "") for link in app.get("page_link")]
    commands = [code.value for code in app.code]
    return "\n".join([*bodies(app), *numbers, *boxes, *links, *commands])


def bodies(app: AppTest) -> list[str]:
    """The HTML of the page, without its one script: a constant, in which no data is."""
    shown = [element.proto.body for element in app.get("html")]
    return [body for body in shown if body != SAVE_CHARTS]


def tiles(app: AppTest) -> dict[str, str]:
    """The values of the page's tiles by their labels."""
    found = TILE.findall("".join(bodies(app)))
    return {unescape(label): unescape(value) for label, value in found}


def unfolded(app: AppTest) -> AppTest:
    """The page with every closed table opened."""
    for expander in app.expander:
        if key := BEHIND.search(expander.proto.id):
            app.session_state[key[0]] = True
    return app.run()


def _traffic() -> list[dict[str, Any]]:
    rows = []
    for hour in range(int((NOW - FIRST).total_seconds() // 3600)):
        at = FIRST + timedelta(hours=hour)
        if at.weekday() < 5 and 7 <= at.hour < 17:
            rows += [
                _row(f"h{hour}-{n}", HR, at + timedelta(minutes=n), "Payroll") for n in range(4)
            ]
            rows += [_row(f"n{hour}", NEWS, at + timedelta(minutes=30), HOSTILE[hour % 4])]
    night = NOW.replace(hour=1) - timedelta(days=1)
    rows += [
        _row(f"b{n}", NEWS, night + timedelta(seconds=8 * n), "Urgent", n=n, ip="203.0.113.66")
        for n in range(400)
    ]
    return rows


def _row(
    trace_id: str, sender: str, at: datetime, subject: str, n: int = 0, ip: str = "192.0.2.10"
) -> dict[str, Any]:
    return {
        "trace_id": trace_id,
        "recipient": f"person{n}@contoso.com" if n else "staff@contoso.com",
        "sender": sender,
        "received_at": at,
        "status": "failed" if n % 10 == 9 else "delivered",
        "subject": subject,
        "size_bytes": 1000,
        "from_ip": ip,
        "message_id": f"<{trace_id}@contoso.com>",
    }


def _land(store: Store, rows: list[dict[str, Any]]) -> None:
    store.state.record_now("contoso", NOW)
    land(store, "contoso", pa.Table.from_pylist(rows, schema=COLUMNS), NOW, "graph")


def _read(store: Store, *windows: Window) -> None:
    accounts = [Account(address, (address,)) for address in (HR, NEWS)]
    record_accounts(store, "contoso", accounts, NOW, "exchange")
    for address in (HR, NEWS):
        for window in windows:
            record_coverage(store.state, "contoso", SOURCE, address, window)
