"""The cost report of the configured tenants, for the command and the page alike."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hve_monitor.config import Config
from hve_monitor.errors import ConfigError
from models.budgets import budget_lines
from models.cost import cost_report
from models.coverage import coverage_report
from warehouse.publication import published


def spend(
    config: Config, now: datetime, tenant: str | None = None, month: str | None = None
) -> dict[str, Any]:
    """The contract's cost JSON with its coverage.

    Raises: ConfigError when several tenants bill in different currencies and none is named.
    """
    tenants = [each for each in config.served if tenant in (None, each.name)]
    currencies = sorted({each.currency for each in tenants}) or ["USD"]
    if len(currencies) > 1:
        raise ConfigError(
            f"--tenant: the tenants bill in {' and '.join(currencies)}; name one of them"
        )
    lines = budget_lines(config.budgets, config.cost_centers)
    with published(config.warehouse.path) as connection:
        report = cost_report(
            connection, now, currencies[0], tenant=tenant, month=month, budgets=lines
        )
        return report | {"coverage": coverage_report(connection, now, tenant)}
