"""What each tenant spends this month; of many tenants it is kept from one run to the next.

A projection takes a tenth of a second: of a thousand tenants nobody waits for it at each look.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import msgspec
import pandas as pd

from hve_monitor.config import Config
from hve_monitor.document import Document, json_text
from models.cost.budget_use import budget_status
from models.cost.budgets import BudgetLine, budget_lines, by_passing
from models.cost.documents import BudgetStatus, Range
from models.cost.outlook import cost_outlook
from models.cost.spend import announced_plans, currency_of
from models.engine import sql as runner
from models.periods import end_of_month
from models.reference.book import reference_of
from models.reference.cost_centers import Centers, read_centers
from models.usage.coverage import FRESH_FOR
from warehouse.reading import Published, read_published
from warehouse.records.money import KeptMoney, keep_money, kept_money, last_statements
from warehouse.state import State

MOST_LIVE = 20  # tenants that are projected at each look


class NextBudget(Document):
    """The budget that is passed first."""

    name: str
    amount: Decimal
    used_ratio: float | None
    passed_on: date | None
    passes_on_expected: date | None
    may_be_passed: bool


class TenantMoney(Document):
    """What a tenant spends this month. Unknown is None.

    unknown_recipients, unread_days and range: of month_to_date, as in a cost report's KnownPart.
    budget: None where none is in sight.
    """

    currency: str
    month_to_date: Decimal | None
    unknown_recipients: int
    unread_days: int
    range: Range
    month_end: Decimal | None
    budget: NextBudget | None


def tenant_money(
    config: Config, published: Published, plans: pd.DataFrame, centers: Centers
) -> TenantMoney:
    """What the view's tenant spends this month: what `hve cost` says of it, without the rest."""
    currency, today = currency_of(config, published.tenant), published.now.date()
    first = today.replace(day=1)
    outlook = cost_outlook(published, currency, today, plans)
    month = outlook.period(first, end_of_month(first))
    lines = budget_lines(config.budgets, centers, published.tenant)
    return TenantMoney(
        currency=currency,
        month_to_date=month.counted.cost,
        unknown_recipients=month.counted.unknown_recipients,
        unread_days=month.counted.unread_days,
        range=month.counted.range,
        month_end=month.projected.end,
        budget=_next_budget([budget_status(outlook, line, first) for line in lines]),
    )


def _next_budget(budgets: list[BudgetStatus]) -> NextBudget | None:
    in_sight = [b for b in by_passing(budgets) if b.passing_day or b.may_be_passed]
    first = next(iter(in_sight), None)
    if first is None:
        return None
    return NextBudget(
        name=first.name,
        amount=first.amount,
        used_ratio=first.used_ratio,
        passed_on=first.passed_on,
        passes_on_expected=first.passes_on_expected,
        may_be_passed=first.may_be_passed,
    )


def keep_tenants_money(state: State, config: Config, names: Iterable[str], now: datetime) -> None:
    """Keeps what the tenants spend as it is known now, where they are too many for each look."""
    root = config.warehouse.path
    if len(config.served) <= MOST_LIVE or not (root / "hve.duckdb").exists():
        return
    centers, bases = read_centers(config), money_bases(config)
    with read_published(root, now) as published:
        for name in names:
            plans = announced_plans(state, now, [name])
            money = tenant_money(config, published.of(name), plans, centers)
            keep_money(state, name, KeptMoney(now, bases[name], json_text(money)))


def kept_tenants_money(
    state: State, config: Config, now: datetime, last_runs: Mapping[str, datetime]
) -> dict[str, tuple[datetime, TenantMoney]]:
    """What was kept and still holds, with its business time, by tenant.

    It holds for an hour of the same UTC day, until a run, a statement of a person or another
    configuration changes what it was computed from. Of a statement at its own instant nobody knows
    whether it came before.
    """
    if len(config.served) <= MOST_LIVE:
        return {}
    bases, statements = money_bases(config), last_statements(state)
    return {
        name: (kept.at, msgspec.json.decode(kept.document, type=TenantMoney))
        for name, kept in kept_money(state).items()
        if kept.basis == bases.get(name)
        and kept.at <= now <= kept.at + FRESH_FOR
        and kept.at.date() == now.date()
        and last_runs.get(name, kept.at) <= kept.at
        and (name not in statements or statements[name] < kept.at)
    }


def money_bases(config: Config) -> dict[str, str]:
    """What of configuration and models the money of each tenant depends on."""
    reference, centers = reference_of(config), read_centers(config)
    fields = TenantMoney.__struct_fields__ + NextBudget.__struct_fields__
    shared = f"{runner.version()} {fields}"
    return {
        tenant.name: _digest(
            shared,
            tenant.currency,
            reference.version(tenant.name),
            *map(_budget_text, budget_lines(config.budgets, centers, tenant.name)),
        )
        for tenant in config.served
    }


def _budget_text(line: BudgetLine) -> str:
    """All of a budget; sets of names have another order in every process."""
    accounts = None if line.accounts is None else sorted(line.accounts)
    return f"{replace(line, accounts=None)} {accounts}"


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
