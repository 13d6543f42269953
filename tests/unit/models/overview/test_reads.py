"""How old the data is: by what was read, not by what was built or tried."""

from __future__ import annotations

from datetime import datetime, timedelta

from hve_monitor.config import Config, Tenant, Warehouse
from models.overview.reads import TenantRead, last_reads
from models.overview.tenants import tenant_summaries
from models.usage.coverage import SOURCE, coverage_report, published_coverage
from tests.unit.models.conftest import NOW, Workbench, at, trace
from warehouse.reading import Published
from warehouse.records.accounts import Account, record_accounts
from warehouse.records.coverage import postpone, record_coverage
from warehouse.windows import Window

HR, SHOP = "hr@contoso.com", "shop@fabrikam.com"
NAMES = "contoso", "fabrikam"


def config_of(bench: Workbench, accounts: str = "exchange") -> Config:
    tenants = tuple(
        Tenant(name=name, tenant_id=name, client_id="c", managed_identity=True, accounts=accounts)
        for name in NAMES
    )
    return Config(warehouse=Warehouse(path=bench.store.root), tenants=tenants)


def read(bench: Workbench, tenant: str, address: str, until: datetime) -> None:
    record_accounts(bench.store, tenant, [Account(address, (address,))], NOW, "exchange")
    window = Window(at("2026-11-01T00:00:00"), until)
    record_coverage(bench.store.state, tenant, SOURCE, address, window)
    bench.store.state.record_now(tenant, until)


def failed(bench: Workbench, tenant: str, at_time: datetime, error: str) -> None:
    source = {"source": "accounts", "tenant": tenant, "status": "failed", "error": error}
    moment = at_time.isoformat().replace("+00:00", "Z")
    bench.store.state.record_run(NOW, NOW, {"now": moment, "sources": [source]})


def reads(
    bench: Workbench, now: datetime, config: Config, tenant: str | None = None
) -> list[TenantRead]:
    bench.build(now)
    with bench.reader() as connection:
        return last_reads(config, Published(connection, now, tenant))


def test_a_build_makes_nothing_younger_and_the_oldest_tenant_comes_first(bench: Workbench) -> None:
    read(bench, "contoso", HR, NOW)
    read(bench, "fabrikam", SHOP, NOW - timedelta(hours=3))
    rows = reads(bench, NOW + timedelta(minutes=9), config_of(bench))
    assert [(row.tenant, row.read_at, row.fresh) for row in rows] == [
        ("fabrikam", NOW - timedelta(hours=3), False),
        ("contoso", NOW, True),
    ]


def test_a_tenant_is_as_old_as_the_address_that_was_read_longest_ago(bench: Workbench) -> None:
    read(bench, "contoso", HR, NOW)
    account = Account(HR, (HR, "people@contoso.com"))
    record_accounts(bench.store, "contoso", [account], NOW, "exchange")
    old = NOW - timedelta(hours=2)
    window = Window(at("2026-11-01T00:00:00"), old)
    record_coverage(bench.store.state, "contoso", SOURCE, "people@contoso.com", window)
    (row,) = reads(bench, NOW, config_of(bench), "contoso")
    assert (row.read_at, row.fresh) == (old, False)


def test_what_an_address_left_for_the_next_run_is_not_read(bench: Workbench) -> None:
    read(bench, "contoso", HR, NOW)
    account = Account(HR, (HR, "people@contoso.com"))
    record_accounts(bench.store, "contoso", [account], NOW, "exchange")
    last = Window(NOW - timedelta(days=9), NOW - timedelta(minutes=15))
    record_coverage(bench.store.state, "contoso", SOURCE, "people@contoso.com", last)
    postpone(bench.store.state, "contoso", SOURCE, {"people@contoso.com": Window(last.end, NOW)})
    (row,) = reads(bench, NOW, config_of(bench), "contoso")
    assert (row.read_at, row.fresh) == (last.end, True)


def test_a_run_that_could_not_log_in_read_nothing(bench: Workbench) -> None:
    bench.store.state.record_now("contoso", NOW)
    failed(bench, "contoso", NOW, "no token for contoso")
    (row,) = reads(bench, NOW, config_of(bench), "contoso")
    assert (row.read_at, row.fresh, row.error) == (None, False, "no token for contoso")


def test_the_error_of_the_last_run_is_named_until_it_was_read_again(bench: Workbench) -> None:
    read(bench, "contoso", HR, NOW)
    failed(bench, "contoso", NOW + timedelta(minutes=15), "connection refused")
    (row,) = reads(bench, NOW + timedelta(minutes=20), config_of(bench), "contoso")
    assert (row.read_at, row.fresh, row.error) == (NOW, True, "connection refused")
    read(bench, "contoso", HR, NOW + timedelta(minutes=30))
    (row,) = reads(bench, NOW + timedelta(minutes=31), config_of(bench), "contoso")
    assert row.error is None


def test_files_are_as_old_as_their_newest_row(bench: Workbench) -> None:
    bench.land(trace("m1", "a@contoso.com", "2026-11-02T07:20:00"))
    bench.store.state.record_now("contoso", NOW)
    (row,) = reads(bench, NOW + timedelta(hours=2), config_of(bench, "files"), "contoso")
    newest = at("2026-11-02T08:00:00")
    assert (row.read_at, row.fresh, row.from_files) == (newest, False, True)


def test_a_file_without_a_usable_row_reads_nothing(bench: Workbench) -> None:
    bench.store.state.record_now("contoso", NOW)
    (row,) = reads(bench, NOW + timedelta(hours=2), config_of(bench, "files"), "contoso")
    assert (row.read_at, row.from_files) == (None, True)


def test_coverage_of_each_tenant_is_what_its_own_report_says(bench: Workbench) -> None:
    read(bench, "contoso", HR, NOW)
    read(bench, "fabrikam", SHOP, NOW - timedelta(hours=3))
    bench.store.state.record_now("new", NOW)
    bench.build(NOW)
    with bench.reader() as connection:
        published = Published(connection, NOW)
        coverage = published_coverage(published)
        for name in (*NAMES, "new", "unknown"):
            day = NOW - timedelta(days=1)
            for since, until in ((None, None), (day, NOW)):
                own = coverage_report(published.of(name), since, until)
                assert coverage.report(name, since, until) == own
    gaps = {name: len(coverage.report(name).gaps) for name in NAMES}
    assert gaps == {"contoso": 0, "fabrikam": 1}


def test_tenants_side_by_side_say_the_same(bench: Workbench) -> None:
    read(bench, "contoso", HR, NOW)
    bench.store.state.record_now("fabrikam", NOW)
    failed(bench, "fabrikam", NOW, "no token for fabrikam")
    bench.build(NOW)
    rows = {row.tenant: row for row in tenant_summaries(config_of(bench), NOW).tenants}
    assert (rows["contoso"].read_at, rows["contoso"].fresh) == (NOW, True)
    assert (rows["fabrikam"].read_at, rows["fabrikam"].fresh) == (None, None)
    assert rows["fabrikam"].error == "no token for fabrikam"
    assert rows["fabrikam"].coverage.complete is False
