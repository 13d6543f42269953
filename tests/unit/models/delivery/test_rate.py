"""The delivery rate: delivered of the recipients whose outcome is final."""

from __future__ import annotations

import pytest

from models.delivery.rate import delivery_rate, rate_range


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
