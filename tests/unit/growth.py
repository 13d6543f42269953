"""How the time of a look at a text grows with its length."""

from __future__ import annotations

import time
from collections.abc import Callable

TOO_MUCH = 30.0  # eight times the text takes 8 times as long where it should, 64 times where not


def growth(look: Callable[[str], object], unit: str, start: str = "", end: str = "") -> float:
    """How many times longer eight times the text takes; what is quick anyway counts as linear.

    By the time of this process alone, so that others beside it change nothing.
    """
    times = []
    for size in (12_500, 100_000):
        text = start + unit * (size // len(unit)) + end
        began = time.process_time()
        look(text)
        times.append(time.process_time() - began)
    return times[1] / max(times[0], 0.005)
