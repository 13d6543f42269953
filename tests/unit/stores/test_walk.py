"""Every command and every page over stores in which something is unknown."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from tests.unit.conftest import Ended
from tests.unit.dashboards.conftest import Open, unfolded
from tests.unit.dashboards.conftest import words as words_of
from tests.unit.stores.conftest import Ask, FilledStore, Run, document
from tests.unit.stores.five_stores import NIGHT, NOW

pytestmark = pytest.mark.slow
# Words that stand where a text forgot that a value may be unknown.
FORGOTTEN = re.compile(r"\b(None(?! of the)|nan|NaN|NaT|null)\b|<NA>")
# What only rows with a status can tell, as a 0.
ZERO = re.compile(r"\b0(\.0+)? (billable|delivered|failed|quarantined|USD)\b")
OF_STATUS = {
    "delivered", "failed", "quarantined", "filtered_as_spam", "pending", "expanded",
    "billable_recipients", "delivery_rate",
}  # fmt: skip
READING = {
    "usage": "usage",
    "usage by month": "usage --by tenant,month",
    "usage of a night": f"usage --by account --since {NIGHT:%Y-%m-%dT%H:%M:%SZ}",
    "cost": "cost",
    "cost of October": "cost --month 2026-10",
    "cost with backtest": "cost --backtest",
    "whatif": "whatif --account {account} --recipients 100 --every week",
    "incidents": "incidents",
    "incidents that are open": "incidents --status open",
    "incident": "incidents {incident} --recipients",
    "trace": "trace --limit 5",
    "trace of failed": "trace --status failed",
    "trace of unknown": "trace --status unknown --limit 5",
    "trace of an address": "trace --from-ip 192.0.2.10 --limit 5",
    "trace events": "trace --events --limit 5",
    "trace summary": "trace --summary",
    "trace file": "trace --out rows.csv",
    "readiness": "readiness --history",
    "explain": "explain 550 5.7.1",
    "tenants": "tenants",
    "doctor": "doctor",
    "verify": "verify",
    "audit": "audit",
    "plan list": "plan list",
    "collect": "collect --script",
    "export focus": "export focus --out focus",
    "export csv": "export csv --out csv",
    "export duckdb": "export duckdb --out copy.duckdb",
    "export showback": "export showback --out showback",
    "export ocsf": "export ocsf --out ocsf.jsonl",
    "export openmetrics": "export openmetrics --out metrics.txt",
    "backup": "backup --out {form}.backup",
    "alerts": "alerts test",
    "send-test": "send-test --account {account} --to nobody@example.org",
}
CODES = {"alerts": {2}, "send-test": {1, 2}}
PAGES: dict[str, dict[str, str]] = {
    "overview": {"period": "Everything"},
    "spend": {},
    "spend budgets": {"part": "Budgets and what-if"},
    "spend centers": {"part": "Centers and invoice"},
    "senders": {"period": "Everything"},
    "delivery": {"period": "Everything", "figures": "true"},
    "delivery search": {"status": "unknown"},
    "readiness": {},
    "plan": {},
    "health": {},
}
WRITING = (
    "run",
    "ingest",
    "build --full",
    "import {rows}",
    "plan add --account {account} --start 2026-11-25 --end 2026-11-26 --recipients 50",
    "plan list",
    "cost",
    "verdict {incident} acknowledged --reason looked",
    "cost --close 2026-10",
    "erase u1@contoso.com",
    "purge",
    "audit",
    "verify",
    "usage",
)


def texts(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value of a document with its path."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from texts(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from texts(inner, f"{path}[{place}]")
    else:
        yield path, value


@pytest.fixture
def words(store: FilledStore, ask: Ask) -> dict[str, str]:
    """What commands are filled in with."""
    cards = ask("incidents")["incidents"]
    account = ask("usage", "--by", "account")["rows"][0]["account"]
    rows = store.file.with_name("rows.csv")
    return {"account": account, "rows": str(rows), "incident": cards[0]["id"] if cards else ""}


@pytest.fixture
def changeable(store: FilledStore) -> Iterator[None]:
    """Whatever a test does to the store is undone; a published file names its own path."""
    folder = store.file.parent
    kept = folder.with_name(f"{folder.name}.kept")
    shutil.copytree(folder, kept)
    yield
    shutil.rmtree(folder)
    kept.rename(folder)


def parts(command: str, form: str, words: dict[str, str]) -> list[str]:
    return [part.format(form=form, **words) for part in command.split(" ")]


def checked(read: Ended, shown: Ended, command: str, codes: set[int], store: str = "") -> Any:
    """The document of what ended as text and as JSON; None where it was refused."""
    assert {read.code, shown.code} <= codes, read.err + shown.err
    assert "Traceback" not in read.err + shown.err
    if "--script" not in command:
        assert not FORGOTTEN.search(read.out), read.out
    if store == "none" and "focus" not in command:
        assert not ZERO.search(read.out), read.out
    return document(shown) if shown.code in (0, 3) else None


@pytest.mark.parametrize("name", READING)
def test_every_command_answers(
    store: FilledStore, run: Run, read: Run, words: dict[str, str], name: str
) -> None:
    command = READING[name]
    if "{incident}" in command and not words["incident"]:
        pytest.skip("this store has no incident")
    text = read(*parts(command, "text", words))
    shown = run(*parts(command, "json", words), "--json")
    answer = checked(text, shown, command, CODES.get(name, {0, 3}), store.name)
    if store.name == "none" and name.startswith(("usage", "cost", "trace summary", "tenants")):
        zeros = [path for path, value in texts(answer) if is_of_status(path) and value is not None]
        assert zeros == []


def is_of_status(path: str) -> bool:
    """Whether a value can only be known where rows carry a status."""
    return re.sub(r"\[\d+\]", "", path).rsplit(".", 1)[-1] in OF_STATUS


def test_every_command_that_changes_something_ends_well(
    store: FilledStore, run: Run, words: dict[str, str], changeable: None
) -> None:
    for command in WRITING:
        if "{incident}" not in command or words["incident"]:
            text = run(*parts(command, "text", words))
            shown = run(*parts(command, "json", words), "--json")
            # Of a month of which nothing is known nothing can be closed; a closed one stays so.
            checked(text, shown, command, {0, 2, 3} if "--close" in command else {0, 3})


@pytest.mark.parametrize("page", PAGES)
def test_every_page_draws(store: FilledStore, opened: Open, page: str) -> None:
    app = unfolded(opened(store.file, page.split(maxsplit=1)[0], now=NOW, **PAGES[page]))
    assert not app.exception
    assert "names what is not here" not in words_of(app)
    assert not FORGOTTEN.search(words_of(app))
    if store.name == "none":
        assert not ZERO.search(words_of(app))
    # A table without other words draws what is missing as None.
    assert all(table.proto.placeholder for table in app.dataframe)


LISTED = re.compile(r"\[(['\"]|Decimal|datetime|\d+\.\d+,)")
# A count of one before a noun or verb of many; 2.1 and 11 are none.
DISAGREEING = re.compile(
    r"(?<![\d.,:-])1 (recipients|messages|rows|days|hours|accounts|incidents|requests|files|gaps"
    r"|tenants|findings|checks|sends|lists|entries|were|are|have)\b"
)
ISO_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")
TIGHT_PERCENT = re.compile(r"\d%")
# Scripts and exports are for programs; a search by a flag repeats it.
FOR_PROGRAMS = ("collect", "export", "backup", "send-test", "alerts", "trace file")


@pytest.mark.parametrize("name", [name for name in READING if not name.startswith(FOR_PROGRAMS)])
def test_commands_speak_as_the_pages_do(read: Run, words: dict[str, str], name: str) -> None:
    """No Python lists, one form of numbers, moments and rates, tables of 100 columns."""
    if "{incident}" in READING[name] and not words["incident"]:
        pytest.skip("this store has no incident")
    out = read(*parts(READING[name], "text", words)).out
    for wrong in (LISTED, DISAGREEING, ISO_MOMENT, TIGHT_PERCENT):
        assert not wrong.search(out), (wrong.pattern, out)
    table = re.findall(r"^.*\S {2,}\S.*\S {2,}\S.*$", out, re.MULTILINE)
    assert max(map(len, table), default=0) <= 100, table
