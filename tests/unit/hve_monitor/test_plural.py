"""Numbers agree with their nouns and verbs."""

from __future__ import annotations

import pytest

from hve_monitor.plural import agreeing, plural


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0 recipients are"),
        (1, "1 recipient is"),
        (2, "2 recipients are"),
        (1240, "1,240 recipients are"),
        (1.4, "1 recipient is"),
        (0.4, "0 recipients are"),
    ],
)
def test_a_number_has_its_noun_and_verb(number: float, text: str) -> None:
    assert f"{plural(number, 'recipient')} {agreeing(number, 'is', 'are')}" == text


def test_a_noun_may_have_a_plural_of_its_own() -> None:
    assert [plural(number, "address", "addresses") for number in (1, 2)] == [
        "1 address",
        "2 addresses",
    ]
