"""Sign-ins: whose are asked for, from where on, and what a missing permission means."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from hve_monitor.clock import iso
from ingest.entra.sign_ins import ingest_sign_ins
from ingest.http import Api
from ingest.source import SourceResult
from tests.unit.ingest.conftest import NOW, Answer, Asked, Service
from warehouse.records.accounts import Account
from warehouse.records.coverage import covered_windows
from warehouse.records.stored import stored_rows
from warehouse.store import Store
from warehouse.tables import SIGN_INS
from warehouse.windows import Window

HR = Account(
    "hr@contoso.com", ("hr@contoso.com",), external_id="00000000-0000-0000-0000-0000000000a1"
)
IT = Account("it@contoso.com", ("it@contoso.com",))
APP = "00000000-0000-0000-0000-0000000000b1"
USERS, BETA = "/v1.0/auditLogs/signIns", "/beta/auditLogs/signIns"
HOUR = timedelta(hours=1)
Ingest = Callable[..., SourceResult]


def item(number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": f"s{number}",
        "createdDateTime": iso(NOW - number * HOUR),
        "userPrincipalName": "hr@contoso.com",
        "ipAddress": "203.0.113.7",
        "clientAppUsed": "Authenticated SMTP",
        "appDisplayName": "Office 365 Exchange Online",
        "appId": "00000002-0000-0ff1-ce00-000000000000",
        "conditionalAccessStatus": "failure",
        "status": {"errorCode": 53003, "failureReason": "Blocked by Conditional Access."},
        "location": {"countryOrRegion": "DE"},
        **more,
    }


def page(*items: dict[str, Any], link: str | None = None) -> Answer:
    return Answer(200, {"value": list(items)} | ({"@odata.nextLink": link} if link else {}))


def refusal(status: int, message: str) -> Answer:
    return Answer(status, {"error": {"code": "x", "message": message}})


def filter_of(asked: Asked) -> str:
    return asked.query["$filter"][0]


@pytest.fixture
def ingest(store: Store, api: Api) -> Ingest:
    def call(
        accounts: tuple[Account, ...] = (HR,),
        app_ids: tuple[str, ...] = (),
        at: datetime = NOW,
        asked: Window | None = None,
    ) -> SourceResult:
        return ingest_sign_ins(store, "contoso", api, accounts, app_ids, at, asked)

    return call


def stored(store: Store) -> list[dict[str, Any]]:
    return sorted(stored_rows(store, SIGN_INS, "contoso"), key=lambda row: str(row["id"]))


def test_a_sign_in_is_stored_with_what_it_says(
    ingest: Ingest, store: Store, service: Service
) -> None:
    service.will(page(item(1), item(2, status=None, location=None, ipAddress="")))
    result = ingest()
    assert (result.status, result.rows_read, result.rows_new) == ("ok", 2, 2)
    first, second = stored(store)
    assert (first["account"], first["error_code"], first["country"]) == (
        "hr@contoso.com",
        53003,
        "DE",
    )
    assert first["created_at"] == NOW - HOUR
    assert first["is_service_principal"] is False
    assert (second["error_code"], second["country"], second["ip_address"]) == (None, None, None)


def test_a_sign_in_without_an_id_or_a_time_is_rejected(
    ingest: Ingest, store: Store, service: Service
) -> None:
    odd = [item(2, id=""), item(3, id=None), item(4, createdDateTime=None)]
    others = [item(5, createdDateTime="soon"), item(6, createdDateTime="0001-01-01T00:00:00Z")]
    service.will(page(item(1), *odd, *others))
    result = ingest()
    assert (result.rows_read, result.rows_new, result.rows_rejected) == (6, 1, 5)
    assert len(stored(store)) == 1
    assert covered_windows(store.state, "contoso", "sign_ins", "hr@contoso.com")


def test_a_page_without_any_time_is_a_broken_contract(ingest: Ingest, service: Service) -> None:
    service.will(page(*(item(number, createdDateTime="24.11.2026") for number in range(10))))
    assert "none of 10 rows has an id and a time" in str(ingest().error)


def test_accounts_are_asked_by_id_or_name_and_applications_in_beta(
    ingest: Ingest, store: Store, service: Service
) -> None:
    service.choose = lambda asked: page(item(3, id="p1")) if asked.path == BETA else page()
    ingest((HR, IT), (APP,))
    assert [asked.path for asked in service.asked] == [USERS, USERS, BETA]
    assert filter_of(service.asked[0]) == (
        f"userId eq '{HR.external_id}' and createdDateTime ge {iso(NOW - 720 * HOUR)}"
        f" and createdDateTime le {iso(NOW)}"
    )
    assert filter_of(service.asked[1]).startswith("userPrincipalName eq 'it@contoso.com' and ")
    assert filter_of(service.asked[2]).startswith(
        f"signInEventTypes/any(t: t eq 'servicePrincipal') and appId eq '{APP}' and "
    )
    (row,) = stored(store)
    assert (row["account"], row["is_service_principal"]) == (None, True)


def test_only_what_is_missing_is_read_with_the_end_of_the_last_time(
    ingest: Ingest, store: Store, service: Service
) -> None:
    service.choose = lambda _: page(item(1))
    ingest()
    again = ingest(at=NOW + HOUR)
    assert f"createdDateTime ge {iso(NOW - 4 * HOUR)}" in filter_of(service.asked[1])
    assert (again.rows_read, again.rows_new, again.rows_unchanged) == (1, 0, 1)
    assert len(stored(store)) == 1


def test_an_asked_window_is_read_as_far_as_the_log_reaches(
    ingest: Ingest, service: Service
) -> None:
    service.choose = lambda _: page()
    ingest(asked=Window(NOW - 9999 * HOUR, NOW + HOUR))
    assert f"ge {iso(NOW - 720 * HOUR)} and createdDateTime le {iso(NOW)}" in filter_of(
        service.asked[0]
    )


def test_a_link_that_expired_is_taken_up_at_the_last_row(
    ingest: Ingest, store: Store, service: Service
) -> None:
    link = f"{service.url}{USERS}?%24skiptoken=x"
    expired = refusal(400, "Expired or Invalid pagination request.")
    service.will(page(item(1), item(2), link=link), expired, page(item(2), item(3)))
    assert ingest().rows_new == 3
    assert filter_of(service.asked[2]).endswith(f"le {iso(NOW - 2 * HOUR)}")
    assert [row["id"] for row in stored(store)] == ["s1", "s2", "s3"]


@pytest.mark.parametrize(
    "answer",
    [
        refusal(403, "Neither tenant is B2C or tenant doesn't have premium license"),
        refusal(400, "Neither tenant is B2C or tenant doesn't have premium license"),
        refusal(403, "Insufficient privileges to complete the operation."),
    ],
)
def test_without_licence_or_permission_the_source_is_unavailable_not_failed(
    ingest: Ingest, store: Store, service: Service, answer: Answer
) -> None:
    service.choose = lambda _: answer
    result = ingest((HR, IT))
    assert (result.status, result.optional) == ("ok", True)
    assert str(result.error).startswith("unavailable: ")
    assert len(service.asked) == 1
    assert covered_windows(store.state, "contoso", "sign_ins", HR.account) == []


def test_applications_refused_leave_the_accounts_sign_ins(
    ingest: Ingest, store: Store, service: Service
) -> None:
    refused = refusal(403, "Insufficient privileges")
    service.choose = lambda asked: refused if asked.path == BETA else page(item(1))
    result = ingest((HR,), (APP,))
    assert (result.status, result.optional, result.rows_new) == ("ok", True, 1)
    assert len(stored(store)) == 1


def test_one_bad_account_leaves_a_gap_and_the_others_are_read(
    ingest: Ingest, store: Store, service: Service
) -> None:
    bad = Answer(200, {"value": [{"id": "s1", "status": 5}]})
    service.choose = lambda asked: bad if "it@contoso.com" in filter_of(asked) else page(item(1))
    result = ingest((IT, HR))
    assert (result.status, result.optional, result.rows_new) == ("partial", False, 1)
    assert "`$.value[0].status`" in str(result.error)
    assert covered_windows(store.state, "contoso", "sign_ins", IT.account) == []
    assert covered_windows(store.state, "contoso", "sign_ins", HR.account) != []


def test_without_accounts_there_is_nothing_to_ask(ingest: Ingest, service: Service) -> None:
    assert "no HVE account" in str(ingest(()).error)
    assert service.asked == []
