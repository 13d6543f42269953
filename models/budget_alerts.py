"""Budget thresholds that were passed: one record for each, kept so that it is told once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

import duckdb

from hve_monitor.config import Config
from models.budgets import BudgetLine, budget_lines
from models.centers import read_centers
from models.cost import spent_days
from models.money import plain
from warehouse.publication import published
from warehouse.state import State

ONE_DAY = timedelta(days=1)


def note_budget_alerts(state: State, config: Config, now: datetime) -> list[dict[str, Any]]:
    """Records thresholds that were passed until `now`; returns the new ones.

    Yesterday's period counts too: what passed late on its last day is seen the day after.
    """
    if not config.budgets:
        return []
    found = []
    with published(config.warehouse.path) as connection:
        for currency, lines in _by_currency(config).items():
            for day in (now.date() - ONE_DAY, now.date()):
                found += _note(state, connection, lines, currency, day, now)
    return found


def _by_currency(config: Config) -> dict[str, tuple[BudgetLine, ...]]:
    """Budget lines by the currency they are in; one over all tenants needs a common currency."""
    centers = read_centers(config)
    currencies = {each.name: each.currency for each in config.served}
    common = set(currencies.values())
    lines: dict[str, tuple[BudgetLine, ...]] = {}
    for line in budget_lines(config.budgets, centers):
        if line.tenant is None and len(common) == 1:
            currency = next(iter(common))
        elif line.tenant in currencies:
            currency = currencies[line.tenant]
        else:
            continue
        lines[currency] = (*lines.get(currency, ()), line)
    return lines


def _note(
    state: State,
    connection: duckdb.DuckDBPyConnection,
    lines: Iterable[BudgetLine],
    currency: str,
    today: date,
    now: datetime,
) -> list[dict[str, Any]]:
    spent = spent_days(connection, now, currency)
    found = []
    for line in lines:
        for start, threshold, passed_on, used in line.passed(spent, today):
            amounts = (plain(line.amount) or "0", plain(used) or "0", currency)
            if state.note_budget_alert((line.name, start, threshold), passed_on, now, amounts):
                found.append(
                    {
                        "budget": line.name,
                        "period_start": str(start),
                        "threshold": threshold,
                        "passed_on": passed_on,
                        "amount": amounts[0],
                        "used": amounts[1],
                        "currency": currency,
                    }
                )
    return found
