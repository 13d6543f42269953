"""One tenant's ingest: which sources it has, and what is refused before anything is fetched."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from hve_monitor.config import Config, Endpoints, Tenant
from hve_monitor.errors import ConfigError, LockedError
from ingest.read_tenant import ingest_tenant
from ingest.source import SourceResult
from tests.unit.ingest.conftest import NOW, quiet
from warehouse.store import Store

LISTED = Tenant(
    name="contoso",
    tenant_id="11111111-2222-3333-4444-555555555555",
    managed_identity=True,
    accounts=("hr@contoso.com",),
)
FILES = Tenant(name="local", accounts="files")


def ingest(store: Store, tenant: Tenant, *sources: str, **more: Any) -> list[SourceResult]:
    config = Config(tenants=(tenant,), endpoints=Endpoints(login="https://127.0.0.1:9"))
    return ingest_tenant(store, config, tenant, sources, more.get("now", NOW), None, quiet)


def test_a_tenant_of_files_has_nothing_to_fetch(store: Store) -> None:
    assert ingest(store, FILES) == []
    assert store.state.last_now("local") is None


def test_an_unknown_source_names_the_known_ones(store: Store) -> None:
    with pytest.raises(ConfigError, match="acounts: no such source; known: accounts, billing"):
        ingest(store, LISTED, "acounts")


def test_listed_accounts_need_no_network(store: Store) -> None:
    (result,) = ingest(store, LISTED, "accounts", "billing")
    assert (result.source, result.rows_new, result.requests) == ("accounts", 1, 0)
    assert store.state.last_now("contoso") == NOW


def test_business_time_that_goes_back_is_refused(store: Store) -> None:
    ingest(store, LISTED, "accounts")
    with pytest.raises(ConfigError, match="cannot go back"):
        ingest(store, LISTED, "accounts", now=NOW - timedelta(seconds=1))


def test_a_tenant_that_is_being_ingested_is_refused(store: Store) -> None:
    with store.tenant_lock("contoso"), pytest.raises(LockedError, match="tenant-contoso"):
        ingest(store, LISTED, "accounts")
