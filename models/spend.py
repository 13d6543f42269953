"""The cost report of the configured tenants, for the command and the page alike."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pandas as pd

from hve_monitor.config import Config
from hve_monitor.errors import ConfigError
from models.budgets import budget_lines
from models.cost import billable_days, cost_report, past_report
from models.coverage import coverage_report
from models.prices import read_price_book
from models.whatif import Change, what_if
from warehouse.publication import published


def spend(
    config: Config, now: datetime, tenant: str | None = None, month: str | None = None
) -> dict[str, Any]:
    """The contract's cost JSON with its coverage.

    Raises: ConfigError when several tenants bill in different currencies and none is named.
    """
    currency = currency_of(config, tenant)
    lines = budget_lines(config.budgets, config.cost_centers)
    with published(config.warehouse.path) as connection:
        report = cost_report(connection, now, currency, tenant=tenant, month=month, budgets=lines)
        return report | {"coverage": coverage_report(connection, now, tenant)}


def currency_of(config: Config, tenant: str | None) -> str:
    """The currency that the asked tenants bill in. Raises: ConfigError when there are several."""
    tenants = [each for each in config.served if tenant in (None, each.name)]
    currencies = sorted({each.currency for each in tenants}) or ["USD"]
    if len(currencies) > 1:
        raise ConfigError(
            f"--tenant: the tenants bill in {' and '.join(currencies)}; name one of them"
        )
    return currencies[0]


def past(config: Config, now: datetime, tenant: str | None = None) -> dict[str, Any]:
    """What earlier projections would have said, and what came (models.backtest)."""
    with published(config.warehouse.path) as connection:
        return past_report(connection, now, tenant)


def planned_change(
    config: Config, now: datetime, tenant: str | None, change: Change
) -> dict[str, Any]:
    """What a planned change costs and does to budgets (models.whatif). Raises: ConfigError.

    Without a store there is no usual level: budgets then bear the change alone.
    """
    currency = currency_of(config, tenant)
    lines = budget_lines(config.budgets, config.cost_centers)
    prices = read_price_book()
    usual = pd.DataFrame({"account": [], "day": [], "recipients": []})
    if (config.warehouse.path / "hve.duckdb").exists():
        with published(config.warehouse.path) as connection:
            usual = billable_days(connection, now, tenant)
    return what_if(
        change,
        lambda day: prices.unit_price(day, currency),
        currency,
        usual,
        lines,
        now.date(),
    )
