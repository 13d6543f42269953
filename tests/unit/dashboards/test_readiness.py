"""The Readiness page says nothing good of checks that were not made or have no result."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from msgspec import structs

from dashboards.readiness.board import _board, _no_failure
from dashboards.readiness.migration import migration_words
from dashboards.readiness.page import _stopping_tile, readiness_words, stopping_words
from dashboards.session import links
from models.readiness.board import AccountReadiness, ReadinessFinding
from models.readiness.finding import Status
from models.readiness.report import ReadinessReport
from tests.unit.dashboards.parts.test_check_words import finding
from tests.unit.documents import filled

UNKNOWN = [finding("billing_policy", "unknown"), finding("idle_account", "unknown")]
PASSED = [finding(check, "pass") for check in ("billing_policy", "credentials", "idle_account")]


def account(**counts: int) -> AccountReadiness:
    return AccountReadiness(
        tenant="contoso", account="hr@contoso.com", status="pass",
        **{"fail": 0, "unknown": 0, "warn": 0, "passed": 1} | counts,
    )  # fmt: skip


def report(findings: list[ReadinessFinding], *accounts: AccountReadiness) -> ReadinessReport:
    failed = sum(item.status == "fail" for item in findings)
    blank = filled(ReadinessReport)
    fields = {name: getattr(blank, name) for name in blank.__struct_fields__}
    return ReadinessReport(
        **fields | {"findings": findings, "accounts": list(accounts), "failed": failed}
    )


@pytest.mark.parametrize(
    ("findings", "accounts", "status", "sentence"),
    [
        ([], [], "unknown", "No account was checked; 0 checks fail"),
        (UNKNOWN, [], "unknown", "No account was checked; no check is known to fail"),
        (UNKNOWN, [account(unknown=2)], "unknown", "0 of 1 account are set up right; no check is"),
        (PASSED, [account()], "pass", "1 of 1 account is set up right; 0 checks fail"),
        ([finding("reply_to", "fail")], [account(fail=1)], "fail", "0 of 1 account are set up"),
    ],
)
def test_nothing_passes_of_nobody(
    findings: list[ReadinessFinding],
    accounts: list[AccountReadiness],
    status: Status,
    sentence: str,
) -> None:
    worst, words = readiness_words(report(findings, *accounts))
    assert worst == status
    assert words.startswith(sentence)


@pytest.mark.parametrize(
    ("findings", "value", "heading", "detail"),
    [
        ([], "unknown", "Whether anything is about to stop is not known", "Not checked: billing"),
        (UNKNOWN, "unknown", "Whether anything is about to stop is not known: 2 checks", "Not che"),
        (PASSED, "0", "Nothing is about to stop", "Billing policies hold. No secret or certifica"),
        (PASSED[:1], "0", "Nothing that was checked is about to stop", "Billing policies hold. No"),
        (
            [finding("credentials", "warn", 3), finding("idle_account", "warn"), *UNKNOWN],
            "1",
            "1 thing may stop the sending; 1 account seems to be needed by nobody; of 2 it is not",
            "What ends first",
        ),
    ],
)
def test_tile_heading_and_list_agree(
    findings: list[ReadinessFinding], value: str, heading: str, detail: str
) -> None:
    words, below = stopping_words(findings)
    assert _stopping_tile(findings).value == value
    assert words.startswith(heading)
    assert below.startswith(detail)


def test_unknown_results_are_no_success() -> None:
    assert _no_failure([account()]) == "No check of an account fails"
    assert "of 1 account not every result" in _no_failure([account(unknown=1), account()])
    assert migration_words(0, 0, 5) == "How 5 accounts sign in is not known"
    assert migration_words(2, 3, 5) == "OAuth is likely at 2 of 5 accounts; of 2 it is not known"


def test_the_board_names_tenants_and_leads_to_what_to_fix(monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not pass is a link; an account of one name in two tenants is two rows."""
    monkeypatch.setattr(links, "_kept", dict)
    everybody: Any = SimpleNamespace(may_open=lambda _: True)
    config: Any = SimpleNamespace(served=["contoso", "fabrikam"])
    view: Any = SimpleNamespace(tenant=None, config=config, user=everybody)
    rows = [structs.replace(account(), tenant=name) for name in ("contoso", "fabrikam")]
    findings = [
        finding("reply_to", "pass"),
        structs.replace(finding("reply_to", "fail"), tenant="fabrikam"),
    ]
    board = _board(view, rows, findings)
    assert board.count("<a href") == 3
    assert "<th>Tenant</th>" in board
    assert '<td><span class="long">fabrikam</span></td>' in board
    assert (
        '<a href="readiness?check=Reply-to&amp;account=hr%40contoso.com&amp;tenant=fabrikam'
        '&amp;link=1"><span class="mark bad"' in board
    )
    alone: Any = SimpleNamespace(tenant="contoso", config=config, user=everybody)
    assert "Tenant" not in _board(alone, rows[:1], findings[:1])
