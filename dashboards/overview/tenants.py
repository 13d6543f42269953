"""Several tenants at a glance: one row each, and each one click deeper."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import streamlit as st

from dashboards.parts.amounts import age, count, day, digits, exact, percent
from dashboards.parts.figure import Columns, amount_column, heading, key_of, listing
from dashboards.parts.incident_words import SIGNS, ended_unjudged
from dashboards.parts.known_words import at_least
from dashboards.parts.markup import literal
from dashboards.session import readings
from dashboards.session.view import View
from hve_monitor.plural import plural
from models.overview.money import NextBudget
from models.overview.tenants import TenantCoverage, TenantSummary

NEEDS: dict[str, Callable[[TenantSummary], bool]] = {
    "open incidents": lambda row: bool(row.open_incidents or row.unjudged_high),
    "unread windows": lambda row: row.coverage.complete is False,
    "stale data": lambda row: not row.fresh,
    "a budget in sight": lambda row: row.budget is not None,
}
TABLE, MOST_BUTTONS = "tenants-table", 12
NEVER = 10**9  # sorts after every number of minutes and gaps


def tenants_panel(view: View) -> None:
    """Draws the panel where all of several tenants are looked at."""
    if view.tenant is not None or len(view.config.served) < 2:
        return
    rows = readings.tenants(view)
    with st.container(border=True, key="tenants"):
        heading(_finding(rows), "What needs a look comes first; click on a tenant to open it.")
        chosen = _filtered(rows)
        if not chosen:
            st.caption("No tenant is like that.")
            return
        for row in chosen:
            if row.is_unread:
                st.warning(f"**{literal(row.tenant)} is unknown.** {literal(str(row.error))}")
        table, texts = tenant_table(view, chosen)
        listing(
            table,
            _columns(),
            name="tenants",
            texts=texts,
            key=TABLE,
            on_select=lambda: _cell_picked(table),
            selection_mode="single-cell",
        )
        with st.container(horizontal=True, gap="small"):
            for row in chosen[:MOST_BUTTONS]:
                st.button(
                    literal(f"Open {row.tenant}"),
                    key=key_of("open", row.tenant),
                    icon=":material/arrow_forward:",
                    on_click=_choose,
                    args=(row.tenant,),
                )


def _filtered(rows: list[TenantSummary]) -> list[TenantSummary]:
    """The tenants whose name holds what was typed and that have everything that was chosen."""
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        typed = st.text_input("Name of a tenant", key="tenant-name", placeholder="a part of it",
                              width=220)  # fmt: skip
        needs = st.pills("Only those with", NEEDS, selection_mode="multi", key="tenant-needs")
    return [
        row
        for row in rows
        if (typed or "").strip().lower() in row.tenant.lower()
        and all(NEEDS[need](row) for need in needs)
    ]


def _cell_picked(table: pd.DataFrame) -> None:
    cells = st.session_state[TABLE]["selection"]["cells"]
    if cells:
        _choose(str(table["tenant"].iloc[cells[0][0]]))


def _choose(tenant: str) -> None:
    """The filter of the page, which is also in the URL."""
    st.session_state["tenant"] = tenant


def _finding(rows: list[TenantSummary]) -> str:
    troubled = [row for row in rows if row.open_incidents]
    unread = [row for row in rows if row.coverage.complete is False or not row.fresh]
    if unread and not troubled:
        finding = f"No open incident was found in what was read of {plural(len(rows), 'tenant')}"
        return f"{finding}; {_unread_words(unread)}"
    have = "has" if len(troubled) == 1 else "have"
    finding = f"{count(len(troubled))} of {plural(len(rows), 'tenant')} {have} open incidents"
    if not unread:
        return finding
    return f"{finding}; {_unread_words(unread)}"


def _unread_words(unread: list[TenantSummary]) -> str:
    are = "is" if len(unread) == 1 else "are"
    return f"{count(len(unread))} {are} stale or not completely read"


def tenant_table(
    view: View, rows: list[TenantSummary]
) -> tuple[pd.DataFrame, dict[str, list[str]]]:
    """A row per tenant: what its columns sort by, and what is read in some of them."""
    table = pd.DataFrame(
        {
            "tenant": [row.tenant for row in rows],
            "read": [_minutes(view, row) for row in rows],
            "coverage": [_unread(row.coverage) for row in rows],
            "recipients_24h": pd.array([row.recipients_24h for row in rows], dtype="Int64"),
            "recipients_7d": pd.array([row.recipients_7d for row in rows], dtype="Int64"),
            "spent": [at_least(exact(row.month_to_date), row) for row in rows],
            "month_end": [exact(row.month_end) for row in rows],
            "currency": [row.currency for row in rows],
            "incidents": [_trouble(row) for row in rows],
            "budget": [_nearness(row.budget) for row in rows],
        }
    )
    texts = {
        "read": [_freshness(view, row) for row in rows],
        "coverage": [_coverage(row.coverage) for row in rows],
        "recipients_24h": [_sent(row.recipients_24h, row.whole_24h) for row in rows],
        "recipients_7d": [_sent(row.recipients_7d, row.whole_7d) for row in rows],
        "incidents": [_incidents(row) for row in rows],
        "budget": [_budget(row) for row in rows],
    }
    return table, texts


def _columns() -> Columns:
    column = st.column_config
    return {
        "tenant": column.TextColumn("Tenant", width="large"),
        "read": column.NumberColumn("Read", alignment="left"),
        "coverage": column.NumberColumn("Coverage", alignment="left"),
        "recipients_24h": column.NumberColumn("Recipients, 24 h"),
        "recipients_7d": column.NumberColumn("7 days"),
        "spent": amount_column("Spent this month"),
        "month_end": amount_column("By month end"),
        "currency": column.TextColumn("Currency", width="small"),
        "incidents": column.NumberColumn("Open incidents", alignment="left", width="medium"),
        "budget": column.NumberColumn("Next budget", alignment="left", width="large"),
    }


def _minutes(view: View, row: TenantSummary) -> int:
    """Since it was read; one that never was comes after all others."""
    return NEVER if row.read_at is None else int((view.now - row.read_at).total_seconds() // 60)


def _unread(coverage: TenantCoverage) -> int:
    """Gaps; a tenant of which nothing was read, or nothing is known, comes after all others."""
    if coverage.complete is None:
        return NEVER
    return 0 if coverage.complete else coverage.gaps or NEVER + 1


def _trouble(row: TenantSummary) -> int:
    """By severity, then by number."""
    rank = {None: 0, "low": 1, "medium": 2, "high": 3}[row.highest]
    waiting = (row.open_incidents or 0) + (row.unjudged_high or 0)
    return (3 if row.unjudged_high else rank) * 10**6 + waiting


def _nearness(budget: NextBudget | None) -> float:
    """What is used of it; without one less than any."""
    return -1.0 if budget is None else budget.used_ratio or 0.0


def _sent(recipients: int | None, whole: bool) -> str:
    """1,234; at least 1,234 where not all hours were read; unknown."""
    return f"≥ {count(recipients)}" if recipients and not whole else count(recipients)


def _freshness(view: View, row: TenantSummary) -> str:
    if row.read_at is None:
        return "? unknown" if row.is_unread else "? never"
    old = age(view.now - row.read_at)
    return f"● {old} ago" if row.fresh else f"▲ {old} ago"


def _coverage(coverage: TenantCoverage) -> str:
    if coverage.complete is None:
        return "? unknown"
    if coverage.complete:
        return "● complete"
    return f"▲ {plural(coverage.gaps, 'gap') if coverage.gaps else 'nothing read'}"


def _incidents(row: TenantSummary) -> str:
    if row.unjudged_high is None:
        return "? unknown"
    unjudged = ended_unjudged(row.unjudged_high)
    if row.highest is None:
        return f"none open; {unjudged}" if row.unjudged_high else "none"
    words = f"{count(row.open_incidents)}, highest {SIGNS[row.highest]}"
    return f"{words}; {unjudged}" if row.unjudged_high else words


def _budget(row: TenantSummary) -> str:
    budget = row.budget
    if budget is None:
        return "none in sight" if row.read_at else "? unknown"
    if budget.passed_on:
        when = f"passed on {day(budget.passed_on)}"
    elif budget.may_be_passed:
        when = "may be passed already"
    elif budget.passes_on_expected:
        when = f"passed on {day(budget.passes_on_expected)}, expected"
    else:
        when = "not expected to be passed"
    return (
        f"{'▲' if budget.passed_on else '◆'} {budget.name}: {when},"
        f" {percent(budget.used_ratio)} of {digits(budget.amount)} used"
    )
