"""The simulated tenant in every privacy mode: the same numbers, and nobody's name in the store."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from itertools import pairwise
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet
import pytest

from actions.demo import write_configuration
from actions.run import run_once
from hve_monitor.clock import iso
from hve_monitor.config import Config
from hve_monitor.document import json_text
from hve_monitor.errors import ConfigError
from models.cost.spend import spend
from models.delivery.conditions import TraceFilter
from models.delivery.search import find_traces
from models.incidents.cards import incident_cards
from publish.exports.metrics import write
from publish.exports.tables import write_tables
from simulator.entra import sign_ins
from simulator.graph import trace_detail
from simulator.graph.trace_row import Renderer, ServedTrace
from tests.contract.conftest import NOW, USUAL, Site
from tests.contract.test_pipeline import quiet, truth, usage
from tests.forked import code_of, start_hve
from tests.simulated import FaultyTenant, serve
from warehouse.configured import store_of
from warehouse.reading import published_connection, read_published

pytestmark = pytest.mark.contract
KILLS = 12
WAREHOUSE = '[warehouse]\npath = "store"\n'


def with_mode(site: Site, mode: str, store: str) -> Config:
    """The site's configuration in a privacy mode, with a store of its own."""
    (site.folder / "hve.key").write_text("a key of the test, long enough for it: " + "x" * 32)
    privacy = f'[privacy]\nmode = "{mode}"\nkey_file = "hve.key"\n'
    return site.config((WAREHOUSE, f'[warehouse]\npath = "{store}"\n\n{privacy}'))


def texts_of(store: Path) -> Iterator[tuple[Path, str]]:
    """Everything that the store's files hold, as text: decoded where it is encoded, and raw."""
    files = sorted(file for file in store.rglob("*") if file.is_file())
    # All raw bytes first: opening state.db makes and removes files beside it.
    yield from [(file, file.read_bytes().decode("latin-1")) for file in files]
    for file in files:
        if file.suffix == ".parquet":
            yield file, str(pyarrow.parquet.ParquetFile(file).read().to_pylist())
        elif file.suffix == ".db":
            with closing(sqlite3.connect(file)) as connection:
                yield file, "\n".join(connection.iterdump())
        elif file.suffix == ".duckdb":
            with duckdb.connect(str(file), read_only=True) as connection:
                names = connection.execute(
                    "select database_name, schema_name, table_name from duckdb_tables()"
                    " union all select database_name, schema_name, view_name from duckdb_views()"
                    " where not internal"
                ).fetchall()
                for name in names:
                    quoted = ".".join(f'"{part}"' for part in name)
                    yield file, str(connection.execute(f"from {quoted}").fetchall())


def numbers(config: Config, now: datetime) -> dict[str, Any]:
    """What the models computed: usage, hourly marts, baselines, incidents, money."""
    with read_published(config.warehouse.path, now) as published:
        tables = {
            name: sorted(published.connection.execute(f"from marts.{name}").fetchall(), key=str)
            for name in ("hve_usage_hourly", "hve_usage_daily", "hve_cost_daily",
                         "hve_baseline_hourly")
        }  # fmt: skip
        cards = incident_cards(published)
    return {**tables, "cards": cards, "spend": spend(config, now), "usage": usage(config, now)}


def people(config: Config) -> tuple[set[str], set[str], set[str]]:
    """Recipients that are not accounts, subjects and message ids of a store in full mode."""
    with published_connection(config.warehouse.path) as connection:
        own = {row[0] for row in connection.execute(
            "select address from staging.stg_account_addresses").fetchall()}  # fmt: skip
        rows = connection.execute(
            "select distinct recipient, subject, message_id from raw.message_traces"
        ).fetchall()
    return {row[0] for row in rows} - own, {row[1] for row in rows}, {row[2] for row in rows}


def some(values: set[str], most: int = 150) -> set[str]:
    """An even choice of many values: every file is searched for each of them."""
    return set(sorted(values)[:: -(-len(values) // most)])


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, Config, Config]]:
    """One tenant, read into a full and into a pseudonymous store."""
    folder = tmp_path_factory.mktemp("both")
    with serve(FaultyTenant(**USUAL)) as server:  # type: ignore[arg-type] # of all kinds
        site = Site(server, folder, write_configuration(folder, server))
        full, hidden = site.config(), with_mode(site, "pseudonymous", "hidden")
        read_both(site, full, hidden, NOW)
        yield site, full, hidden


def read_both(site: Site, full: Config, hidden: Config, now: datetime) -> None:
    """What is known is recognised behind its pseudonyms too: nothing is read more often."""
    site.tenant.move_to(now)
    outcomes = [run_once(config, now, quiet) for config in (full, hidden)]
    assert [outcome.exit_code for outcome in outcomes] == [0, 0]
    requests = [[source.requests for source in outcome.document.sources] for outcome in outcomes]
    assert requests[0] == requests[1]


@pytest.mark.slow
def test_pseudonymous_mode_computes_the_same_and_names_nobody(
    both: tuple[Site, Config, Config],
) -> None:
    site, full, hidden = both
    now = NOW + timedelta(hours=6)
    read_both(site, full, hidden, now)
    assert numbers(hidden, now) == numbers(full, now)
    assert usage(hidden, now) == truth(site)
    addresses, subjects, ids = people(full)
    assert min(len(addresses), len(subjects), len(ids)) > 10
    canaries = {*some(addresses), *some(subjects), *some(ids), site.tenant.client_secret}
    # Two long words: one alone may be that of a column or of a policy's name.
    pairs = (pair for words in map(str.split, subjects) for pair in pairwise(words))
    canaries |= some({" ".join(pair) for pair in pairs if min(map(len, pair)) > 3})
    files = 0
    for file, text in texts_of(hidden.warehouse.path):
        found = [canary for canary in canaries if canary in text]
        assert not found, (file, found[:3])
        files += 1
    assert files > 100
    found = [text for _, text in texts_of(full.warehouse.path) if next(iter(addresses)) in text]
    assert found, "the search itself must be able to find a name"


def test_searches_find_what_they_found_before(small_site: Site) -> None:
    full, hidden = small_site.config(), with_mode(small_site, "pseudonymous", "hidden")
    read_both(small_site, full, hidden, NOW)
    with published_connection(full.warehouse.path) as connection:
        person, message_id = connection.execute(
            "select recipient, message_id from staging.stg_message_traces"
            " where status_group = 'delivered' order by received_at desc limit 1"
        ).fetchall()[0]
    for wanted in (TraceFilter(recipient=person.upper()), TraceFilter(message_id=message_id)):
        plain = find_traces(full, wanted, NOW, 100, "ada").rows
        masked = find_traces(hidden, wanted, NOW, 100, "ada").rows
        assert [row.id for row in masked] == [row.id for row in plain]
        assert len(plain) > 0
    pseudonym = find_traces(hidden, TraceFilter(recipient=person), NOW, 1, "ada").rows[0]
    assert pseudonym.recipient.startswith("p-")
    again = find_traces(hidden, TraceFilter(recipient=pseudonym.recipient), NOW, 100, "ada")
    assert again.rows
    domain = TraceFilter(recipient=f"@{person.partition('@')[2]}")
    assert find_traces(hidden, domain, NOW, 1, "ada").total > 1
    for part in (TraceFilter(recipient=person[:3]), TraceFilter(message_id=message_id[2:9])):
        with pytest.raises(ConfigError, match=r"no part .*finds"):
            find_traces(hidden, part, NOW, 1, "ada")
    with store_of(hidden) as store:
        said = store.state.connection.execute("select who, what, target from audit").fetchall()
    assert len(said) == 5
    assert {row[:2] for row in said} == {("ada", "search")}
    assert not any(person in row[2] for row in said)


@pytest.mark.slow
def test_aggregate_mode_counts_the_same_and_keeps_no_recipient(
    make_site: Callable[..., Site],
) -> None:
    site = make_site(days=40)
    full, bare = site.config(), with_mode(site, "aggregate", "bare")
    for config in (full, bare):
        assert run_once(config, NOW, quiet).exit_code == 0
    assert usage(bare, NOW) == truth(site)
    assert spend(bare, NOW) == spend(full, NOW)
    addresses, subjects, _ = people(full)
    canaries = some(addresses) | some(subjects)
    for file, text in texts_of(bare.warehouse.path):
        assert not [canary for canary in canaries if canary in text], file
    with published_connection(bare.warehouse.path) as connection:
        kept = connection.execute(
            "select count(*), count(distinct recipient) from staging.stg_message_traces"
        ).fetchall()[0]
        assert kept[0] == kept[1] > 100
        assert connection.execute("from marts.first_contacts").fetchall() == []
        assert connection.execute("from raw.identities").fetchall() == []
        news = connection.execute("select new_recipients from marts.hve_usage_hourly").fetchall()
        assert {row[0] for row in news} == {None}


def erasing(site: Site, person: str) -> BaseProcess:
    config = str(site.folder / "changed.toml")
    return start_hve("erase", person, "--config", config, "--now", iso(site.tenant.now))


@pytest.mark.slow
def test_kills_while_erasing_leave_no_half_state(read_site: Site) -> None:
    config = read_site.config()
    addresses, _, _ = people(config)
    moments = random.Random(9)  # noqa: S311 - the moments need no secrecy
    gone = sorted(addresses)[:KILLS]
    for person in gone:
        code_of(erasing(read_site, person), moments.uniform(0.1, 2.8))
        with published_connection(config.warehouse.path) as connection:
            connection.execute("select count(*) from raw.message_traces").fetchall()
    read_site.tenant.advance(timedelta(minutes=15))
    assert run_once(config, read_site.tenant.now, quiet).exit_code == 0
    assert usage(config, read_site.tenant.now) == truth(read_site)
    with store_of(config) as store:
        done = store.state.connection.execute("select count(*) from removals").fetchone()
        began = store.state.connection.execute("select count(*) from erased").fetchone()[0]
        ended = store.state.connection.execute(
            "select count(*) from audit where what = 'erase'"
        ).fetchone()[0]
    assert done == (0,)
    assert began == ended > 0


MARK = "zqmark"
WORDS = (
    f"refused for {MARK}a@fabrikam.com, bounces+{MARK}b=fabrikam.com@list.example,"
    f' {MARK}c%40fabrikam.com, "{MARK}d lang"@fabrikam.com, {MARK}e＠fabrikam.com,'
    f" Z{MARK[1:]}f Lang <{MARK}g@fabrikam.com>, /o=X/cn={MARK}h,"
    f" CN={MARK}i Lang,OU=Users,DC=fabrikam,DC=com"
)


def mark_people(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names a person in every text that the simulated services write, in every form."""
    usual = Renderer.row

    def marked(renderer: Renderer, number: int) -> ServedTrace:
        row = usual(renderer, number)
        row.update(subject=f"{MARK}j {MARK}k@x.org", messageId=f"<{MARK}l.{row['messageId'][1:]}")
        row.update(toIP=f"{MARK}m@x.org", fromIP=f"{MARK}n" if number % 5 == 0 else row["fromIP"])
        return row if number % 7 else {**row, "status": f"{MARK}o {MARK}p@x.org"}

    monkeypatch.setattr(Renderer, "row", marked)
    monkeypatch.setattr(trace_detail, "_FAILURES", (f"Reason: 550 5.1.1 {WORDS}",) * 3)
    monkeypatch.setattr(trace_detail, "_DATA", f'<root><MEP Name="{{}}" String="{WORDS}" /></root>')
    monkeypatch.setattr(sign_ins, "_REASONS", dict.fromkeys(sign_ins._REASONS, WORDS))


@pytest.mark.parametrize("mode", ["pseudonymous", "aggregate"])
def test_no_form_of_a_person_gets_from_a_service_into_the_store(
    make_site: Callable[..., Site], mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark_people(monkeypatch)
    config = with_mode(make_site(days=7, staff=20), mode, mode)
    outcome, store = run_once(config, NOW, quiet), config.warehouse.path
    write(config, NOW, store / "metrics.prom")
    with published_connection(store) as connection:
        write_tables(connection, store / "csv", [])
    assert MARK not in json_text(outcome.document).lower()
    hidden_places = 0
    for file, text in texts_of(store):
        assert MARK not in text.lower(), file
        hidden_places += "refused for" in text and "(address)" in text
    assert hidden_places > 0, "the services have named people"
