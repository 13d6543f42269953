"""One delivery rate: every place of every page divides by the same recipients."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

from hve_monitor.config import Tenant
from models.build import build
from tests.unit.dashboards import conftest as place
from tests.unit.dashboards.conftest import FIRST, HR, NOW, Open, bodies, configured, tiles, words
from warehouse.store import open_store
from warehouse.windows import Window

# Half of the recipients are pending: they are in no rate.
STATUSES = ["delivered"] * 9 + ["failed"] + ["pending"] * 10
CELL = re.compile(r"<td[^>]*>([^<]*%)</td>")


def test_rates_of_the_overview_and_of_delivery_are_the_same(tmp_path: Path, opened: Open) -> None:
    file = configured(tmp_path)
    at = NOW - timedelta(days=1)
    rows = [
        place._row(f"m{n}", HR, at, "Payroll", n=n) | {"status": status}
        for n, status in enumerate(STATUSES)
    ]
    with open_store(file.with_name("store")) as store:
        place._land(store, rows)
        place._read(store, Window(FIRST, NOW))
        build(store, [Tenant(name="contoso", accounts="files")], NOW, lambda *_: None)
    overview, delivery = opened(file), opened(file, "delivery")
    assert tiles(overview)["Delivery rate, 7 days"] == "90.0 %"
    assert "20 recipients in 1 day, 90.0 % delivered" in words(overview)
    largest = next(body for body in bodies(overview) if 'aria-label="Largest accounts"' in body)
    assert CELL.findall(largest) == ["100.0 %", "90.0 %"], "its share, and its delivery rate"
    rates = next(body for body in bodies(delivery) if 'aria-label="Delivery rates"' in body)
    assert CELL.findall(rates)[0] == "90.0 %"
    assert f"{HR} has the lowest delivery rate: 90.0 %" in words(delivery)
