"""Incidents as rows: the flat ones have the lists as texts."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from models.incidents.rows import flat_rows
from tests.unit.models.conftest import Workbench, at
from warehouse.tables import HVE_INCIDENTS, HVE_INCIDENTS_FLAT

SIGNALS = [
    {"name": "volume", "score": 0.996, "state": "fired", "reason": "5,200 of 310"},
    {"name": "new_source", "score": None, "state": "unavailable", "reason": "no address, ever"},
    {"name": "fan_out", "score": 0.5, "state": "fired", "reason": "900 at once"},
    {"name": "failures", "score": 0.0, "state": "quiet", "reason": "1 of 100"},
]


def flat(bench: Workbench, **values: Any) -> dict[str, Any]:
    row = {"tenant": "contoso", "id": "i1", "started_at": at("2026-11-20T07:00:00"), **values}
    rows = pa.Table.from_pylist([row], schema=HVE_INCIDENTS.schema)
    read = flat_rows(bench.store, rows)
    assert read.schema == HVE_INCIDENTS_FLAT.schema
    return dict(read.to_pylist()[0])


def test_lists_are_lines_and_names_between_commas(bench: Workbench) -> None:
    row = flat(
        bench,
        audience=["security", "mail"],
        reasons=["5,012 of 5,200 were new, all of them external", "from 203.0.113.66"],
        signals=SIGNALS,
        next_steps=["Block it", "Ask"],
    )
    assert row["audience"] == "security, mail"
    assert row["reasons"] == "5,012 of 5,200 were new, all of them external\nfrom 203.0.113.66"
    assert row["signals_fired"] == "volume, fan_out"
    assert row["signals"].splitlines() == [
        "volume: fired 1.00: 5,200 of 310",
        "new_source: unavailable: no address, ever",
        "fan_out: fired 0.50: 900 at once",
        "failures: quiet 0.00: 1 of 100",
    ]
    assert row["next_steps"] == "Block it\nAsk"
    assert row["started_at"] == at("2026-11-20T07:00:00")


def test_an_empty_list_is_an_empty_text_and_what_is_unknown_stays_so(bench: Workbench) -> None:
    row = flat(bench, audience=["mail"], reasons=[], signals=[], next_steps=None)
    assert (row["reasons"], row["signals"], row["signals_fired"]) == ("", "", "")
    assert row["next_steps"] is None
    assert row["expected"] is None
