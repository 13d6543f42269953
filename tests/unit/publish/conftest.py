"""Incidents to tell of, a store that holds them, and a published store with hostile texts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pydantic import SecretStr

from hve_monitor.config import Alerts, AlertTarget, Config, CostCenter, Tenant, Warehouse
from models.build import build, offer_models
from models.reference.book import shipped_reference
from publish.alerts.candidates import Candidate
from publish.message import Alert, Since
from tests.unit.models.conftest import NOW as SPENT_AT
from tests.unit.models.conftest import Workbench, trace
from tests.unit.models.cost.test_spend import charge, land
from warehouse.connection import connect
from warehouse.publication import publish
from warehouse.store import Store, open_store
from warehouse.tables import HVE_INCIDENTS

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)  # a Tuesday, 10:30 in Berlin
TENANT = Tenant(name="contoso", accounts="files", timezone="Europe/Berlin")
SCOPE = "/subscriptions/s1"
PAYER = Tenant(name="contoso", accounts="files", tenant_id="11111111-1111", azure_scopes=(SCOPE,))
HR = CostCenter(name='=HYPERLINK("x")', owner="Ada", accounts=("hr@contoso.com",))


def target(url: str = "webhook+https://hooks.contoso.com/hve", **other: Any) -> AlertTarget:
    return AlertTarget(url=SecretStr(url), **other)


def incident(**changes: Any) -> dict[str, Any]:
    """A row of the mart: a surge of high severity that began an hour ago and goes on."""
    usual: dict[str, Any] = {
        "tenant": "contoso",
        "id": "a1b2c3",
        "account": "hr@contoso.com",
        "kind": "surge",
        "audience": ["security", "finops", "mail"],
        "severity": "high",
        "started_at": NOW - timedelta(hours=1),
        "ended_at": None,
        "detected_at": NOW - timedelta(minutes=30),
        "observed": 5200,
        "expected": 310.0,
        "interval_low": 180.0,
        "interval_high": 520.0,
        "reasons": ["5,200 recipients in 1 h; 310 were expected (180 to 520)"],
        "signals": [{"name": "surge", "score": 0.9, "state": "fired", "reason": "16 times"}],
        "extra_recipients": 4890,
        "extra_cost": Decimal("0.205380000"),
        "currency": "USD",
        "next_steps": ["Ask the owner of hr@contoso.com whether this send was planned."],
        "learning": False,
    }
    return usual | changes


def candidate(**changes: Any) -> Candidate:
    """What becomes of it; changes of the candidate and of its alert."""
    usual: dict[str, Any] = {
        "standing": "going_on",
        "status": "open",
        "size": 5200,
        "strength": 16.8,
    }
    own = {name: changes.pop(name) for name in usual if name in changes}
    return Candidate(alert(**changes), **usual | own)


def alert(**changes: Any) -> Alert:
    """The alert of that incident when it opens."""
    usual: dict[str, Any] = {
        "type": "incident.opened",
        "stage": "opened",
        "kind": "surge",
        "key": "incident:a1b2c3",
        "tenant": "contoso",
        "severity": "high",
        "audience": ("security", "mail"),
        "at": NOW,
        "title": "surge: hr@contoso.com",
        "account": "hr@contoso.com",
        "what": "surge of hr@contoso.com",
        "more": "5,200 recipients, 310 were expected",
        "since": Since(start=NOW - timedelta(hours=1), end=None, zone="Europe/Berlin"),
        "money": "0.20538 USD more than expected",
        "why": ("5,200 recipients in 1 h",),
        "next": ("Ask the owner",),
        "link": "",
        "details": {"tenant": "contoso", "id": "a1b2c3"},
    }
    return Alert(**usual | changes)


class Desk:
    """A store whose published incidents are replaced by hand."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def show(self, now: datetime, *rows: dict[str, Any]) -> None:
        """Publishes exactly these incidents."""
        table = pa.Table.from_pylist(list(rows), schema=HVE_INCIDENTS.schema)
        self.store.delta.replace(HVE_INCIDENTS, table, "contoso")
        if self.store.published.exists():
            self._show_again(now, table)
        else:
            publish(self.store, now, partial(offer_models, reference=shipped_reference()))

    def _show_again(self, now: datetime, table: pa.Table) -> None:
        """Changes what the next version would change; publishing takes ten times as long."""
        with closing(connect(str(self.store.published))) as connection:
            connection.register("shown", table)
            connection.execute("delete from marts.hve_incidents")
            connection.execute("insert into marts.hve_incidents by name from shown")
            connection.execute("update state.publication set as_of = ?", [now])

    def config(self, *targets: AlertTarget, **other: Any) -> Config:
        """A configuration with these targets."""
        return Config(
            warehouse=Warehouse(path=self.store.root),
            tenants=(TENANT,),
            alerts=Alerts(targets=targets, **other),
        )


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """An empty store."""
    with open_store(tmp_path / "store", "500MB", 1) as store:
        yield Desk(store)


Show = Callable[..., None]


@pytest.fixture(scope="session")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """Three senders, charged by Azure; one cost center has the name of a formula."""
    root: Path = tmp_path_factory.mktemp("published") / "store"
    with open_store(root) as store:
        bench = Workbench(store)
        land(bench)
        bench.land(trace("m", "=cmd@contoso.com", "2026-11-02T09:00:00", subject="=1+1"))
        charge(bench)
        build(store, [PAYER], SPENT_AT, lambda *_: None)
    return Config(warehouse={"path": root}, tenants=(PAYER,), cost_centers=(HR,))  # type: ignore[arg-type] # checked by pydantic
