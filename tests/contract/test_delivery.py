"""Events of a message on demand: asked for, queued, fetched by the next run, shown side by side."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from actions.run import run_once
from actions.trace import TraceOutput, answer
from hve_monitor.config import Config
from hve_monitor.document import encoded
from models.delivery.conditions import TraceFilter
from tests.contract.conftest import NOW, Site
from tests.contract.test_pipeline import quiet
from warehouse.reading import published_connection

pytestmark = pytest.mark.contract
QUARTER = timedelta(minutes=15)
MIXED = """
select trace_id, min(recipient) filter (where status_group = 'failed') as failed
from staging.stg_message_traces
where day >= date '2026-09-01' and day < date '2026-11-10'
group by trace_id
having count(*) filter (where status_group = 'failed') > 0
    and count(*) filter (where status_group = 'delivered') > 0
order by trace_id
limit 1
"""


def timeline(config: Config, wanted: TraceFilter, quarters: int) -> dict[str, Any]:
    now = NOW + quarters * QUARTER
    document: dict[str, Any] = encoded(answer(config, wanted, TraceOutput(events=True), now))
    return document


def test_a_failed_way_is_fetched_on_demand_and_shown_beside_a_delivered_one(
    read_site: Site,
) -> None:
    """The message is older than what the run fetches by itself."""
    config = read_site.config()
    with published_connection(config.warehouse.path) as connection:
        found = connection.execute(MIXED).fetchone()
    assert found is not None
    wanted = TraceFilter(id=found[0], recipient=found[1])
    before = timeline(config, wanted, 0)
    assert before["queued"] == 2
    assert {recipient["state"] for recipient in before["messages"][0]["recipients"]} == {"queued"}

    read_site.tenant.advance(QUARTER)
    run_once(config, NOW + QUARTER, quiet)
    after = timeline(config, wanted, 1)
    (message,) = after["messages"]
    assert (after["queued"], after["left_off"]) == (0, 0)
    assert {recipient["state"] for recipient in message["recipients"]} == {"known"}
    comparison = message["comparison"]
    assert comparison["failed"] == found[1]
    assert comparison["common"][0].lower() == "receive"
    assert comparison["failed_then"][-1].lower() == "fail"
    assert comparison["delivered_then"][-1].lower() == "deliver"
    assert comparison["reason"]
