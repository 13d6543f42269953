"""Tenants of shards: as without shards, and read again only where something is another."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from actions.feedback import announce
from actions.import_files import import_files
from cli.text.delivery import tenants as tenants_text
from hve_monitor.config import Budget, Config, Tenant, Warehouse
from models.incidents.overspill import PlanFor
from models.overview import fleet
from models.overview.fleet import all_tenants
from models.overview.tenants import TenantSummary
from warehouse.fleet import FILE, fleet_rows

NOW = datetime(2026, 11, 24, 8, 20, tzinfo=UTC)
COLUMNS = {name: name for name in ("id", "sender", "recipient", "received_at")}
ROWS = {"contoso": 3, "adatum": 1}


def config(root: Path, **shards: str) -> Config:
    tenants = [Tenant(name=name, accounts="files", shard=shard) for name, shard in shards.items()]
    budget = Budget(name="mail", tenant="contoso", amount="0.0001")
    warehouse = Warehouse(path=root)
    return Config(tenants=tuple(tenants), budgets=(budget,), warehouse=warehouse)


def fill(whole: Config, tenant: str, folder: Path, now: datetime = NOW, number: int = 0) -> None:
    rows = [
        f"{tenant}{n},hr@{tenant}.com,ada@fabrikam.com,2026-11-2{3 - n % 2}T07:00:00Z"
        for n in range(number, number + ROWS[tenant])
    ]
    file = folder / f"{tenant}.csv"
    file.write_text("\n".join([",".join(COLUMNS), *rows]), encoding="utf-8")
    own = whole.of_tenant(tenant) if whole.is_sharded else whole
    import_files(own, own.tenant(tenant), [file], COLUMNS, "auto", now, lambda *_: None)


@pytest.fixture
def whole(tmp_path: Path) -> Config:
    """Two shards that were filled, and one that never ran."""
    shards = config(tmp_path / "fleet", contoso="north", adatum="south", fabrikam="west")
    for tenant in ROWS:
        fill(shards, tenant, tmp_path)
    return shards


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tenants whose stores were read."""
    seen: list[str] = []
    read: Callable[..., list[object]] = fleet.dated_summaries

    def noted(own: Config, *arguments: object) -> list[object]:
        seen.extend(tenant.name for tenant in own.served)
        return read(own, *arguments)

    monkeypatch.setattr(fleet, "dated_summaries", noted)
    return seen


def by_name(whole: Config, now: datetime = NOW) -> dict[str, TenantSummary]:
    return {row.tenant: row for row in all_tenants(whole, now).tenants}


def test_shards_say_what_one_store_says(whole: Config, tmp_path: Path) -> None:
    together = config(tmp_path / "one", contoso="", adatum="", fabrikam="")
    for tenant in ROWS:
        fill(together, tenant, tmp_path)
    expected = all_tenants(together, NOW)
    assert all_tenants(whole, NOW) == expected
    assert all_tenants(whole, NOW) == expected, "from the fleet file alone too"
    row = by_name(whole)["contoso"]
    assert (row.recipients_7d, row.open_incidents, row.budget and row.budget.name) == (3, 0, "mail")


def test_a_shard_that_never_ran_is_unknown(whole: Config) -> None:
    row = by_name(whole)["fabrikam"]
    assert (row.read_at, row.fresh, row.recipients_24h, row.recipients_7d) == (None,) * 4
    assert (row.open_incidents, row.unjudged_high, row.month_to_date) == (None,) * 3
    assert row.coverage.complete is False


def test_a_store_is_read_once(whole: Config, looks: list[str]) -> None:
    first = by_name(whole)
    assert sorted(looks) == ["adatum", "contoso"]
    looks.clear()
    later = by_name(whole, NOW + timedelta(minutes=39))
    assert [later[name] for name in ROWS] == [first[name] for name in ROWS]
    assert looks == []


def test_only_the_shard_that_changed_is_read_again(
    whole: Config, looks: list[str], tmp_path: Path
) -> None:
    all_tenants(whole, NOW)
    looks.clear()
    fill(whole, "adatum", tmp_path, NOW + timedelta(minutes=5), number=5)
    rows = by_name(whole, NOW + timedelta(minutes=6))
    assert looks == ["adatum"]
    assert rows["adatum"].recipients_7d == 2


def test_what_somebody_says_counts_at_once(whole: Config, looks: list[str]) -> None:
    all_tenants(whole, NOW)
    looks.clear()
    north = whole.of_shard("north")
    window = (NOW + timedelta(days=1), NOW + timedelta(days=2))
    everybody = PlanFor(None, None, everything=True)
    announce(north, north.served[0], everybody, window, 10**6, "", "ada", NOW)
    all_tenants(whole, NOW)
    assert looks == ["contoso"]


def test_another_budget_or_price_is_another_basis(whole: Config, looks: list[str]) -> None:
    all_tenants(whole, NOW)
    looks.clear()
    none = whole.model_copy(update={"budgets": ()})
    assert by_name(none)["contoso"].budget is None
    assert looks == ["contoso"]


def test_time_alone_reads_the_store_and_projects_nothing_anew(
    whole: Config, looks: list[str], tmp_path: Path
) -> None:
    first = by_name(whole)["contoso"]
    looks.clear()
    later = NOW.replace(hour=9, minute=1)
    row = by_name(whole, later)["contoso"]
    assert sorted(looks) == ["adatum", "contoso"]
    assert (row.projected_at, row.month_end) == (NOW, first.month_end)
    week_after = by_name(whole, NOW + timedelta(days=5))["contoso"]
    assert week_after.recipients_7d == 2, "one of three is older than seven days"
    december = by_name(whole, NOW + timedelta(days=8))["contoso"]
    assert december.projected_at == NOW + timedelta(days=8)


def test_a_look_at_the_past_changes_no_row(whole: Config) -> None:
    all_tenants(whole, NOW)
    before = fleet_rows(whole.warehouse.path)
    row = by_name(whole, NOW - timedelta(days=1, hours=8))["contoso"]
    assert row.recipients_7d == 1, "what came on the 23rd was still to come"
    assert fleet_rows(whole.warehouse.path) == before


def test_a_store_that_cannot_be_read_is_unknown_and_says_why(whole: Config) -> None:
    (whole.of_shard("north").warehouse.path / "hve.duckdb").write_bytes(b"no such file")
    rows = by_name(whole)
    assert "cannot be read" in str(rows["contoso"].error)
    assert rows["contoso"].month_to_date is None
    assert rows["adatum"].recipients_7d == 1


def test_what_a_shard_has_lost_is_not_taken_for_never_read(whole: Config) -> None:
    all_tenants(whole, NOW)
    root = whole.of_shard("north").warehouse.path
    (root / "state.db").write_bytes(b"no database at all" * 100)
    assert all_tenants(whole, NOW).unread_shards == ["north"]
    row = by_name(whole)["contoso"]
    assert str(row.error).endswith("state.db: cannot be opened (file is not a database)")
    assert (row.recipients_7d, row.is_unread, row.coverage.complete) == (None, True, None)
    shown = tenants_text(all_tenants(whole, NOW), wide=True)
    (line,) = [line for line in shown.splitlines() if line.startswith("contoso  ")]
    assert "never" not in line
    assert line.split().count("unknown") >= 8
    (root / "hve.duckdb").unlink()
    error = by_name(whole)["contoso"].error
    assert str(error).endswith("hve.duckdb: is missing beside what is stored; run 'hve build'")
    shutil.rmtree(root)
    rows = by_name(whole)
    assert (
        rows["contoso"].error
        == f"{root}: is not there any more; mount its disk, or restore a backup"
    )
    assert (rows["fabrikam"].error, rows["fabrikam"].is_unread) == (None, False), "it never ran"


def test_a_store_of_a_release_before_is_read(whole: Config) -> None:
    expected = all_tenants(whole, NOW)
    state = whole.of_shard("north").warehouse.path / "state.db"
    with closing(sqlite3.connect(state)) as connection, connection:
        connection.executescript("drop table runbook_steps; pragma user_version = 3")
    assert all_tenants(whole, NOW) == expected


def test_rows_that_cannot_be_read_are_made_anew(whole: Config) -> None:
    expected, file = all_tenants(whole, NOW), whole.warehouse.path / FILE
    for column in ("document", "until"):
        with closing(sqlite3.connect(file)) as connection, connection:
            connection.execute(f"update tenants set {column} = '{{}}'")
        assert all_tenants(whole, NOW) == expected
    content = file.read_bytes()
    file.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))
    assert all_tenants(whole, NOW) == expected
    assert set(fleet_rows(whole.warehouse.path)) == {"contoso", "adatum"}


@pytest.mark.parametrize("content", [b"", b"no database at all" * 100])
def test_a_fleet_file_of_another_hand_is_made_anew(whole: Config, content: bytes) -> None:
    expected = all_tenants(whole, NOW)
    file = whole.warehouse.path / FILE
    file.write_bytes(content)
    assert all_tenants(whole, NOW) == expected
    assert set(fleet_rows(whole.warehouse.path)) == {"contoso", "adatum"}
