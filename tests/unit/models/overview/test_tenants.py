"""Until when the summary of a tenant says what another look would say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from hve_monitor.config import Config, Tenant, Warehouse
from models.overview.tenants import dated_summaries
from tests.unit.publish.conftest import NOW, Desk, incident
from warehouse.records.verdicts import Judged, record_verdict
from warehouse.store import open_store

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_store(tmp_path / "store", "500MB", 1) as store:
        yield Desk(store)


def look(desk: Desk, now: datetime) -> tuple[int | None, datetime]:
    """Open incidents, and until when there are so many."""
    tenants = (Tenant(name="contoso", accounts="files"),)
    config = Config(tenants=tenants, warehouse=Warehouse(path=desk.store.root))
    (dated,) = dated_summaries(config, now)
    return dated.summary.open_incidents, dated.until


def test_an_incident_that_ends_within_the_hour_ends_what_holds(desk: Desk) -> None:
    now = NOW.replace(minute=20)
    desk.show(now, incident(ended_at=now - 72 * HOUR + 10 * MINUTE))
    assert look(desk, now) == (1, now + 10 * MINUTE)
    assert look(desk, now + 10 * MINUTE) == (0, NOW.replace(minute=0) + HOUR)


def test_a_verdict_that_expires_within_the_hour_does_too(desk: Desk) -> None:
    now = NOW.replace(minute=20)
    desk.show(now, incident(ended_at=now - HOUR))
    judged = Judged("a1b2c3", "contoso", "hr@contoso.com", "surge", now - HOUR, now, 4890)
    given = record_verdict(desk.store.state, judged, "acknowledged", "known", "ada", now)
    later = given.expires_at - MINUTE
    assert look(desk, later)[1] == given.expires_at
