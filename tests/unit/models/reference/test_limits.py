"""Limits by day, and that nobody reads them past the one reader."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd
import pytest

from actions.send_test.send import prepare
from hve_monitor.config import Config, Tenant
from hve_monitor.errors import ConfigError
from models.cost.whatif import PlannedChange, what_if
from models.readiness.sign_in_methods import basic_ends
from models.reference import limits
from models.reference.limits import limit, recipients_per_message

ROOT = Path(__file__).parents[4]
HEAD = "name,value,unit,effective_from,verified,source,source_url,retrieved_on"
# The later row stands first, as a person may write it.
ROWS = """\
recipients_per_message,500,recipients,2027-06-01,false,a,b,2026-11-24
recipients_per_message,100,recipients,2026-01-01,true,a,b,2026-11-24
basic_authentication_ends,2029-01,month,2027-06-01,false,a,b,2026-11-24
basic_authentication_ends,2028-09,month,2026-01-01,false,a,b,2026-11-24
"""
TODAY, LATER = date(2026, 11, 24), date(2027, 6, 1)


@pytest.fixture
def two_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A limit that changes in the future."""
    (tmp_path / "limits.csv").write_text(f"{HEAD}\n{ROWS}", encoding="utf-8")
    monkeypatch.setattr("hve_monitor.files.REFERENCE", tmp_path)
    limits._limits.cache_clear()
    yield
    limits._limits.cache_clear()


@pytest.mark.usefixtures("two_rows")
def test_the_row_that_holds_on_the_day_counts_in_any_order() -> None:
    assert recipients_per_message(TODAY) == 100
    assert recipients_per_message(date(2027, 5, 31)) == 100
    assert recipients_per_message(LATER) == 500
    assert recipients_per_message(date(2020, 1, 1)) == 100, "before the first row"
    assert limit("recipients_per_message", TODAY).verified


@pytest.mark.usefixtures("two_rows")
def test_a_planned_change_has_the_limit_of_its_first_day() -> None:
    def per_send(day: date) -> int:
        change = PlannedChange("hr@contoso.com", 1000, 1, None, day)
        nobody = pd.DataFrame({"account": [], "day": [], "recipients": []})
        return what_if(change, lambda _: None, "USD", nobody, [], TODAY).messages.per_send

    assert per_send(TODAY) == 10
    assert per_send(LATER) == 2


@pytest.mark.usefixtures("two_rows")
def test_a_send_test_has_the_limit_of_today(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = type("Clock", (), {"now": lambda _: datetime(2026, 11, 24, tzinfo=UTC)})
    monkeypatch.setattr("actions.send_test.send.datetime", clock)
    tenant = Tenant(name="contoso", accounts="files", accepted_domains=("contoso.com",))
    to = [f"p{number}@contoso.com" for number in range(101)]
    with pytest.raises(ConfigError, match="100"):
        prepare(Config(tenants=(tenant,)), tenant, "hr@contoso.com", to, None)


@pytest.mark.usefixtures("two_rows")
def test_basic_authentication_ends_as_is_known_on_the_day() -> None:
    assert (basic_ends(TODAY), basic_ends(LATER)) == (date(2028, 9, 1), date(2029, 1, 1))


def test_one_module_reads_the_file() -> None:
    rooms = ("actions", "cli", "dashboards", "ingest", "models", "publish", "warehouse")
    files = [file for room in rooms for file in (ROOT / room).rglob("*.py")]
    reading = re.compile(r'"limits\.csv"|reference_rows\("limits"\)')
    readers = [file.name for file in files if reading.search(file.read_text(encoding="utf-8"))]
    assert readers == ["limits.py"]
