from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import Any

import pytest

from simulator import SimulatedTenant
from simulator.graph.trace_page import first_cursor, read_page
from simulator.graph.trace_query import TraceRequest
from simulator.graph.trace_row import ServedTrace
from simulator.mail.instant import DAY
from tests.unit.simulator.conftest import NOW

COLUMNS = {
    "delivered": "delivered",
    "failed": "failed",
    "quarantined": "quarantined",
    "filteredAsSpam": "filtered_as_spam",
    "pending": "pending",
    "expanded": "expanded",
}


def read_all(tenant: SimulatedTenant) -> list[ServedTrace]:
    query = TraceRequest(tenant.traffic.first_day * DAY, tenant.clock, 1_000_000, {})
    return read_page(tenant.traffic, first_cursor(query, tenant.clock))[0]


def count(tenant: SimulatedTenant, rows: list[ServedTrace]) -> list[dict[str, Any]]:
    """The same table as `truth`, counted from served rows one by one."""
    primary = {a: account.primary for account in tenant.accounts for a in account.addresses}
    groups: dict[tuple[str, str], list[ServedTrace]] = defaultdict(list)
    for row in rows:
        key = primary[row["senderAddress"].lower()], row["receivedDateTime"][:10]
        groups[key].append(row)
    return [
        {
            "account": account,
            "day_utc": day,
            "messages": len({row["id"] for row in group}),
            "recipients": sum(row["status"] != "expanded" for row in group),
            **{name: sum(r["status"] == s for r in group) for s, name in COLUMNS.items()},
            "other": sum(row["status"] not in COLUMNS for row in group),
        }
        for (account, day), group in groups.items()
    ]


def by_key(table: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(table, key=lambda row: (row["account"], row["day_utc"]))


@pytest.mark.parametrize("hours", [0, 2, 30])
def test_truth_equals_a_count_of_the_rows(hours: int) -> None:
    tenant = SimulatedTenant(seed=11, now=NOW, days=4, staff=60)
    tenant.advance(timedelta(hours=hours))
    assert by_key(tenant.truth()) == by_key(count(tenant, read_all(tenant)))


def test_statuses_settle_and_late_rows_arrive(tenant: SimulatedTenant) -> None:
    later = SimulatedTenant(seed=7, now=NOW, days=12, staff=60)
    later.advance(timedelta(hours=5))
    today = {row["account"]: row for row in tenant.truth() if row["day_utc"] == "2026-11-23"}
    settled = {row["account"]: row for row in later.truth() if row["day_utc"] == "2026-11-23"}
    assert all(settled[name]["recipients"] >= row["recipients"] for name, row in today.items())
    assert all(row["pending"] + row["other"] == 0 for row in settled.values())
