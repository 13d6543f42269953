"""The ceiling: volume so far beyond an account's past that nothing said before may hide it."""

from __future__ import annotations

import numpy as np

from models.grid import Floats

LEAST, TIMES, DAYS = 1_000.0, 5.0, 90


def breaks_ceiling(sent: Floats, first: int, last: int) -> bool:
    """Whether an hour from first to last - 1 is above 1,000 and above 5 times the largest hour of
    the 90 days before.

    Shape:  sent (hours,) of one account; NaN where an hour was not read.
    """
    before = sent[max(first - DAYS * 24, 0) : first]
    largest = float(np.nan_to_num(before).max(initial=0.0))
    within = np.nan_to_num(sent[first:last])
    return bool((within > max(LEAST, TIMES * largest)).any())
