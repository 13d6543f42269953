"""Which account delivers least is said where every status is known, and only there."""

from __future__ import annotations

from dashboards.delivery.rates import lowest_words
from models.delivery.rate import low_first
from warehouse.connection import Row


def account(name: str, delivered: int | None, failed: int | None, unknown: int = 0) -> Row:
    return {
        "account": f"{name}@contoso.com",
        "delivered": delivered,
        "failed": failed,
        "unknown_recipients": unknown,
    }


def test_the_lowest_rate_is_named_where_all_statuses_are_known() -> None:
    rows = sorted([account("hr", 90, 10), account("it", 10, 30), account("new", 0, 0)],
                  key=low_first)  # fmt: skip
    assert [row["account"][:2] for row in rows] == ["it", "hr", "ne"]
    assert lowest_words(rows) == "it@contoso.com has the lowest delivery rate: 25.0 %"


def test_one_recipient_of_one_does_not_lead() -> None:
    rows = sorted([account("one", 0, 1), account("hr", 970, 30), account("it", 99, 1)],
                  key=low_first)  # fmt: skip
    assert [row["account"][:2] for row in rows] == ["hr", "it", "on"]
    assert lowest_words(rows) == "hr@contoso.com has the lowest delivery rate: 97.0 %"
    assert lowest_words(rows[2:]).endswith("0.0 %, of 1 known outcome")


def test_an_account_of_unknown_statuses_may_be_the_lowest() -> None:
    rows = [account("it", 1, 3), account("hr", 41, 3, 596)]
    rows.sort(key=low_first)
    assert rows[0]["account"] == "hr@contoso.com"
    assert lowest_words(rows).startswith("Which account delivers least is not known: 1 account")


def test_without_any_known_outcome_no_rate_is_known() -> None:
    assert lowest_words([account("hr", None, None, 5)]) == "No delivery rate is known"
