"""What a month costs: so far, at its end, by account, against budgets, and in twelve months."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from decimal import Decimal

import pandas as pd
import streamlit as st

from dashboards.charts.cost import (
    curve_before,
    month_end_range,
    outlook_chart,
    scenario_chart,
    spent_by_day,
)
from dashboards.charts.days import DaySpan, stretches
from dashboards.parts.amounts import between, count, exact, money, rest_of, total
from dashboards.parts.error_words import error_words
from dashboards.parts.figure import amount_column, empty, figure
from dashboards.parts.known_words import at_least, expected_words, lacking
from dashboards.parts.markup import block, tag
from dashboards.parts.palette import palette
from dashboards.parts.tile import Tile, tile_row
from dashboards.session import readings
from dashboards.session.frame import footer, opened
from dashboards.session.links import say_absent
from dashboards.session.view import View
from dashboards.spend.accounts import account_panel
from dashboards.spend.backtest import backtest_panel
from dashboards.spend.budgets import budget_panel
from dashboards.spend.centers import center_panel
from dashboards.spend.downloads import focus_panel
from dashboards.spend.months import months_panel
from dashboards.spend.reconciliation import closing_panel, reconciliation_panel
from dashboards.spend.whatif import whatif_panel
from hve_monitor.document import decimal_text
from hve_monitor.errors import ConfigError
from hve_monitor.plural import plural
from models.cost.daily import DayCost
from models.cost.documents import BudgetStatus, CostReport, Scenario
from models.periods import end_of_month, month_after

# The parts of the page; the chosen one is in the URL, and only it is drawn.
PARTS = ("By account", "Months", "Budgets and what-if", "Centers and invoice")
SCENARIOS = {
    "flat": ("If nothing changes", "the level of the last 90 days"),
    "recent_trend": ("If the recent trend goes on", "the trend of the last twelve weeks, fading"),
    "planned_changes": ("With what is announced", "the level of the last 90 days and the plans"),
}


def show(view: View) -> None:
    """The page."""
    try:
        report = readings.cost(view, view.month)
    except ConfigError as error:
        st.info(_several_currencies(view) or error_words(error), icon=":material/payments:")
        return
    _estimate_note(report)
    _tiles(report)
    say_absent("The first tab is shown.", part=PARTS)
    parts = st.tabs(PARTS, key="part", bind="query-params")
    for part, draw in zip(parts, (_month, months_panel, _ahead, _behind), strict=True):
        if part.open:
            with part:
                draw(view, report)
    footer(view)


def _several_currencies(view: View) -> str:
    """Which of them the tenants bill in, whose sum would mean nothing; empty where it is one."""
    currencies = sorted({tenant.currency for tenant in view.config.served})
    if view.tenant is not None or len(currencies) < 2:
        return ""
    listed = f"{', '.join(currencies[:-1])} and {currencies[-1]}"
    return f"**The tenants bill in {listed}**, whose sum would mean nothing. Choose a tenant above."


def _month(view: View, report: CostReport) -> None:
    focus_panel(view, report.month, has_invoice=report.invoice is not None)
    _outlook(view, report)
    account_panel(view, report)


def _ahead(view: View, report: CostReport) -> None:
    budget_panel(report)
    whatif_panel(view)
    _scenarios(report)
    backtest_panel(view)


def _behind(view: View, report: CostReport) -> None:
    left, right = st.columns([5, 3])
    with left:
        center_panel(report)
    with right:
        closing_panel(report)
    reconciliation_panel(view, report)


def _estimate_note(report: CostReport) -> None:
    price = decimal_text(report.unit_price)
    rate = "no price is known" if price is None else f"{price} {report.currency} each"
    block(
        tag("span", "estimate", style="mark warn"),
        "Billable recipients are counted from message traces (delivered recipients, lists"
        f" counted by member) at {rate}. This is not the invoice. Months are"
        " UTC months, as they are charged: this page has no days of your own; click on an account"
        " to see its days.",
    )


def _tiles(report: CostReport) -> None:
    currency, ahead, so_far = report.currency, report.projection, report.month_to_date
    tiles = [
        Tile(
            "Spent in the month",
            at_least(money(so_far.cost, currency), so_far),
            lacking(so_far, currency) or rest_of(so_far.cost) or "so far",
        ),
        Tile(
            "Billable recipients",
            at_least(count(so_far.billable_recipients), so_far),
            "estimate from traces",
        ),
        Tile(
            "At month end",
            expected_words(ahead.month_end, ahead.range, currency),
            ahead.method,
        ),
        Tile("80 % range", between(ahead.p80), f"{currency} at month end"),
        Tile("95 % range", between(ahead.p95), f"{currency} at month end"),
    ]
    if quarter := report.quarter:
        tiles.append(
            Tile(
                f"At the end of {quarter.quarter}",
                expected_words(quarter.quarter_end, quarter.quarter_end_range, currency),
                f"80 %: {between(quarter.p80)}",
            )
        )
    tile_row(*tiles)


def _outlook(view: View, report: CostReport) -> None:
    days, before = _daily_costs(view, report), _curve_before(view, report)
    spent = spent_by_day(days)
    currency, ahead, so_far = report.currency, report.projection, report.month_to_date
    budget = drawn_budget(report, _shared_budgets(view))
    limit = None if budget is None else budget.amount
    over = ahead.p80 is not None and ahead.p80[0] == ahead.p80[1]
    if ahead.month_end is None:
        empty(
            f"What {report.month} costs is unknown: {ahead.method.removeprefix('unavailable: ')}."
        )
        return
    figure(
        f"{report.month} cost {at_least(money(so_far.cost, currency), so_far)}"
        if over
        else f"{expected_words(ahead.month_end, ahead.range, currency)} are expected by the end of"
        f" {report.month}",
        f"Cumulative {currency} per UTC day."
        + ("" if before.empty else " Thin line: the month before.")
        + _unread_words(days)
        + (
            ""
            if over
            else " Dashed: expected; dark band 80 %, light band 95 %, drawn straight"
            " from today to the range of the month end."
        ),
        outlook_chart(
            spent,
            month_end_range(ahead),
            currency,
            limit,
            _span(report, days),
            before,
            palette(),
        ),
        spent[["day", "cost", "total"]].sort_values("day", ascending=False),
        {
            "day": st.column_config.DateColumn("Day (UTC)", format="YYYY-MM-DD"),
            "cost": amount_column(f"Cost, {currency}"),
            "total": amount_column(f"So far, {currency}"),
        },
    )


def _daily_costs(view: View, report: CostReport) -> list[DayCost]:
    """Whole recipients × the price of their day, as the report itself counts them."""
    first = date.fromisoformat(f"{report.month}-01")
    return readings.daily_costs(
        view, report.currency, first, min(view.now.date(), end_of_month(first))
    )


def _curve_before(view: View, report: CostReport) -> pd.DataFrame:
    """Where the month before stood on the same days, as far as all of it is known."""
    first = date.fromisoformat(f"{report.month}-01")
    start = month_after(first, -1)
    return curve_before(
        readings.daily_costs(view, report.currency, start, end_of_month(start)), first
    )


def _unread(days: Sequence[DayCost]) -> list[date]:
    return [day for day, counted in days if counted.unread_days or counted.cost is None]


def _unread_words(days: Sequence[DayCost]) -> str:
    unread = len(_unread(days))
    return f" Hatched: {plural(unread, 'day')} not wholly read." if unread else ""


def _span(report: CostReport, days: Sequence[DayCost]) -> DaySpan:
    """The whole month, hatched where not all was read."""
    first = date.fromisoformat(f"{report.month}-01")
    return DaySpan(first, end_of_month(first), stretches(_unread(days)))


def _shared_budgets(view: View) -> list[str]:
    """Budgets that are about several tenants, of which the page shows one."""
    if view.tenant is None or len(view.config.served) == 1:
        return []
    return [budget.name for budget in view.config.budgets if budget.tenant is None]


def drawn_budget(report: CostReport, shared: Collection[str] = ()) -> BudgetStatus | None:
    """The first monthly budget of the accounts that are drawn, which are all, if it is in sight.

    Far above the curve its line would flatten the chart. shared: budgets that are about tenants
    besides the drawn one.
    """
    _, high = report.projection.p95 or (None, None)
    top = high or report.month_to_date.cost or Decimal(0)
    own = [
        budget
        for budget in report.budgets
        if budget.covers_all and budget.period == "month" and budget.name not in shared
    ]
    return next((budget for budget in own if budget.amount <= 2 * top), None)


def _scenarios(report: CostReport) -> None:
    known = [scenario for scenario in report.next_12_months if _is_known(scenario)]
    # Plans that change nothing would only repeat the first chart.
    shown = [
        scenario
        for place, scenario in enumerate(known)
        if place == 0 or scenario.months != known[0].months
    ]
    if not shown:
        return
    ends = [month.p80[1] for scenario in shown for month in scenario.months]
    top = max(float(end) for end in ends if end is not None)
    for place, scenario in zip(st.columns(len(shown)), shown, strict=True):
        with place:
            _scenario(scenario, report.currency, top)


def _is_known(scenario: Scenario) -> bool:
    return all(month.cost is not None for month in scenario.months)


def _scenario(scenario: Scenario, currency: str, top: float) -> None:
    name, basis = SCENARIOS.get(scenario.scenario, (scenario.scenario, ""))
    months = scenario.months
    texts = pd.DataFrame(
        {
            "month": [month.month for month in months],
            "cost": [exact(month.cost) for month in months],
            "low": [exact(month.p80[0]) for month in months],
            "high": [exact(month.p80[1]) for month in months],
        }
    )
    places = pd.DataFrame(
        {
            "month": texts["month"],
            **{
                column: texts[column].str.replace(",", "").astype(float)
                for column in ("cost", "low", "high")
            },
            **{f"{column}_text": texts[column] for column in ("cost", "low", "high")},
        }
    )
    figure(
        f"{name}: {money(total(month.cost for month in months), currency)} in twelve months",
        f"{currency} per month by {basis}; the band is the 80 % range.",
        scenario_chart(places, currency, top, palette()),
        texts,
        {column: amount_column(f"{column}, {currency}") for column in ("cost", "low", "high")},
    )


if __name__ == "__main__":
    show(opened("Spend", by=("month",)))
