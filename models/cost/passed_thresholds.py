"""Budget thresholds that were passed: one record for each, kept so that it is told once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

import duckdb

from hve_monitor.config import Config
from hve_monitor.document import plain
from hve_monitor.errors import ConfigError
from models.cost.budgets import BudgetLine, budget_lines
from models.cost.report import spent_days
from models.reference.cost_centers import read_centers
from warehouse.reading import Published, published_connection
from warehouse.records.money import BudgetAlert, note_budget_alert
from warehouse.state import State

ONE_DAY = timedelta(days=1)


def note_budget_alerts(state: State, config: Config, now: datetime) -> list[dict[str, Any]]:
    """Records thresholds that were passed until `now`; returns the new ones.

    Yesterday's period counts too: what passed late on its last day is seen the day after.
    """
    if not config.budgets:
        return []
    found = []
    with published_connection(config.warehouse.path) as connection:
        for currency, lines in budgets_by_currency(config).items():
            for day in (now.date() - ONE_DAY, now.date()):
                found += _note(state, connection, lines, currency, day, now)
    return found


def budgets_by_currency(config: Config) -> dict[str, tuple[BudgetLine, ...]]:
    """Budget lines by the currency they are in.

    Raises: ConfigError, one line per mistake: a cost center that is not there, or a budget over
    tenants that bill in several currencies.
    """
    currencies = {each.name: each.currency for each in config.served}
    common = sorted(set(currencies.values()))
    lines: dict[str, tuple[BudgetLine, ...]] = {}
    mistakes = []
    for line in budget_lines(config.budgets, read_centers(config)):
        if line.tenant is None and len(common) > 1:
            mistakes.append(
                f"budgets: {line.name}: the tenants bill in {' and '.join(common)}; name its tenant"
            )
        else:
            currency = currencies[line.tenant] if line.tenant else common[0]
            lines[currency] = (*lines.get(currency, ()), line)
    if mistakes:
        raise ConfigError("\n".join(mistakes))
    return lines


def _note(
    state: State,
    connection: duckdb.DuckDBPyConnection,
    lines: Iterable[BudgetLine],
    currency: str,
    today: date,
    now: datetime,
) -> list[dict[str, Any]]:
    spent = spent_days(Published(connection, now), currency)
    found = []
    for line in lines:
        for start, threshold, passed_on, used in line.passed(spent, today):
            amount, used_amount = plain(line.amount) or "0", plain(used) or "0"
            alert = BudgetAlert(
                line.name, start, threshold, passed_on, amount, used_amount, currency
            )
            if note_budget_alert(state, alert, now):
                found.append(alert._asdict() | {"period_start": str(start)})
    return found
