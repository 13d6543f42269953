"""What tenants spend: computed at each look, or kept from the last run where they are many."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from hve_monitor.config import Budget, Config
from models.cost.budgets import BudgetLine, budget_lines
from models.overview import money
from models.overview.money import keep_tenants_money
from models.overview.tenants import tenant_summaries
from tests.unit.models.conftest import NOW, Workbench, trace
from tests.unit.models.overview.test_reads import HR, NAMES, SHOP, config_of, read
from warehouse.records.plans import add_plan

SOON = NOW + timedelta(minutes=10)


@pytest.fixture
def kept(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> Config:
    """Two tenants, whose money was kept by a run at NOW as that of many would be."""
    monkeypatch.setattr(money, "MOST_LIVE", 1)
    read(bench, "contoso", HR, NOW)
    read(bench, "fabrikam", SHOP, NOW)
    bench.land(trace("a", "ada@fabrikam.com", "2026-11-20T07:00:00"))
    bench.build(NOW)
    config = config_of(bench)
    keep_tenants_money(bench.store.state, config, NAMES, NOW)
    return config


def projected_at(config: Config, now: datetime) -> dict[str, datetime]:
    return {row.tenant: row.projected_at for row in tenant_summaries(config, now).tenants}


def test_what_a_run_kept_is_shown_for_an_hour(kept: Config) -> None:
    assert projected_at(kept, SOON) == {"contoso": NOW, "fabrikam": NOW}
    late = NOW + timedelta(minutes=61)
    assert projected_at(kept, late) == {"contoso": late, "fabrikam": late}


def test_what_is_kept_is_what_would_be_computed(
    kept: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = tenant_summaries(kept, NOW)
    monkeypatch.setattr(money, "MOST_LIVE", 2)
    assert tenant_summaries(kept, NOW) == shown
    assert shown.tenants[0].month_to_date is not None


def landed(bench: Workbench) -> None:
    bench.store.state.record_now("contoso", SOON)


def planned(bench: Workbench, at: datetime = SOON) -> None:
    add_plan(
        bench.store.state,
        tenant="contoso",
        scope="all",
        accounts=(),
        window=(at, at + timedelta(days=1)),
        recipients=10,
        note="",
        author="grace",
        now=at,
    )


@pytest.mark.parametrize("change", [landed, planned])
def test_what_changed_since_is_computed_again_for_its_tenant(
    bench: Workbench, kept: Config, change: Callable[[Workbench], None]
) -> None:
    change(bench)
    bench.build(SOON)
    assert projected_at(kept, SOON) == {"contoso": SOON, "fabrikam": NOW}


def test_a_statement_at_the_instant_of_the_run_may_have_come_after_it(
    bench: Workbench, kept: Config
) -> None:
    planned(bench, NOW)
    assert projected_at(kept, SOON) == {"contoso": SOON, "fabrikam": NOW}


class Backwards(frozenset[str]):
    """The same accounts as another process may go through them."""

    def __repr__(self) -> str:
        return f"frozenset({{{', '.join(map(repr, sorted(self, reverse=True)))}}})"


def test_accounts_of_a_budget_have_no_order(
    bench: Workbench, kept: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    budget = Budget(name="two", amount=Decimal(1), accounts=("hr@contoso.com", "it@contoso.com"))
    config = kept.model_copy(update={"budgets": (budget,)})
    keep_tenants_money(bench.store.state, config, NAMES, NOW)

    def of_another_process(*given: Any) -> list[BudgetLine]:
        return [
            replace(line, accounts=Backwards(line.accounts or ())) for line in budget_lines(*given)
        ]

    monkeypatch.setattr(money, "budget_lines", of_another_process)
    assert projected_at(config, SOON) == {"contoso": NOW, "fabrikam": NOW}


def test_another_budget_is_computed_for_its_tenant(kept: Config) -> None:
    budget = Budget(name="small", tenant="fabrikam", amount=Decimal(1))
    config = kept.model_copy(update={"budgets": (budget,)})
    assert projected_at(config, SOON) == {"contoso": NOW, "fabrikam": SOON}


def test_of_few_tenants_nothing_is_kept(bench: Workbench) -> None:
    bench.build(NOW)
    keep_tenants_money(bench.store.state, config_of(bench), NAMES, NOW)
    assert not bench.store.state.rows("tenant_money")[1]
