"""Whatever builds keeps what many tenants spend, as of its own time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from actions.import_files import import_files
from actions.rebuild import rebuild
from hve_monitor.config import Config, Warehouse
from models.overview import money
from warehouse.records.money import kept_money
from warehouse.state import open_state

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
ROW = "id,sender,recipient,received_at\na,hr@contoso.com,ada@fabrikam.com,2026-11-23T07:00:00Z\n"
COLUMNS = {name: name for name in ("id", "sender", "recipient", "received_at")}


def kept_at(config: Config) -> datetime:
    with open_state(config.warehouse.path) as state:
        return kept_money(state)["local"].at


def test_imports_and_builds_keep_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(money, "MOST_LIVE", 0)
    config = Config(warehouse=Warehouse(path=tmp_path / "store"))
    file = tmp_path / "rows.csv"
    file.write_text(ROW, encoding="utf-8")
    import_files(config, config.served[0], [file], COLUMNS, "auto", NOW, lambda *_: None)
    assert kept_at(config) == NOW
    later = NOW + timedelta(minutes=15)
    rebuild(config, later, lambda *_: None, full=False)
    assert kept_at(config) == later
