"""Small statistics of counts with holes."""

from __future__ import annotations

import numpy as np

from models.statistics import trimmed_mean_known


def test_a_trimmed_mean_leaves_out_a_quarter_at_each_end_of_what_is_known() -> None:
    nan = np.nan
    columns = [
        [1.0, 2, 3, 4, 5, 6, 700],  # one of seven at each end: 2 to 6
        [9.0, nan, 3, nan, 1, 5, nan],  # one of four: 3 and 5
        [6.0, nan, nan, 3, nan, 0, nan],  # none of three
        [nan, nan, nan, nan, nan, 4, 4],
    ]
    means = trimmed_mean_known(np.array(columns).T, 3)
    assert means[:3].tolist() == [4.0, 4.0, 3.0]
    assert np.isnan(means[3])
