"""The board over a store: what is kept when, and what a reader gets."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from hve_monitor.document import encoded
from hve_monitor.errors import ConfigError
from models.readiness.board import account_summaries, current_findings, finding_history
from models.readiness.report import FindingFilter, readiness_report
from tests.unit.models.conftest import NOW, KeptStores, Workbench, trace
from tests.unit.models.readiness.conftest import policy
from warehouse.reading import Published
from warehouse.records.accounts import Account
from warehouse.records.coverage import record_coverage
from warehouse.records.policies import Policy, record_policies
from warehouse.records.sign_ins import SignIn, record_sign_ins
from warehouse.records.stored import stored_rows
from warehouse.tables import HVE_FINDINGS
from warehouse.windows import Window

HR = "hr@contoso.com"
DAY = timedelta(days=1)


def read(bench: Workbench, *policies: Policy, days: int = 0) -> None:
    """Records policies as a complete reading does."""
    now = NOW + days * DAY
    kinds = {policy.kind for policy in policies}
    record_policies(bench.store, "contoso", policies, kinds, now)
    for kind in kinds:
        record_coverage(bench.store.state, "contoso", "policies", kind, Window(NOW, now))


def defaults(on: bool) -> Policy:
    return policy("security_defaults", "tenant", {"isEnabled": on})


def findings(
    bench: Workbench, days: int = 0, tenant: str | None = None, **wanted: Any
) -> list[dict[str, Any]]:
    with bench.reader() as connection:
        published = Published(connection, NOW + days * DAY, tenant)
        document: list[dict[str, Any]] = encoded(current_findings(published, **wanted))
    return document


def one(bench: Workbench, check: str, days: int = 0) -> dict[str, Any]:
    (found,) = findings(bench, days, check=check)
    return found


def fill(bench: Workbench) -> None:
    bench.accounts(Account(HR, (HR,), "HR Notices", "id-1"))
    read(bench, defaults(False))
    bench.build()


@pytest.fixture
def board(kept_stores: KeptStores) -> Iterator[Workbench]:
    """A store with one account and security defaults that are off."""
    with kept_stores.open(fill) as bench:
        yield bench


def test_a_finding_is_written_when_it_changes_and_keeps_its_beginning(board: Workbench) -> None:
    rows = len(stored_rows(board.store, HVE_FINDINGS, "contoso"))
    board.build(NOW + DAY)
    assert len(stored_rows(board.store, HVE_FINDINGS, "contoso")) == rows
    read(board, defaults(True), days=2)
    board.build(NOW + 2 * DAY)
    assert len(stored_rows(board.store, HVE_FINDINGS, "contoso")) == rows + 1
    found = one(board, "security_defaults", days=3)
    assert (found["status"], found["since"]) == ("fail", "2026-11-26T08:00:00Z")
    assert found["fix"].startswith("Update-MgPolicy")
    assert found["account"] is None


def test_business_time_before_a_change_shows_the_state_before(board: Workbench) -> None:
    read(board, defaults(True), days=2)
    board.build(NOW + 2 * DAY)
    assert one(board, "security_defaults", days=1)["status"] == "pass"
    with board.reader() as connection:
        history = encoded(
            finding_history(Published(connection, NOW + 3 * DAY), check="security_defaults")
        )
    assert [(row["status"], row["observed_at"][:10]) for row in history] == [
        ("pass", "2026-11-24"),
        ("fail", "2026-11-26"),
    ]


def test_findings_of_an_account_that_is_gone_end(board: Workbench) -> None:
    assert findings(board, account="HR@contoso.com")
    board.accounts(Account("it@contoso.com", ("it@contoso.com",), "IT Alerts"))
    board.build(NOW + DAY)
    [gone] = findings(board, days=1, account=HR)
    assert (gone["check"], gone["status"]) == ("account_listed", "warn")
    with board.reader() as connection:
        history = encoded(
            finding_history(Published(connection, NOW + DAY), account=HR, check="display_name")
        )
    assert [row["status"] for row in history] == ["pass", None]


def test_a_permission_that_is_lost_is_unknown_with_its_name(board: Workbench) -> None:
    reason = "HTTP 403; needed: Policy.Read.All"
    refused = Policy("security_defaults", None, unavailable_reason=reason)
    record_policies(board.store, "contoso", [refused], (), NOW + DAY)
    board.build(NOW + DAY)
    found = one(board, "security_defaults", days=1)
    assert (found["status"], found["evidence"]) == ("unknown", reason)


def test_a_time_in_which_it_was_unknown_does_not_end_a_finding(board: Workbench) -> None:
    read(board, defaults(True), days=1)
    board.build(NOW + DAY)
    down = Policy("security_defaults", None, unavailable_reason="HTTP 503")
    record_policies(board.store, "contoso", [down], (), NOW + 2 * DAY)
    board.build(NOW + 2 * DAY)
    unknown = one(board, "security_defaults", days=2)
    assert (unknown["status"], unknown["since"]) == ("unknown", "2026-11-26T08:00:00Z")
    read(board, defaults(True), days=3)
    board.build(NOW + 3 * DAY)
    again = one(board, "security_defaults", days=3)
    assert (again["status"], again["since"]) == ("fail", "2026-11-25T08:00:00Z")


def test_the_worst_comes_first_and_accounts_are_summed(board: Workbench) -> None:
    read(board, defaults(True), days=1)
    board.build(NOW + DAY)
    with board.reader() as connection:
        found = current_findings(Published(connection, NOW + DAY))
    assert found[0].check == "security_defaults"
    statuses = [finding.status for finding in found]
    assert statuses == sorted(statuses, key=("fail", "unknown", "warn", "pass").index)
    (summary,) = account_summaries(found)
    assert (summary.account, summary.status) == (HR, "unknown")
    passed = [finding for finding in found if finding.status == "pass" and finding.account == HR]
    assert encoded(summary)["pass"] == len(passed)


def test_sign_ins_and_sends_reach_the_checks(board: Workbench) -> None:
    signed = SignIn("s1", NOW - DAY, HR, HR, "192.0.2.9", "Authenticated SMTP", None, None, 0, None,
                    None, "DE", is_service_principal=False)  # fmt: skip
    wrong = SignIn("s2", NOW, HR, HR, "203.0.113.9", "SMTP", None, None, 50126, None, None, "XX",
                   is_service_principal=False)  # fmt: skip
    record_sign_ins(board.store, "contoso", [signed, wrong], NOW)
    board.land(trace("m1", "a@contoso.com", "2026-11-24T07:00:00"))
    board.build()
    migration = one(board, "oauth_migration")
    assert migration["evidence"] == "Basic was last used on 2026-11-23 from 192.0.2.9"
    assert migration["state"] == "basic_seen"
    assert (migration["due_on"], migration["days_left"]) == ("2028-09-01", 647)
    assert one(board, "idle_account")["status"] == "pass"


def test_the_report_counts_failures_and_tells_how_fresh_it_is(board: Workbench) -> None:
    read(board, defaults(True), days=1)
    board.build(NOW + DAY)
    with board.reader() as connection:
        published = Published(connection, NOW + DAY)
        document = encoded(readiness_report(published, FindingFilter(with_history=True)))
    assert document["failed"] == 1
    assert document["checked_at"] == "2026-11-25T08:00:00Z"
    assert document["policies_read_at"] == {"contoso": "2026-11-25T08:00:00Z"}
    assert document["history"]


@pytest.mark.parametrize("wrong", [{"check": "nothing"}, {"status": "bad"}])
def test_an_unknown_check_or_status_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="use one of"):
        FindingFilter(**wrong)  # type: ignore[arg-type] # texts all of them
