"""A store in which everything that others write tries to be more than text."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from actions.feedback import give_verdict
from hve_monitor.config import load_config
from ingest.graph.trace_pages import COLUMNS
from models.build import build
from models.incidents.cards import incident_cards
from models.usage.coverage import SOURCE
from tests.unit.dashboards.conftest import FIRST, NOW
from warehouse.reading import read_published
from warehouse.records.accounts import Account, record_accounts
from warehouse.records.coverage import record_coverage
from warehouse.records.message_traces import land
from warehouse.records.plans import add_plan
from warehouse.records.policies import Policy, record_policies
from warehouse.records.rejected_rows import reject
from warehouse.records.trace_events import Pair, TraceEvent, record_events
from warehouse.store import Store, open_store
from warehouse.windows import Window

SCRIPT = "<script>window.stolen=1</script>"
IMAGE = '<img src=x onerror="window.stolen=1">'
FORMULA = '\u00a0=HYPERLINK("https://example.net","x")'
LINK = "[click](https://example.net) **bold** :red[x] $a$ `code`"
TURNED = "tab\tand\u202eright-to-left\u202c\x07bell\x1b[31m"
ARABIC = "فاتورة أكتوبر"
LONG = "long " * 2048
TEXTS = (SCRIPT, IMAGE, FORMULA, LINK, TURNED, ARABIC, LONG)
BAD = f"{SCRIPT}@contoso.com"
WORSE = "=1+1[x](https://example.net)\u202e@contoso.com"
TOML = """\
[warehouse]
path = "store"

[[tenants]]
name = "contoso"
accounts = "files"

[[budgets]]
name = '''{script} {link}'''
amount = 0.000001

[[cost_centers]]
name = '''{script} {link}'''
accounts = ['''{account}''']
"""


def hostile_tenant(folder: Path) -> Path:
    """Five weeks of two accounts with every kind of text; its hve.toml."""
    file = folder / "hve.toml"
    file.write_text(TOML.format(script=SCRIPT, link=LINK, account=BAD), encoding="utf-8")
    config = load_config(file)
    with open_store(folder / "store") as store:
        _land(store)
        _read(store)
        _tell(store)
        build(store, config.served, NOW, lambda *_: None)
    _say(file)
    return file


def _land(store: Store) -> None:
    rows = [
        _row(f"{account[:3]}{day}-{place}", account, FIRST + timedelta(days=day, hours=9), text)
        for day in range((NOW - FIRST).days + 1)
        for account in (BAD, WORSE)
        for place, text in enumerate(TEXTS)
    ]
    night = NOW.replace(hour=1) - timedelta(days=1)
    rows += [
        _row(f"b{n}", BAD, night + timedelta(seconds=8 * n), TEXTS[n % len(TEXTS)], n)
        for n in range(400)
    ]
    store.state.record_now("contoso", NOW)
    land(store, "contoso", pa.Table.from_pylist(rows, schema=COLUMNS), NOW, "graph")


def _row(trace_id: str, sender: str, at: datetime, text: str, n: int = 0) -> dict[str, Any]:
    return {
        "trace_id": trace_id,
        "recipient": f"{text[:200].replace(chr(34), '')}{n or ''}@contoso.com",
        "sender": sender,
        "received_at": at,
        "status": "failed" if text in (SCRIPT, LINK, TURNED) else "delivered",
        "subject": text,
        "size_bytes": 1000,
        "from_ip": "192.0.2.10",
        "message_id": f"<{text[:50]}>",
    }


def _read(store: Store) -> None:
    accounts = [Account(address, (address,), SCRIPT, address) for address in (BAD, WORSE)]
    record_accounts(store, "contoso", accounts, NOW, "exchange")
    for address in (BAD, WORSE):
        record_coverage(store.state, "contoso", SOURCE, address, Window(FIRST, NOW))
    refused = Policy("security_defaults", "tenant", SCRIPT, None, f"403: {SCRIPT} {TURNED}")
    record_policies(store, "contoso", [refused], (), NOW)
    reject(store, "contoso", f"{SCRIPT}.csv", [(1, f"{SCRIPT} {LONG}")], NOW)
    failed = _row(f"b{len(TEXTS)}", BAD, NOW, SCRIPT, len(TEXTS))
    pair = Pair(failed["trace_id"], failed["recipient"])
    events = [
        TraceEvent(*pair, NOW - timedelta(days=1), event, None, f"{event} {text}")
        for event, text in (("Receive", LINK), ("Fail", SCRIPT), (SCRIPT, TURNED))
    ]
    record_events(store, "contoso", {pair: events}, NOW)


def _tell(store: Store) -> None:
    end = NOW + timedelta(days=1)
    note = f"{SCRIPT} {LINK} {TURNED}"
    for start in (NOW - timedelta(days=2), NOW + timedelta(hours=1)):
        add_plan(store.state, "contoso", "account", [BAD], (start, end), 10, note, SCRIPT, NOW)
    summary = {
        "sources": [{"source": SCRIPT, "tenant": "contoso", "status": "failed", "requests": 1,
                     "throttled": 0, "rows_new": 0, "error": f"{SCRIPT} {LONG}"}],
        "models": {"days_rebuilt": 2}, "incidents_opened": 1, "alerts": {"failed": []},
    }  # fmt: skip
    store.state.record_run(FIRST, NOW, summary)


def _say(file: Path) -> None:
    config = load_config(file)
    with read_published(config.warehouse.path, NOW) as published:
        first = incident_cards(published, status="open")[0]
    give_verdict(config, first.id, "acknowledged", f"{SCRIPT} {LINK}", SCRIPT, NOW)
