"""Documents as JSON: exact money, UTC times, null for unknown, absent for unset."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from msgspec import UNSET, UnsetType

from hve_monitor.document import Document, encoded, json_text

AT = datetime(2026, 11, 24, 9, 0, tzinfo=timezone(timedelta(hours=1)))


@dataclass(frozen=True)
class Part:
    """A dataclass inside a document."""

    day_utc: date
    cost: Decimal | None


class Whole(Document):
    """Everything that a document may hold."""

    zebra: int
    at: datetime
    amount: Decimal
    parts: tuple[Part, ...] = ()
    note: str | UnsetType = UNSET


def test_fields_keep_their_order_and_types_become_text() -> None:
    parts = (Part(date(2026, 11, 1), Decimal("0.10")), Part(date(2026, 11, 2), None))
    document = Whole(zebra=1, at=AT, amount=Decimal("1E+2"), parts=parts)
    assert json_text(document) == (
        '{"zebra": 1, "at": "2026-11-24T08:00:00Z", "amount": "100", "parts":'
        ' [{"day_utc": "2026-11-01", "cost": "0.1"}, {"day_utc": "2026-11-02", "cost": null}]}'
    )


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("0.000042", "0.000042"),
        ("0E-6", "0"),
        ("12.30", "12.3"),
        ("-5", "-5"),
        ("1E-7", "0.0000001"),
    ],
)
def test_money_is_plain(amount: str, text: str) -> None:
    assert encoded({"cost": Decimal(amount)}) == {"cost": text}


def test_a_fraction_of_a_second_and_text_of_any_script_stay() -> None:
    moment = datetime(2026, 11, 24, 8, 0, 0, 695000, tzinfo=UTC)
    assert json_text({"at": moment, "name": "Grüße"}) == (
        '{"at": "2026-11-24T08:00:00.695000Z", "name": "Grüße"}'
    )


def test_what_is_set_stands_in_the_document() -> None:
    document = Whole(zebra=1, at=AT, amount=Decimal(0), note="x")
    assert encoded(document)["note"] == "x"


def test_a_type_without_a_text_is_refused() -> None:
    with pytest.raises(TypeError):
        json_text({"x": object()})
