"""Pauses that are part of an account's past, and how long one must last to stand out.

Beyond its longest pauses an account's pauses become rarer at a rate that these show themselves: the
mean by which they exceed the shortest of them. The bar lies so far above the longest one that
chance alone passes it in one window of ninety days out of five.

A pause that was raised is no part of the past until a second of its length follows within sixty
days; one that a person confirmed as an outage never is.

Source: peaks over a threshold with an exponential tail: Davison and Smith, "Models for exceedances
over high thresholds", 1990.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.statistics import Floats

WINDOW_DAYS = 90
REPEAT_DAYS = 60
LEAST_PAUSES = 5  # the longest ones, which show how long pauses last
LEAST_DAYS = 28  # over which they were seen
_LEAST_MARGIN = 0.25  # of the longest pause, for those who keep time
_BY_CHANCE = 0.2  # share of windows in which chance passes the bar


@dataclass(frozen=True)
class Pauses:
    """The longest pause that ended on each local day, in any unit: (local days, accounts).

    usual: part of the past. raised: what was raised as a silence; negative where a person
    confirmed it as an outage.
    """

    usual: Floats
    raised: Floats

    def end(self, day: int, ended: NDArray[np.bool_], length: Floats) -> None:
        """Learn pauses that were not raised: (accounts,)."""
        known = np.where(ended, length, 0.0)
        np.maximum(self.usual[day], known, out=self.usual[day])

    def end_raised(self, day: int, account: int, length: float, *, confirmed: bool) -> None:
        """Learn a pause that was raised: it counts as far as an earlier one was as long."""
        if confirmed:
            self.raised[day, account] = -length
            return
        earlier = float(self.raised[max(day - REPEAT_DAYS, 0) : day + 1, account].max())
        self.usual[day, account] = max(self.usual[day, account], min(length, earlier))
        self.raised[day, account] = max(self.raised[day, account], length)

    def confirm(self, account: int, days: slice) -> None:
        """What was raised and ended on these local days was an outage: it never counts."""
        raised = self.raised[days, account]
        self.usual[days, account][raised != 0.0] = 0.0
        raised[:] = -np.abs(raised)

    def accept(self, account: int, days: slice) -> None:
        """What was raised and ended on these local days was all right: it counts."""
        usual, raised = self.usual[days, account], self.raised[days, account]
        np.maximum(usual, np.abs(raised), out=usual)
        raised[:] = 0.0

    def longest(self, day: int) -> Floats:
        """The longest of the ninety days before, 0 without any: (accounts,)."""
        return np.asarray(self._window(day).max(axis=0, initial=0.0))

    def are_known(self, day: int) -> NDArray[np.bool_]:
        """Accounts with enough pauses, over enough days, to tell how long they last."""
        window = self._window(day)
        old = window[: max(len(window) - LEAST_DAYS, 0)]
        return np.asarray(((window > 0.0).sum(axis=0) >= LEAST_PAUSES) & (old > 0.0).any(axis=0))

    def had_outage(self, day: int) -> NDArray[np.bool_]:
        """Accounts with a longer one that was raised and is no part of the past."""
        raised = np.abs(self.raised[max(day - WINDOW_DAYS, 0) : day]).max(axis=0, initial=0.0)
        return np.asarray(raised > self.longest(day))

    def mean(self, day: int) -> Floats:
        """The mean of the ninety days before, 0 without any: (accounts,)."""
        window = self._window(day)
        return np.asarray(window.sum(axis=0) / np.maximum((window > 0.0).sum(axis=0), 1))

    def bar(self, day: int) -> Floats:
        """How long a pause must be to stand out: (accounts,)."""
        window = np.pad(self._window(day), ((LEAST_PAUSES, 0), (0, 0)))
        top = np.partition(window, -LEAST_PAUSES, axis=0)[-LEAST_PAUSES:]
        longest, least = top.max(axis=0), top.min(axis=0)
        # The excess is itself a mean of few: of a Lomax tail, not of an exponential one.
        few = LEAST_PAUSES - 1
        excess = (top.sum(axis=0) - LEAST_PAUSES * least) / few
        whole = few * (_BY_CHANCE ** (-1.0 / few) - 1.0)
        beyond = (whole + np.log(WINDOW_DAYS / self._span(day))) * excess
        return np.asarray(longest + np.maximum(beyond, _LEAST_MARGIN * longest))

    def _span(self, day: int) -> NDArray[np.int64]:
        """Days from an account's first pause of the window on, at least 1."""
        window = self._window(day) > 0.0
        first = window.argmax(axis=0) if len(window) else np.zeros(window.shape[1], np.int64)
        return np.asarray(np.maximum(len(window) - first, 1))

    def _window(self, day: int) -> Floats:
        return self.usual[max(day - WINDOW_DAYS, 0) : day]
