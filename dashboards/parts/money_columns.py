"""Columns of money: they sort as numbers, read as people write money, and keep every digit.

A frame holds an amount as dashboards.parts.amounts.exact writes it, with `≥ ` before what is only
known in part and `+` before what is added.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import cycle
from typing import NamedTuple

import pandas as pd
from pandas.io.formats.style import Styler

from dashboards.parts.amounts import NOT_APPLYING, UNKNOWN, digits, is_unknown, places_of

LOWEST = -1e15  # what does not apply sorts before every number
WRITTEN = re.compile(r"(≥ )?(\+)?(-?\d[\d,]*(?:\.\d+)?)")


class Amount(NamedTuple):
    """An amount of a cell with all its digits."""

    exact: Decimal
    is_least: bool = False
    sign: str = ""


def amounts_of(column: Iterable[object]) -> list[Amount | None] | None:
    """The amounts of a column of texts, None for unknown ones; None where it holds anything else.

    A column in which nothing is known is none of money.
    """
    values = list(column)
    amounts = [_amount(value) for value in values]
    is_other = any(
        amount is None and not is_unknown(value) and value not in (UNKNOWN, NOT_APPLYING)
        for amount, value in zip(amounts, values, strict=True)
    )
    return None if is_other or not any(amounts) else amounts


def _amount(value: object) -> Amount | None:
    written = WRITTEN.fullmatch(value) if isinstance(value, str) else None
    if written is None:
        return None
    return Amount(Decimal(written[3].replace(",", "")), bool(written[1]), written[2] or "")


def numbers_of(amounts: Iterable[Amount | None]) -> list[float | None]:
    """What the column sorts by."""
    return [None if amount is None else float(amount.exact) for amount in amounts]


def texts_of(amounts: Iterable[Amount | None]) -> list[str]:
    """What is read: digits of one column line up where they can, and no amount becomes 0."""
    known = list(amounts)
    largest = max((abs(amount.exact) for amount in known if amount), default=Decimal(0))
    return [UNKNOWN if amount is None else _text(amount, places_of(largest)) for amount in known]


def plain_format(amounts: Sequence[Amount | None]) -> str | None:
    """One form for all of a long column; None where a sign stands before some."""
    known = [amount for amount in amounts if amount]
    if any(amount.is_least or amount.sign for amount in known):
        return None
    return f"%.{places_of(max(abs(amount.exact) for amount in known))}f"


def _text(amount: Amount, places: int) -> str:
    text = f"{amount.exact:,.{places}f}"
    own = digits(amount.exact)
    is_lost = amount.exact and abs(amount.exact) < Decimal(10) ** (1 - places)
    return f"{'≥ ' if amount.is_least else ''}{amount.sign}{own if is_lost else text}"


def applying(
    column: pd.Series, numbers: Iterable[float | None], texts: Iterable[str]
) -> tuple[pd.Series, list[str]]:
    """What a column sorts by and what is read in it, with `–` where the column has one."""
    dashes = [value == NOT_APPLYING for value in column]
    values = [LOWEST if dash else number for dash, number in zip(dashes, numbers, strict=True)]
    read = [NOT_APPLYING if dash else text for dash, text in zip(dashes, texts, strict=True)]
    return pd.Series(values, column.index, "float64"), read


def displayed(table: pd.DataFrame, texts: Mapping[str, Sequence[str]]) -> pd.DataFrame | Styler:
    """The table with other texts on some of its columns; it still sorts by its values."""
    if not texts:
        return table
    styled = table.style
    for name, shown in texts.items():
        styled.format(_in_turn(shown), subset=[name])
    return styled


def _in_turn(texts: Sequence[str]) -> Callable[[object], str]:
    """The text of every cell of a column: whoever draws it asks for all, from the first on."""
    turn = cycle(texts)
    return lambda _: next(turn)
