"""On paper a table has all its columns, its first rows, and says how many more there are."""

from __future__ import annotations

import pandas as pd

from dashboards.parts.amounts import exact
from dashboards.parts.printed_table import MOST_PRINTED, printed_table


def test_cells_are_written_as_the_screen_shows_them() -> None:
    table = pd.DataFrame(
        {
            "account": ["<b>hr@contoso.com"],
            "cost": [exact("1863.1")],
            "rate": [97.123],
            "recipients": [12345],
            "at": pd.to_datetime(["2026-11-24T15:00Z"]),
            "names": [["a", "b"]],
            "severity": [1],
            "end": [None],
        }
    )
    html = printed_table(table, {"cost": "Cost"}, {"rate": "%.1f %%"}, {"severity": ["high"]})
    assert "<th>Cost</th>" in html
    for cell in ("&lt;b&gt;hr@contoso.com", "1,863.10", "97.1 %", "12,345", "2026-11-24 15:00 UTC",
                 "a, b", "high", "unknown"):  # fmt: skip
        assert f"<td>{cell}</td>" in html


def test_a_long_table_says_how_many_rows_the_file_has_more() -> None:
    html = printed_table(pd.DataFrame({"n": range(MOST_PRINTED + 1234)}), {}, {}, {})
    assert html.count("<tr>") == MOST_PRINTED + 1
    assert "and 1,234 more rows, see the file" in html
