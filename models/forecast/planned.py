"""Announced sends as recipients per account and day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, timedelta

import numpy as np
import pandas as pd

from models.statistics import Floats
from warehouse.records.plans import Plan

_DAY = pd.Timedelta(days=1)


def planned_days(
    plans: pd.DataFrame | None, accounts: list[str], days: list[date], shares: Floats
) -> Floats:
    """Recipients of the plans on each of some consecutive days, spread evenly over their time.

    Shape:  plans: account (null: several or all, split by shares), start, end (UTC; an end at or
            before its start is one day long), recipients (null: unknown, adds nothing).
            shares (accounts,) sum to 1. Result: (accounts, days).
    """
    planned = np.zeros((len(accounts), len(days)))
    if plans is None or plans.empty or not days or not accounts:
        return planned
    edges = np.arange(len(days) + 1, dtype=np.float64)
    row = {account.lower(): place for place, account in enumerate(accounts)}
    known = plans[plans["recipients"].notna()]
    starts, ends = (_days_after(known[name], days[0]) for name in ("start", "end"))
    sizes = known["recipients"].to_numpy(np.float64)
    for account, start, end, size in zip(known["account"], starts, ends, sizes, strict=True):
        last = end if end > start else np.floor(start) + 1.0
        by_day = size * np.diff(np.clip((edges - start) / (last - start), 0.0, 1.0))
        if isinstance(account, str):
            planned[row[account.lower()]] += by_day
        else:
            planned += shares[:, None] * by_day
    return planned


def planned_months(plans: pd.DataFrame | None, begin: date, count: int) -> dict[str, float]:
    """Recipients of all plans in each of about `count` months (YYYY-MM) from `begin` on."""
    if plans is None or plans.empty:
        return {}
    days = [begin + timedelta(days=n) for n in range(31 * count)]
    together = planned_days(plans.assign(account=None), ["all"], days, np.ones(1))[0]
    months: dict[str, float] = {}
    for day, recipients in zip(days, together, strict=True):
        months[f"{day:%Y-%m}"] = months.get(f"{day:%Y-%m}", 0.0) + float(recipients)
    return months


def shares_of(sent: Floats) -> Floats:
    """What each account sent as a share of all; equal shares where nothing was sent."""
    total = sent.sum(axis=1)
    if not total.any():
        return np.full(len(total), 1.0 / max(len(total), 1))
    return np.asarray(total / total.sum())


def _days_after(times: pd.Series, first: date) -> Floats:
    """Days since the beginning of a day; a time without a zone is UTC."""
    begin = pd.Timestamp(first, tz=UTC)
    return np.asarray((pd.to_datetime(times, utc=True) - begin) / _DAY, np.float64)


def plan_frame(plans: Sequence[Plan]) -> pd.DataFrame:
    """Planned sends: tenant, account, start, end (UTC), recipients; one row per plan.

    The account is null where a plan speaks of several or of all: their split is not known.
    """
    return pd.DataFrame(
        {
            "tenant": pd.Series([plan.tenant for plan in plans], dtype="object"),
            "account": pd.Series(
                [plan.accounts[0] if len(plan.accounts) == 1 else None for plan in plans],
                dtype="object",
            ),
            "start": pd.to_datetime([plan.start for plan in plans], utc=True),
            "end": pd.to_datetime([plan.end for plan in plans], utc=True),
            "recipients": pd.Series([plan.recipients for plan in plans], dtype="int64"),
        }
    )
