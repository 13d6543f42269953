"""Bars per day and status: rows without a status are unknown, beside others that have one."""

from __future__ import annotations

from datetime import date

import pandas as pd

from dashboards.charts.volume import by_status
from models.usage.usage import COUNTS


def usage(day: int, **counts: int | None) -> dict[str, object]:
    """A row of daily_usage; a count that is not named is 0."""
    return {"day": date(2026, 11, day)} | dict.fromkeys(COUNTS, 0) | counts


def test_unknown_rows_are_no_others() -> None:
    nothing = dict.fromkeys(("delivered", "failed", "pending", "expanded"))
    rows = [
        usage(1, recipients=10, delivered=3, other=7, unknown_recipients=6),
        usage(2, recipients=5, other=5, unknown_recipients=5, **nothing),
        usage(2, recipients=4, delivered=4),
    ]
    frame = pd.DataFrame(rows).astype(dict.fromkeys(COUNTS, "Int64"))
    bars = by_status(frame)
    assert [(f"{row.day:%d}", row.status, row.recipients) for row in bars.itertuples()] == [
        ("01", "delivered", 3),
        ("02", "delivered", 4),
        ("01", "other", 1),
        ("01", "unknown", 6),
        ("02", "unknown", 5),
    ]
