"""Billing policies: what is unknown is never called invalid."""

from __future__ import annotations

from ingest.exchange.billing import ingest_billing
from ingest.exchange.cmdlets import Exchange
from ingest.http import Api
from ingest.source import SourceResult
from tests.unit.ingest.conftest import NOW, Answer, Service
from warehouse.records.stored import stored_rows
from warehouse.store import Store
from warehouse.tables import BILLING_POLICIES

POLICY = {"BillingPolicyId": "p1", "BillingPolicyName": "Mail", "BillingPolicyStatus": "Valid"}
VALID = Answer(200, {"value": [POLICY]})
REFUSED = Answer(400, {"error": {"message": "Failed to get SPO billing policies"}})


def ingest(store: Store, api: Api, *accounts: str) -> SourceResult:
    return ingest_billing(store, "contoso", Exchange(api, "t"), accounts, NOW)


def stored(store: Store) -> dict[str, tuple[object, ...]]:
    return {
        row["account"]: (row["billing_policy_id"], row["billing_status"], row["unavailable_reason"])
        for row in stored_rows(store, BILLING_POLICIES, "contoso")
    }


def test_policies_are_kept_and_empty_values_are_unknown(
    store: Store, api: Api, service: Service
) -> None:
    service.will(VALID, Answer(200, {"value": [{"BillingPolicyId": ""}]}), Answer(200, {}))
    result = ingest(store, api, "a@contoso.com", "b@contoso.com", "c@contoso.com")
    assert (result.status, result.rows_read, result.rows_new) == ("ok", 3, 3)
    assert stored(store) == {
        "a@contoso.com": ("p1", "Valid", None),
        "b@contoso.com": (None, None, None),
        "c@contoso.com": (None, None, None),
    }


def test_a_missing_permission_is_kept_as_the_reason_and_ends_the_asking(
    store: Store, api: Api, service: Service
) -> None:
    service.will(Answer(403))
    result = ingest(store, api, "a@contoso.com", "b@contoso.com")
    assert (result.status, result.optional, result.requests) == ("failed", True, 1)
    (reason,) = [row[2] for row in stored(store).values()]
    assert "Example.Read" in str(reason)


def test_a_refused_account_does_not_stop_the_next(store: Store, api: Api, service: Service) -> None:
    service.will(REFUSED, VALID)
    ingest(store, api, "a@contoso.com", "b@contoso.com")
    assert stored(store)["b@contoso.com"] == ("p1", "Valid", None)
    assert "Failed to get SPO" in str(stored(store)["a@contoso.com"][2])


def test_some_accounts_read_and_one_refused_is_partial(
    store: Store, api: Api, service: Service
) -> None:
    service.will(VALID, REFUSED)
    assert ingest(store, api, "a@contoso.com", "b@contoso.com").status == "partial"
