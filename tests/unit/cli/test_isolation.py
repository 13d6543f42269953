"""Two tenants in one store: whoever asks for one finds no name of the other."""

from __future__ import annotations

import json
import re
import shutil
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from actions.feedback import announce
from actions.import_files import import_files
from hve_monitor.config import load_config
from models.engine.sql import records
from models.incidents.overspill import PlanFor
from tests.places import queries
from tests.unit.conftest import Hve, quiet
from warehouse.configured import store_of
from warehouse.reading import published_connection

AT = datetime(2026, 11, 24, 8, tzinfo=UTC)
NOW = ("--now", "2026-11-24T08:00:00Z")
TENANTS = ("contoso", "fabrikam")
TOML = """
[warehouse]
path = "store"
[privacy]
mode = "{mode}"
key_file = "hve.key"
[[tenants]]
name = "contoso"
accounts = "files"
[[tenants]]
name = "fabrikam"
accounts = "files"
[[budgets]]
name = "contoso budget"
tenant = "contoso"
amount = 1
[[budgets]]
name = "fabrikam budget"
tenant = "fabrikam"
amount = 2
[[prices]]
tenant = "fabrikam"
effective_from = 2026-11-01
unit_price = 0.00002
[[cost_centers]]
name = "contoso people"
accounts = ["hr@contoso.com"]
[[cost_centers]]
name = "fabrikam people"
accounts = ["hr@fabrikam.com"]
"""
HEADER = "id,sender,recipient,received_at,status,subject,message_id,from_ip"
# The same person is written to by both, so that what is hidden must differ too.
PERSON = "ada.lang@northwind.com"
# Without a tenant: one incident's verdicts, and what a build reads of one tenant's rows.
OF_ONE_THING = {
    "able_to_fire",
    "incident_assignments",
    "incident_steps",
    "incident_verdicts",
    "last_sends",
    "sign_in_facts",
    "tenant_writes",  # the panel of all tenants asks for all of them
}
# Rows of messages that the caller has found within a tenant.
OF_FOUND_ROWS = {"incidents_flat", "trace_events", "trace_siblings", "traces"}
COMMANDS = (
    ("usage",),
    ("usage", "--by", "tenant,account,month"),
    ("cost",),
    ("cost", "--month", "2026-10"),
    ("incidents",),
    ("trace",),
    ("trace", "--summary"),
    ("readiness",),
    ("readiness", "--history"),
    ("plan", "list"),
    ("doctor",),
    ("whatif", "--account", "ACCOUNT", "--recipients", "9", "--sends", "2"),
)


def rows(tenant: str) -> str:
    number = len(tenant)
    lines = [
        f"{tenant}-{sender}-{day}-{row},{sender}@{tenant}.com,{reader},2026-11-{day:02}T0{row}:00:00Z,"
        f"{'failed' if row == 3 else 'delivered'},Letter {tenant} {sender},"
        f"<{day}.{row}.{sender}@{tenant}.com>,192.0.2.{number}"
        for day in range(1, 24)
        for row in range(1, 6)
        for sender in ("hr", "news")
        for reader in (PERSON, f"reader{row}@only-{tenant}.com")
    ]
    lines += [
        f"{tenant}-burst-{number},hr@{tenant}.com,new{number}@only-{tenant}.com,"
        f"2026-11-23T20:{number % 60:02}:00Z,delivered,Burst {tenant},,192.0.2.99"
        for number in range(900)
    ]
    return "\n".join([HEADER, *lines]) + "\n"


@pytest.fixture(
    scope="module", params=["full", pytest.param("pseudonymous", marks=pytest.mark.slow)]
)
def filled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with both tenants' mail in one store, and an announced send of each."""
    folder = tmp_path_factory.mktemp(request.param)
    (folder / "hve.key").write_text("k" * 40)
    (folder / "hve.toml").write_text(TOML.format(mode=request.param), encoding="utf-8")
    config = load_config(folder / "hve.toml")
    window = datetime(2026, 11, 25, 8, tzinfo=UTC), datetime(2026, 11, 25, 10, tzinfo=UTC)
    for tenant in config.tenants:
        file = folder / f"{tenant.name}.csv"
        file.write_text(rows(tenant.name), encoding="utf-8")
        assert import_files(config, tenant, [file], {}, "auto", AT, quiet).exit_code == 0
        sender = PlanFor(f"hr@{tenant.name}.com")
        announce(config, tenant, sender, window, 500, f"{tenant.name} mailing", "ada", AT)
    return folder


@pytest.fixture
def mode(filled: Path, tmp_path: Path, hve: Hve) -> str:
    """A copy of that folder to work in; its privacy mode."""
    shutil.copytree(filled, tmp_path, dirs_exist_ok=True)
    return load_config().privacy.mode


def foreign(tenant: str) -> str:
    return next(other for other in TENANTS if other != tenant)


@pytest.mark.parametrize("tenant", TENANTS)
def test_no_command_shows_another_tenants_names(hve: Hve, mode: str, tenant: str) -> None:
    for command in COMMANDS:
        asked = [part.replace("ACCOUNT", f"hr@{tenant}.com") for part in command]
        ended = hve(*asked, "--tenant", tenant, "--json", *NOW)
        assert ended.code in (0, 3), (command, ended.err)
        assert foreign(tenant) not in ended.out, command
        assert tenant in ended.out or command == ("doctor",), (command, "it shows its own")
    for command in ("focus", "showback"):
        out = Path(f"out-{command}")
        assert hve("export", command, "--out", str(out), "--tenant", tenant, *NOW).code == 0
        files = [file.read_bytes().decode("latin-1") for file in out.rglob("*") if file.is_file()]
        assert files
        assert not [text for text in files if foreign(tenant) in text], command


def values_of(sql: str, tenant: str) -> dict[str, Any]:
    """A value for each parameter: everything of one tenant."""
    first, last = datetime(2026, 11, 1, tzinfo=UTC), AT
    known = {
        "tenant": tenant, "now": AT, "since": first, "until": last, "first": first, "last": last,
        "since_day": first.date(), "until_day": last.date(), "today": last.date(),
        "account": None, "accounts": None, "limit": 1000, "most": 1000, "id": None,
        "days": [date(2026, 11, day) for day in range(1, 24)],
        "check_name": None, "currency": "USD", "sender": None, "source": "message_traces",
        "tenants": [tenant], "week": first, "day": last, "postponed": "message_traces:postponed",
        "cut_days": [date(2026, 10, 1)], "attempts": 3, "trace_ids": [], "ids": [], "revised": [],
    }  # fmt: skip
    return {name: known[name] for name in set(re.findall(r"\$([a-z_]+)", sql))}


@pytest.mark.parametrize("tenant", TENANTS)
def test_no_query_of_a_tenant_finds_another_ones_rows(hve: Hve, mode: str, tenant: str) -> None:
    found = 0
    with published_connection(load_config().warehouse.path) as connection:
        for file in queries():
            sql = file.read_text(encoding="utf-8")
            if file.stem in OF_ONE_THING | OF_FOUND_ROWS:
                continue
            assert "$tenant" in sql, f"{file.stem}: whose rows does it read?"
            if "{" in re.sub(r"--[^\n]*|'[^']*'|\{\s*'.*?\}", "", sql, flags=re.DOTALL):
                continue
            answer = records(connection, sql, values_of(sql, tenant))
            shown = json.dumps(answer, default=str)
            assert foreign(tenant) not in shown, file.stem
            found += bool(answer)
    assert found > 10, "the queries find something of the tenant itself"


def test_the_same_person_has_another_pseudonym_in_each_tenant(hve: Hve, mode: str) -> None:
    stored = {
        row["recipient"]
        for tenant in TENANTS
        for row in hve(
            "trace", "--recipient", PERSON, "--tenant", tenant, "--limit", "1", "--json", *NOW
        ).json["rows"]
    }
    assert len(stored) == (1 if mode == "full" else 2)
    with store_of(load_config()) as store:
        keys = store.state.connection.execute(
            "select sealed from pseudonym_keys where tenant not like '*%'"
        ).fetchall()
    assert len(set(keys)) == 2


def test_budgets_and_spend_are_each_tenants_own(hve: Hve, mode: str) -> None:
    for tenant in TENANTS:
        told = hve("cost", "--tenant", tenant, "--json", *NOW).json
        assert {budget["name"] for budget in told["budgets"]} == {f"{tenant} budget"}


def test_each_tenant_pays_its_own_price(hve: Hve, mode: str) -> None:
    spent, costs = Decimal(0), {}
    for tenant, price in zip(TENANTS, ("0.000042", "0.00002"), strict=True):
        told = hve("cost", "--tenant", tenant, "--json", *NOW).json
        so_far = told["month_to_date"]
        assert told["unit_price"] == price
        assert Decimal(so_far["cost"]) == so_far["billable_recipients"] * Decimal(price)
        spent += Decimal(so_far["cost"])
        costs |= {line["account"]: line["month_end"] for line in told["by_account"]}
    both = hve("cost", "--json", *NOW).json
    assert both["unit_price"] is None, "there is no price of all"
    assert Decimal(both["month_to_date"]["cost"]) == spent
    assert {line["account"]: line["month_end"] for line in both["by_account"]} == costs
    with published_connection(load_config().warehouse.path) as connection:
        found = connection.execute(
            "select tenant, max(unit_price) from marts.hve_cost_daily group by tenant"
        ).fetchall()
    assert dict(found) == {"contoso": Decimal("0.000042"), "fabrikam": Decimal("0.00002")}
