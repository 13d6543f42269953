"""How regularly an account sends: the classes of demand by Syntetos and Boylan.

Smooth and erratic accounts send on nearly all of their days, intermittent and lumpy ones do not;
erratic and lumpy ones send amounts that differ much. An account's days are the weekdays on which
it sends at least every second week: who rests at weekends or scans on Mondays and Thursdays alone
is not irregular. Where no weekday is one of its own, every day counts.

Source: Syntetos, Boylan and Croston, "On the categorization of demand patterns", 2005.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.statistics import Floats, known_or_zero

SMOOTH, ERRATIC, INTERMITTENT, LUMPY = "smooth", "erratic", "intermittent", "lumpy"
UNKNOWN = ""
WINDOW_DAYS = 84
LEAST_DAYS = 14  # days that were read, before an account has a class
LEAST_SENDING_DAYS = 4
MOST_INTERVAL = 1.32  # days of its own from one with mail to the next
MOST_SPREAD = 0.49  # squared coefficient of variation of the amounts
_OWN_WEEKDAY = 0.5  # share of such weekdays with mail
_WEEKEND = 0.5  # of the mail of other weekdays


def demand_classes(amounts: Floats) -> NDArray[np.str_]:
    """The class of every account, "" where too little is known.

    Shape:  amounts (local days, accounts), the last days of the history in order, at most
            WINDOW_DAYS of them; NaN where a day was not read.
    """
    interval, spread = sending_interval(amounts), amount_spread(amounts)
    irregular, uneven = interval >= MOST_INTERVAL, spread >= MOST_SPREAD
    classes = np.where(
        irregular, np.where(uneven, LUMPY, INTERMITTENT), np.where(uneven, ERRATIC, SMOOTH)
    )
    return np.where(np.isnan(interval), UNKNOWN, classes)


def is_regular(amounts: Floats) -> NDArray[np.bool_]:
    """Accounts that are smooth or erratic; shape as of demand_classes."""
    return np.asarray(sending_interval(amounts) < MOST_INTERVAL)


def sending_interval(amounts: Floats) -> Floats:
    """Average interval between sending days, in days of the account's own; NaN: too few known."""
    known, sent = ~np.isnan(amounts), known_or_zero(amounts) > 0
    read, active = _by_weekday(known), _by_weekday(sent)
    own = active >= _OWN_WEEKDAY * np.maximum(read, 1)
    own = np.where(own.any(axis=0), own, True)
    days, sending = (read * own).sum(axis=0), (active * own).sum(axis=0)
    enough = (known.sum(axis=0) >= LEAST_DAYS) & (sent.sum(axis=0) >= LEAST_SENDING_DAYS)
    return np.where(enough, days / np.maximum(sending, 1), np.nan)


def has_weekend(amounts: Floats) -> NDArray[np.bool_]:
    """Accounts that send less than half on their two quietest weekdays; shape as above."""
    known = _by_weekday(~np.isnan(amounts))
    whole = np.pad(known_or_zero(amounts), ((0, -len(amounts) % 7), (0, 0)))
    sums = whole.reshape(-1, 7, amounts.shape[1]).sum(axis=0)
    means = np.sort(sums / np.maximum(known, 1), axis=0)
    return np.asarray(means[:2].mean(axis=0) < _WEEKEND * means[2:].mean(axis=0))


def amount_spread(amounts: Floats) -> Floats:
    """Squared coefficient of variation of what the sending days sent; NaN without one."""
    sent = known_or_zero(amounts)
    count = (sent > 0).sum(axis=0)
    mean = sent.sum(axis=0) / np.maximum(count, 1)
    variance = np.where(sent > 0, (sent - mean) ** 2, 0.0).sum(axis=0) / np.maximum(count, 1)
    return np.where(count > 0, variance / np.maximum(mean, 1e-9) ** 2, np.nan)


def _by_weekday(flags: NDArray[np.bool_]) -> NDArray[np.int64]:
    """How many days of each weekday are set: (7, accounts)."""
    whole = np.pad(flags, ((0, -len(flags) % 7), (0, 0)))
    return np.asarray(whole.reshape(len(whole) // 7, 7, flags.shape[1]).sum(axis=0))
