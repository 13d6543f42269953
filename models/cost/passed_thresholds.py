"""Budget thresholds that were passed: one record for each, kept so that it is reported once."""

from __future__ import annotations

from datetime import datetime, timedelta

from hve_monitor.config import Config
from hve_monitor.errors import ConfigError
from models.cost.budgets import BudgetLine, budget_lines
from models.cost.daily import spent_days
from models.reference.cost_centers import read_centers
from warehouse.reading import read_published
from warehouse.records.money import BudgetAlert, note_budget_alert
from warehouse.state import State

ONE_DAY = timedelta(days=1)


def note_budget_alerts(state: State, config: Config, now: datetime) -> list[BudgetAlert]:
    """Records thresholds that were passed until `now`; returns the new ones.

    Yesterday's period counts too: what passed late on its last day is seen the day after.
    """
    if not config.budgets:
        return []
    with read_published(config.warehouse.path, now) as published:
        passed = [
            alert
            for currency, lines in budgets_by_currency(config).items()
            for spent in [spent_days(published, currency)]
            for day in (now.date() - ONE_DAY, now.date())
            for line in lines
            for alert in line.passed(spent, day, currency)
        ]
    return [alert for alert in passed if note_budget_alert(state, alert, now)]


def budgets_by_currency(config: Config) -> dict[str, tuple[BudgetLine, ...]]:
    """Budget lines by the currency they are in.

    Raises: ConfigError, one line per mistake: a cost center that is not there, or a budget over
    tenants that bill in several currencies.
    """
    currencies = {tenant.name: tenant.currency for tenant in config.served}
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
