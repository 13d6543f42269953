"""Amounts of a table sort as numbers and keep every digit."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pandas as pd
import pytest

from dashboards.parts import figure
from dashboards.parts.amounts import exact
from dashboards.parts.incident_words import SIGNS


def drawn(monkeypatch: pytest.MonkeyPatch, *texts: str | None) -> tuple[pd.Series, Any]:
    """The column as it is drawn, and its format."""
    calls: list[tuple[pd.DataFrame, Any]] = []
    monkeypatch.setattr(
        figure.st, "dataframe", lambda table, **options: calls.append((table, options))
    )
    figure.listing(pd.DataFrame({"cost": texts}), {"cost": figure.amount_column("Cost")})
    table, options = calls[0]
    return table["cost"], options["column_config"]["cost"]["type_config"]


def test_amounts_are_numbers_with_every_digit(monkeypatch: pytest.MonkeyPatch) -> None:
    column, kind = drawn(monkeypatch, exact("1863.1"), exact("974.1234567"), exact("-0.5"))
    assert list(column) == [1863.1, 974.1234567, -0.5]
    assert sorted(column) == [-0.5, 974.1234567, 1863.1]
    assert kind["format"] == "%.7f"


def test_an_unknown_amount_is_missing_and_not_0(monkeypatch: pytest.MonkeyPatch) -> None:
    column, kind = drawn(monkeypatch, exact(None), exact(Decimal(2)), None)
    assert list(column.isna()) == [True, False, True]
    assert kind["type"] == "number"


@pytest.mark.parametrize("text", ["≥ 3.863400", "0.04 to 0.05", "3.5 %"])
def test_what_is_no_plain_amount_stays_as_it_is_written(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    column, kind = drawn(monkeypatch, text, exact("1.5"))
    assert list(column) == [text, exact("1.5")]
    assert kind["type"] == "text"


def test_severities_sort_by_their_signs() -> None:
    assert sorted(SIGNS.values()) == [SIGNS["high"], SIGNS["medium"], SIGNS["low"]]
