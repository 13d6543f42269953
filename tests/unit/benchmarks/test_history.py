"""The chart of what a run costs against how much is stored."""

from __future__ import annotations

from benchmarks.history import chart, lines
from benchmarks.measure import Measured


def run_of(new: float, changed: float) -> dict[str, Measured]:
    return {
        "after_new_rows": Measured(new, new + 1, 100, 460),
        "after_changes": Measured(changed, changed + 1, 100, 470),
        "land_changes": Measured(0.5, 0.5, 100, 100_000),
    }


def test_the_chart_has_a_place_for_each_store_and_room_for_the_slowest() -> None:
    drawn = chart({1_000_000: run_of(2.5, 3.0), 50_000_000: run_of(3.004, 4.2)}).splitlines()
    assert (drawn[0], drawn[-1]) == ("```mermaid", "```")
    assert drawn[3:7] == [
        '    x-axis "rows stored" ["1 M", "50 M"]',
        '    y-axis "seconds" 0 --> 5',
        "    bar [2.50, 3.00]",
        "    line [3.00, 4.20]",
    ]


def test_a_line_names_what_both_builds_cost() -> None:
    head, line = lines({5_000_000: run_of(2.5, 3.0)})
    assert line == ("5,000,000", "2.50", "3.50", "0.46", "3.00", "4.00", "100,000")
    assert len(head) == len(line)
