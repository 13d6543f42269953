"""The file of a table holds every digit, no formula, and nothing for what is unknown."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pandas as pd

from dashboards.parts.chart_file import file_name, svg_button
from dashboards.parts.table_file import table_bytes


def lines(table: pd.DataFrame, **labels: str) -> list[str]:
    return table_bytes(table, labels).decode("utf-8-sig").splitlines()


def test_amounts_keep_their_digits_and_say_which_are_a_part() -> None:
    table = pd.DataFrame({"cost": ["≥ 1,234.567891", "unknown", "-0.0193"]})
    assert lines(table, cost="So far, USD") == [
        '"So far, USD","So far, USD, is at least"',
        '"1234.567891","yes"',
        ",",
        '"-0.0193","no"',
    ]


def test_a_column_of_which_nothing_is_known_is_empty() -> None:
    table = pd.DataFrame({"cost": ["unknown", None], "read": [2, 10]})
    assert lines(table, cost="2026-07, USD")[1:] == [',"2"', ',"10"']


def test_what_is_read_in_the_place_of_a_value_is_in_the_file() -> None:
    table = pd.DataFrame({"gaps": [3, 0]})
    document = table_bytes(table, {}, {"gaps": ["▲ 3 gaps", "● complete"]})
    assert document.decode("utf-8-sig").splitlines() == ['"gaps"', '"▲ 3 gaps"', '"● complete"']


def test_texts_run_nothing_and_times_are_iso() -> None:
    at = datetime(2026, 11, 24, 15, tzinfo=UTC)
    table = pd.DataFrame(
        {
            "subject": ['=HYPERLINK("x")', "plain"],
            "at": pd.to_datetime([at, None], utc=True),
            "day": [date(2026, 11, 24), None],
            "count": pd.array([12_345, None], dtype="Int64"),
            "share": [12.5, None],
        }
    )
    assert lines(table) == [
        '"subject","at","day","count","share"',
        '"\'=HYPERLINK(""x"")","2026-11-24T15:00:00Z","2026-11-24","12345","12.5"',
        '"plain",,,,',
    ]


def test_a_file_is_named_by_what_is_in_it() -> None:
    assert file_name("3,863 USD: accounts of <2026-11>") == "hve-3-863-usd-accounts-of-2026-11"


def test_the_button_of_a_chart_escapes_what_it_shows() -> None:
    button = svg_button('<b>"3" USD</b>')
    assert "<b>" not in button
    assert 'aria-label="SVG: &lt;b&gt;&quot;3&quot; USD&lt;/b&gt;"' in button
    assert 'data-name="hve-b-3-usd-b"' in button
