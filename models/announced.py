"""Announced sends as recipients per account and day."""

from __future__ import annotations

from datetime import UTC, date, timedelta

import numpy as np
import pandas as pd

from models.grid import Floats

_DAY = pd.Timedelta(days=1)


def announced_days(plans: pd.DataFrame | None, accounts: list[str], days: list[date]) -> Floats:
    """Recipients of the plans on each of some consecutive days, spread evenly over their time.

    Shape:  plans: account, start, end (time or UTC date; an end at or before its start is one
            day long), recipients (NaN: unknown, adds nothing). Result: (accounts, days).
    """
    found = np.zeros((len(accounts), len(days)))
    if plans is None or plans.empty or not days:
        return found
    first = _utc(days[0])
    edges = np.arange(len(days) + 1, dtype=np.float64)
    row = {account: place for place, account in enumerate(accounts)}
    for plan in plans.itertuples(index=False):
        place, size = row.get(str(plan.account).lower()), float(str(plan.recipients))
        start, end = (float((_utc(at) - first) / _DAY) for at in (plan.start, plan.end))
        if place is None or np.isnan(size):
            continue
        end = end if end > start else float(np.floor(start)) + 1.0
        share = np.diff(np.clip((edges - start) / (end - start), 0.0, 1.0))
        found[place] += size * share
    return found


def announced_months(plans: pd.DataFrame | None, begin: date, count: int) -> dict[str, float]:
    """Recipients of all plans in each of the months from that of `begin` on."""
    if plans is None or plans.empty:
        return {}
    accounts = sorted({str(account).lower() for account in plans["account"]})
    days = [begin + timedelta(days=n) for n in range(31 * count)]
    by_day = announced_days(plans, accounts, days).sum(axis=0)
    months: dict[str, float] = {}
    for day, recipients in zip(days, by_day, strict=True):
        months[f"{day:%Y-%m}"] = months.get(f"{day:%Y-%m}", 0.0) + float(recipients)
    return months


def _utc(moment: object) -> pd.Timestamp:
    stamp = pd.Timestamp(str(moment))
    return stamp.tz_localize(UTC) if stamp.tzinfo is None else stamp.tz_convert(UTC)
