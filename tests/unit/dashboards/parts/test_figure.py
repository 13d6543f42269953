"""Amounts of a table sort as numbers and keep every digit."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pandas as pd
import pytest

from dashboards.parts import figure
from dashboards.parts.amounts import exact
from dashboards.parts.incident_words import SIGNS


def drawn(monkeypatch: pytest.MonkeyPatch, *texts: str | None) -> tuple[pd.Series, list[str], Any]:
    """The column by which the table sorts, what is read in it, and its kind."""
    calls: list[tuple[Any, Any]] = []
    monkeypatch.setattr(
        figure.st, "dataframe", lambda table, **options: calls.append((table, options))
    )
    monkeypatch.setattr(figure, "file_button", lambda *_: None)
    columns = {"cost": figure.amount_column("Cost")}
    figure.listing(pd.DataFrame({"cost": texts}), columns, name="costs")
    table, options = calls[0]
    kind = options["column_config"]["cost"]["type_config"]
    if isinstance(table, pd.DataFrame):
        return table["cost"], table["cost"].tolist(), kind
    cells = table._compute()._translate(False, False)["body"]
    return table.data["cost"], [row[-1]["display_value"] for row in cells], kind


def test_amounts_sort_as_numbers_and_read_as_money(monkeypatch: pytest.MonkeyPatch) -> None:
    column, read, kind = drawn(monkeypatch, exact("1863.1"), exact("974.1234567"), exact("-0.5"))
    assert list(column) == [1863.1, 974.1234567, -0.5]
    assert read == ["1,863.10", "974.12", "-0.50"]
    assert kind["type"] == "number"
    assert kind.get("format") is None  # which would win over what is read


def test_an_unknown_amount_is_missing_and_not_0(monkeypatch: pytest.MonkeyPatch) -> None:
    column, read, _ = drawn(monkeypatch, exact(None), exact(Decimal(2)), None)
    assert list(column.isna()) == [True, False, True]
    assert read == ["unknown", "2.000", "unknown"]


def test_a_known_part_sorts_among_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = ["≥ 3.863400", "+0.081960", "-0.000042", "12.000000", "0.000000"]
    column, read, _ = drawn(monkeypatch, *texts)
    assert list(column) == [3.8634, 0.08196, -0.000042, 12.0, 0.0]
    assert read == ["≥ 3.86", "+0.08196", "-0.000042", "12.00", "0.00"]


def test_a_long_column_has_one_form_but_where_a_part_is_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    column, _, kind = drawn(monkeypatch, *["3.863400"] * 600)
    assert kind["format"] == "%.3f"
    assert set(column) == {3.8634}
    _, read, kind = drawn(monkeypatch, "≥ 1.000000", *["3.863400"] * 600)
    assert kind.get("format") is None
    assert read[0] == "≥ 1.000"


@pytest.mark.parametrize("text", ["0.04 to 0.05", "3.5 %", "three"])
def test_what_is_no_amount_stays_as_it_is_written(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    column, _, kind = drawn(monkeypatch, text, exact("1.5"))
    assert list(column) == [text, exact("1.5")]
    assert kind["type"] == "text"


def test_severities_sort_by_their_signs() -> None:
    assert sorted(SIGNS.values()) == [SIGNS["high"], SIGNS["medium"], SIGNS["low"]]


def test_what_does_not_apply_is_a_dash_and_no_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    column, read, _ = drawn(monkeypatch, "12.5", "–", "unknown", "0.25")
    assert read[1] == "–"
    assert pd.isna(column[2])
    assert column[1] < 0 < column[3]


def test_numbers_beside_a_dash_keep_the_form_of_their_column(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls: list[Any] = []
    monkeypatch.setattr(figure.st, "dataframe", lambda table, **_: calls.append(table))
    monkeypatch.setattr(figure, "file_button", lambda *_: None)
    column = figure.st.column_config.NumberColumn
    table = pd.DataFrame({"n": [92059, "–", None], "change": ["–", -12.34, 5.0]})
    forms = {"n": column("N", format="localized"), "change": column("C", format="%+.1f %%")}
    figure.listing(table, forms, name="numbers")
    cells = calls[0]._compute()._translate(False, False)["body"]
    assert [[cell["display_value"] for cell in row[1:]] for row in cells] == [
        ["92,059", "–"],
        ["–", "-12.3 %"],
        ["unknown", "+5.0 %"],
    ]
