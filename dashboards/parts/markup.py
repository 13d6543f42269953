"""HTML in which data cannot become markup: text is escaped, only our own elements are not."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from html import escape

import streamlit as st

PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
JOINERS = "\u200c\u200d"  # parts of emoji and of some scripts


class Markup(str):
    """HTML made by this module."""

    __slots__ = ()


def visible_text(value: object) -> str:
    """Text with control and direction characters made visible: they could fake other text."""
    text = str(value)
    return text if text.isprintable() else "".join(map(_visible, text))


def _visible(sign: str) -> str:
    if sign.isprintable() or sign in JOINERS:
        return sign
    if sign == "\u00a0":
        return " "
    return chr(0x2400 + ord(sign)) if ord(sign) < 0x20 else "\ufffd"


def tag(name: str, *children: str, style: str = "", title: str = "") -> Markup:
    """An element; `style` names CSS classes. Children that are not Markup are escaped."""
    attributes = f' class="{escape(style)}"' if style else ""
    attributes += f' title="{escape(visible_text(title))}"' if title else ""
    inner = "".join(
        child if isinstance(child, Markup) else escape(visible_text(child)) for child in children
    )
    return Markup(f"<{name}{attributes}>{inner}</{name}>")


def block(*children: str) -> None:
    """Draws elements in the style of the pages."""
    st.html(tag("div", *children, style="hve"))


def scrolled(label: str, *children: str) -> Markup:
    """A part that scrolls sideways on a narrow screen, with the keyboard too."""
    inner = tag("div", *children, style="wide")
    named = (
        f'<div tabindex="0" role="region" aria-label="{escape(visible_text(label), quote=True)}"'
    )
    return Markup(inner.replace("<div", named, 1))


def table_of(
    heads: Sequence[str],
    rows: Iterable[Sequence[str]],
    numbers: Container[int] = (),
    *,
    named: bool = False,
) -> Markup:
    """A table; `numbers` are the places of the columns that are read from the right.

    named: the first cell of a row is its name.
    """

    def line(names: Sequence[str], cells: Sequence[str]) -> Markup:
        return tag(
            "tr",
            *(
                tag(names[min(place, 1)], cell, style=_column_style(names, place, numbers))
                for place, cell in enumerate(cells)
            ),
        )

    row_tags = ("th", "td") if named else ("td", "td")
    body = tag("tbody", *(line(row_tags, row) for row in rows))
    return tag("table", tag("thead", line(("th", "th"), heads)), body)


def _column_style(names: Sequence[str], place: int, numbers: Container[int]) -> str:
    if place in numbers:
        return "number"
    return "name" if place == 0 and names == ("th", "td") else ""


def facts(values: Mapping[str, str]) -> Markup:
    """Names and what is known under each."""
    cells = [cell for name, value in values.items() for cell in (tag("dt", name), tag("dd", value))]
    return tag("dl", *cells, style="facts")


def listed(items: Iterable[str], style: str = "", ordered: bool = False) -> Markup:
    """A list of texts."""
    return tag("ol" if ordered else "ul", *(tag("li", item) for item in items), style=style)


def literal(value: object) -> str:
    """Text for a Streamlit label or caption, none of it read as markdown."""
    return PUNCTUATION.sub(r"\\\1", visible_text(value))
