"""The mail of a real company, which stays outside the repository: read whole, once, and usable."""

from __future__ import annotations

from pathlib import Path

import pytest

from actions.import_files import import_files
from hve_monitor.config import LOCAL_TENANT, Config, Warehouse
from models.delivery.conditions import TraceFilter
from models.delivery.search import search_traces
from models.incidents.cards import incident_cards
from models.usage.usage import usage_sums
from tests.contract.conftest import NOW
from tests.contract.test_pipeline import quiet
from tests.places import SHARED
from warehouse.reading import read_published

FILE = SHARED / "data/mail/internal_mail_a.parquet"
COLUMNS = {
    "id": "message_key",
    "sender": "sender_id",
    "recipient": "recipient_id",
    "received_at": "ts",
}
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not FILE.exists(), reason="the real mail lies beside the repository only"),
]


def test_real_mail_is_read_whole_and_once(tmp_path: Path) -> None:
    config = Config(warehouse=Warehouse(path=tmp_path / "store"))
    first = import_files(config, LOCAL_TENANT, [FILE], COLUMNS, "auto", NOW, quiet).document
    assert (first.rows_read, first.rows_new, first.rows_unchanged) == (82_927, 82_614, 313)
    second = import_files(config, LOCAL_TENANT, [FILE], COLUMNS, "auto", NOW, quiet).document
    assert (second.rows_new, second.rows_changed, second.incidents_opened) == (0, 0, 0)
    with read_published(tmp_path / "store", NOW) as published:
        (usage,) = usage_sums(published, ["tenant"])
        cards = incident_cards(published)
        found = search_traces(published, TraceFilter(sender=cards[0].account), 10)
    assert (usage["recipients"], usage["delivered"]) == (82_614, None)
    assert not [card for card in cards if card.severity == "high"], "no incident is known in it"
    assert len(found.rows) == 10
    assert found.coverage.complete is None
