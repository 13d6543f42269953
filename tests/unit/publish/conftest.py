"""A published store with hostile texts in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from hve_monitor.config import Config, CostCenter, Tenant
from models.build import build
from tests.unit.models.conftest import NOW, Workbench, trace
from tests.unit.models.test_spend import charge, land
from warehouse.store import open_store

SCOPE = "/subscriptions/s1"
TENANT = Tenant(name="contoso", accounts="files", tenant_id="11111111-1111", azure_scopes=(SCOPE,))
HR = CostCenter(name='=HYPERLINK("x")', owner="Ada", accounts=("hr@contoso.com",))


@pytest.fixture(scope="session")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """Three senders, charged by Azure; one cost center has the name of a formula."""
    root: Path = tmp_path_factory.mktemp("published") / "store"
    with open_store(root) as store:
        bench = Workbench(store)
        land(bench)
        bench.land(trace("m", "=cmd@contoso.com", "2026-11-02T09:00:00", subject="=1+1"))
        charge(bench)
        build(store, [TENANT], NOW, lambda *_: None)
    return Config(warehouse={"path": root}, tenants=(TENANT,), cost_centers=(HR,))  # type: ignore[arg-type] # checked by pydantic
