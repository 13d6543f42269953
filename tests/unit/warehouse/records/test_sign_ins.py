"""Sign-ins: each one once, on its own day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from tests.unit.warehouse.conftest import NOW
from warehouse.records.sign_ins import SignIn, record_sign_ins
from warehouse.records.stored import stored_rows
from warehouse.store import Store
from warehouse.tables import SIGN_INS

ONE = SignIn(
    "s1",
    NOW,
    "hr@contoso.com",
    "hr@contoso.com",
    "203.0.113.7",
    "Authenticated SMTP",
    "Office 365 Exchange Online",
    "app",
    0,
    None,
    "notApplied",
    "DE",
    is_service_principal=False,
)
YESTERDAY = replace(ONE, id="s2", created_at=NOW - timedelta(days=1))


def test_what_is_stored_or_comes_twice_is_written_once(store: Store) -> None:
    assert record_sign_ins(store, "contoso", [ONE, ONE], NOW) == 1
    assert record_sign_ins(store, "contoso", [ONE, YESTERDAY], NOW) == 1
    assert record_sign_ins(store, "contoso", [YESTERDAY], NOW) == 0
    assert record_sign_ins(store, "contoso", [], NOW) == 0
    days = sorted(row["day"] for row in stored_rows(store, SIGN_INS, "contoso"))
    assert days == [date(2026, 11, 23), date(2026, 11, 24)]


def test_tenants_do_not_see_each_other(store: Store) -> None:
    record_sign_ins(store, "contoso", [ONE], NOW)
    assert record_sign_ins(store, "fabrikam", [ONE], NOW) == 1
