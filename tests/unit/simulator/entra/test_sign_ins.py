from __future__ import annotations

import pytest

from simulator import SimulatedTenant
from simulator.entra.sign_in_filter import BadFilterError, read_filter
from simulator.entra.sign_ins import SignIns


def test_rows_come_newest_first_and_stay(tenant: SimulatedTenant) -> None:
    rows = SignIns(tenant, 7).rows(tenant.clock, principals=False)
    times = [row["createdDateTime"] for row in rows]
    assert times == sorted(times, reverse=True)
    assert len({row["id"] for row in rows}) == len(rows) > 300
    assert SignIns(tenant, 7).rows(tenant.clock, principals=False) == rows


def test_a_burst_is_preceded_by_wrong_passwords_from_its_source(tenant: SimulatedTenant) -> None:
    rows = SignIns(tenant, 7).rows(tenant.clock, principals=False)
    for label in tenant.labels():
        if label["kind"] == "surge":
            from_source = [row for row in rows if row["ipAddress"] == label["source_ip"]]
            codes = [row["status"]["errorCode"] for row in from_source]
            assert codes == [0, *[50126] * 8]
            assert from_source[0]["userPrincipalName"] == label["account"]
            assert from_source[0]["createdDateTime"] == label["started_at"]


def test_principals_are_the_sending_applications(tenant: SimulatedTenant) -> None:
    rows = SignIns(tenant, 7).rows(tenant.clock, principals=True)
    ids = {application["appId"] for application in tenant.readiness.applications}
    assert {row["appId"] for row in rows} == ids


def test_clauses_of_a_filter_add_up(tenant: SimulatedTenant) -> None:
    text = (
        "userPrincipalName eq 'CRM@contoso.com' and createdDateTime ge 2026-11-20T00:00:00Z"
        " and createdDateTime lt 2026-11-21T00:00:00Z and status/errorCode eq 0"
    )
    tests, principals = read_filter(text, beta=False)
    rows = SignIns(tenant, 7).rows(tenant.clock, principals=principals)
    kept = [row for row in rows if all(test(row) for test in tests)]
    assert {row["userPrincipalName"] for row in kept} == {"crm@contoso.com"}
    assert {row["createdDateTime"][:10] for row in kept} == {"2026-11-20"}


@pytest.mark.parametrize("text", ["colour eq 'red'", "createdDateTime ge soon", "userId ne 'x'"])
def test_other_clauses_are_refused(text: str) -> None:
    with pytest.raises(BadFilterError, match="Invalid filter clause"):
        read_filter(text, beta=True)
