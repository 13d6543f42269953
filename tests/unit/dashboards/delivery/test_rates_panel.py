"""Which account delivers least is said where every status is known, and only there."""

from __future__ import annotations

from dashboards.delivery.page import _least_rate, _lowest_rate, _rest_words
from warehouse.connection import Row


def account(name: str, delivered: int | None, failed: int | None, unknown: int = 0) -> Row:
    return {
        "account": f"{name}@contoso.com",
        "delivered": delivered,
        "failed": failed,
        "unknown_recipients": unknown,
    }


def test_the_lowest_rate_is_named_where_all_statuses_are_known() -> None:
    rows = sorted([account("hr", 9, 1), account("it", 1, 3), account("new", 0, 0)], key=_least_rate)
    assert [row["account"][:2] for row in rows] == ["it", "hr", "ne"]
    assert _lowest_rate(rows) == "it@contoso.com has the lowest delivery rate: 25.0 %"
    assert _rest_words(rows[1:2]) == "1 more deliver better; choose an account."


def test_an_account_of_unknown_statuses_may_be_the_lowest() -> None:
    rows = [account("it", 1, 3), account("hr", 41, 3, 596)]
    rows.sort(key=_least_rate)
    assert rows[0]["account"] == "hr@contoso.com"
    assert _lowest_rate(rows).startswith("Which account delivers least is not known: 1 account")
    assert "1 of them with unknown outcomes" in _rest_words(rows[:1])


def test_without_any_known_outcome_no_rate_is_known() -> None:
    assert _lowest_rate([account("hr", None, None, 5)]) == "No delivery rate is known"
