"""Where a click on the window of a plan leads."""

from __future__ import annotations

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st

from dashboards.plan.calendar import _open_plan
from dashboards.session.access import User
from models.incidents.overspill import PlannedSend
from tests.unit.dashboards.conftest import HR, NOW
from tests.unit.documents import filled

WHOSE = {"tenant": "contoso", "account": HR}


@pytest.mark.parametrize(
    ("start", "account", "page", "query"),
    [
        (NOW - timedelta(days=2), HR, "delivery", {"since": "2026-11-22", **WHOSE}),
        (NOW - timedelta(days=2), None, "delivery", {"since": "2026-11-22", "tenant": "contoso"}),
        (NOW + timedelta(hours=1), HR, "senders", WHOSE),
        (NOW + timedelta(hours=1), None, "", {}),
    ],
)
def test_a_window_leads_to_its_messages_and_one_to_come_to_its_account(
    monkeypatch: pytest.MonkeyPatch, start: datetime, account: str | None, page: str,
    query: dict[str, str],
) -> None:  # fmt: skip
    opened: list[Any] = []
    monkeypatch.setattr(st, "switch_page", lambda path, query_params: opened.append(
        (path, query_params)))  # fmt: skip
    view: Any = SimpleNamespace(
        now=NOW,
        tenant=None,
        config=SimpleNamespace(served=["contoso", "fabrikam"]),
        user=User("hr", frozenset({"admin"})),
    )
    blank = filled(PlannedSend)
    fields = {name: getattr(blank, name) for name in blank.__struct_fields__}
    window = {"start": start, "end": NOW + timedelta(days=3), "account": account}
    _open_plan(view, PlannedSend(**fields | window | {"tenant": "contoso"}))
    until = {"until": "2026-11-24"} if page == "delivery" else {}
    assert opened == ([(f"{page}/page.py", {**query, **until, "link": "1"})] if page else [])
