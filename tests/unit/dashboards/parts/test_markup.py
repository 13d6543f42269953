"""Data stays text."""

from __future__ import annotations

import pytest

from dashboards.parts.markup import literal, table_of, tag, visible_text
from tests.unit.dashboards.conftest import HOSTILE


@pytest.mark.parametrize("text", HOSTILE)
def test_data_becomes_no_element(text: str) -> None:
    html = tag("p", text, title=text)
    assert html.count("<") == 2
    assert "\t" not in html
    assert "\u202e" not in html


def test_own_elements_nest() -> None:
    assert tag("p", tag("b", "a < b"), style="x") == '<p class="x"><b>a &lt; b</b></p>'


def test_markdown_is_escaped() -> None:
    assert literal("[x](y) **b** :red[z] $m$ hr@contoso.com") == (
        r"\[x\]\(y\) \*\*b\*\* \:red\[z\] \$m\$ hr\@contoso\.com"
    )


def test_control_characters_are_shown() -> None:
    assert visible_text("a\tb\x07c\u202ed") == "a␉b␇c�d"
    assert visible_text("Grüße, 家族 👩\u200d👧") == "Grüße, 家族 👩\u200d👧"


@pytest.mark.parametrize("text", HOSTILE)
def test_cells_of_a_table_stay_text(text: str) -> None:
    html = table_of((text, "Number"), [(text, "12")], (1,))
    assert html.count("<td") == html.count("</td>") == 2
    assert html.count("<") == 18
    assert '<td class="number">12</td>' in html
