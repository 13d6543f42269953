"""The delivery rate: delivered of the recipients whose outcome is final."""

from __future__ import annotations

import pytest

from models.delivery.rate import delivery_rate, is_told_by_few, low_first, rate_interval, rate_range


@pytest.mark.parametrize(
    ("counts", "rate"),
    [
        ({"delivered": 3, "failed": 1}, 0.75),
        ({"delivered": 1, "quarantined": 1, "filtered_as_spam": 2}, 0.25),
        ({"delivered": 1, "failed": 1, "pending": 7, "other": 9, "expanded": 5}, 0.5),
        ({"delivered": None, "failed": 4}, None),
        ({"delivered": 0, "failed": 4}, 0.0),
        ({"delivered": 0, "failed": None, "pending": 3, "recipients": 3}, None),
        ({}, None),
    ],
)
def test_only_final_outcomes_count(counts: dict[str, int | None], rate: float | None) -> None:
    assert delivery_rate(counts) == rate


@pytest.mark.parametrize(
    ("counts", "bounds"),
    [
        ({"delivered": 41, "failed": 3, "unknown_recipients": 596}, (41 / 640, 637 / 640)),
        ({"delivered": None, "failed": None, "unknown_recipients": 5}, (0.0, 1.0)),
        ({"delivered": 0, "quarantined": 5, "pending": 5, "unknown_recipients": 5}, (0.0, 0.5)),
        ({"delivered": 3, "failed": 1, "unknown_recipients": 0}, (0.75, 0.75)),
        ({"pending": 3, "unknown_recipients": 0}, None),
    ],
)
def test_recipients_of_unknown_status_widen_the_rate(
    counts: dict[str, int | None], bounds: tuple[float, float] | None
) -> None:
    assert rate_range(counts) == bounds


def counts(delivered: int, failed: int) -> dict[str, int | None]:
    return {"delivered": delivered, "failed": failed, "unknown_recipients": 0}


def test_the_interval_is_wilsons() -> None:
    low, high = rate_interval(counts(0, 1)) or (None, None)
    assert (round(low or 0, 4), round(high or 0, 4)) == (0.0, 0.7935)
    low, high = rate_interval(counts(81, 182)) or (None, None)  # Newcombe (1998), 81 of 263
    assert (round(low or 0, 4), round(high or 0, 4)) == (0.2553, 0.3662)
    assert rate_interval({"delivered": None, "unknown_recipients": 4}) is None


def test_an_unknown_recipient_is_not_delivered_in_the_interval() -> None:
    known, unknown = counts(90, 10), counts(90, 0) | {"unknown_recipients": 10}
    assert rate_interval(known) == rate_interval(unknown)


def test_accounts_of_few_outcomes_come_after_those_of_many() -> None:
    rows = {
        "one of one": counts(0, 1),
        "two of nine": counts(7, 2),
        "all of fifteen": counts(0, 15),
        "large": counts(995, 5),
        "low": counts(30, 10),
        "none": counts(0, 0),
    }
    ordered = sorted(rows, key=lambda name: low_first(rows[name]))
    assert ordered == [
        "all of fifteen", "low", "large", "one of one", "two of nine", "none"
    ]  # fmt: skip
    assert [name for name in ordered if is_told_by_few(rows[name])] == [
        "one of one", "two of nine", "none"
    ]  # fmt: skip
