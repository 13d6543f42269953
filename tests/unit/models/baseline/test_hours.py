"""Until when the hours of a tenant of files are known."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from hve_monitor.config import Tenant
from models.baseline.hours import known_until
from warehouse.store import open_store
from warehouse.tables import HVE_USAGE_HOURLY

FILES = Tenant(name="contoso", accounts="files")
DAY_BEFORE, LAST, TO_COME = (
    datetime(2026, 3, day, hour, tzinfo=UTC) for day, hour in ((3, 22), (4, 9), (5, 14))
)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        (datetime(2026, 3, 6, tzinfo=UTC), datetime(2026, 3, 5, 15, tzinfo=UTC)),
        (datetime(2026, 3, 5, 8, tzinfo=UTC), datetime(2026, 3, 4, 10, tzinfo=UTC)),
        (datetime(2026, 3, 4, 9, 30, tzinfo=UTC), datetime(2026, 3, 4, 9, 30, tzinfo=UTC)),
        (datetime(2026, 3, 4, 8, tzinfo=UTC), datetime(2026, 3, 3, 23, tzinfo=UTC)),
        (datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)),
    ],
)
def test_known_is_the_end_of_the_last_hour_that_is_not_to_come(
    tmp_path: Path, now: datetime, until: datetime
) -> None:
    hours = (DAY_BEFORE, LAST, TO_COME)
    rows = [{"tenant": "contoso", "day": at.date(), "account": "a", "hour_utc": at} for at in hours]
    with open_store(tmp_path) as store:
        store.delta.append(
            HVE_USAGE_HOURLY, pa.Table.from_pylist(rows, schema=HVE_USAGE_HOURLY.schema)
        )
        assert known_until(store, FILES, now) == until
