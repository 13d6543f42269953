"""How far apart the ends of an account's range lie."""

from __future__ import annotations

import numpy as np
import pytest

from models.forecast.uncertainty import DEFAULTS, account_ends


def ends(forecast: float, scale: float) -> list[float]:
    whole = account_ends(np.array([forecast]), np.array([scale]), DEFAULTS[1:2])
    return [round(end, 2) for end in whole[0].tolist()]


def test_small_errors_are_ratios() -> None:
    # 100 expected: 101 times e to the scale times each tail, less 1.
    assert ends(100.0, 0.2) == [55.55, 72.34, 140.9, 172.32]


@pytest.mark.parametrize("scale", [2.0, 6.0])
def test_the_upper_80_end_lies_three_deviations_away_at_most(scale: float) -> None:
    """Six scales are no ratio of 27,000: one sum in ten at most lies so far above its mean."""
    low95, low80, high80, high95 = ends(9.0, scale)
    assert high80 == 9.0 + 3.0 * scale * 10.0
    assert low95 <= low80 <= 9.0 <= high80 <= high95
