"""Several tenants at a glance: one row each, and each one click deeper."""

from __future__ import annotations

import streamlit as st

from dashboards.parts.amounts import age, count, day, digits, money, percent, plural
from dashboards.parts.figure import heading, key_of
from dashboards.parts.incident_words import SIGNS, TONES
from dashboards.parts.known_words import at_least
from dashboards.parts.markup import Markup, block, literal, scrolled, table_of, tag
from dashboards.session import readings
from dashboards.session.view import View
from models.overview.tenants import NextBudget, TenantCoverage, TenantSummary

HEADS = ("Tenant", "Read", "Coverage", "Recipients, 24 h", "7 days", "Spent this month",
         "By month end", "Open incidents", "Next budget")  # fmt: skip
NUMBERS = range(3, 7)


def tenants_panel(view: View) -> None:
    """Draws the panel where all of several tenants are looked at."""
    if view.tenant is not None or len(view.config.served) < 2:
        return
    rows = readings.tenants(view)
    with st.container(border=True, key="tenants"):
        heading(_finding(rows), "What needs a look comes first; the same as 'hve tenants'.")
        table = table_of(HEADS, [_line(view, row) for row in rows], NUMBERS, named=True)
        block(scrolled("Tenants side by side", table))
        with st.container(horizontal=True, gap="small"):
            for row in rows:
                st.button(
                    literal(f"Open {row.tenant}"),
                    key=key_of("open", row.tenant),
                    icon=":material/arrow_forward:",
                    on_click=_choose,
                    args=(row.tenant,),
                )


def _choose(tenant: str) -> None:
    """The filter of the page, which is also in the URL."""
    st.session_state["tenant"] = tenant


def _finding(rows: list[TenantSummary]) -> str:
    troubled = [row for row in rows if row.open_incidents]
    unread = [row for row in rows if row.coverage.complete is False or not row.fresh]
    have = "has" if len(troubled) == 1 else "have"
    finding = f"{count(len(troubled))} of {plural(len(rows), 'tenant')} {have} open incidents"
    if not unread:
        return finding
    are = "is" if len(unread) == 1 else "are"
    return f"{finding}; {count(len(unread))} {are} stale or not completely read"


def _line(view: View, row: TenantSummary) -> list[str]:
    return [
        row.tenant,
        _freshness(view, row),
        _coverage(row.coverage),
        _sent(row.recipients_24h, row.whole_24h),
        _sent(row.recipients_7d, row.whole_7d),
        at_least(money(row.month_to_date, row.currency), row),
        money(row.month_end, row.currency),
        _incidents(row),
        _budget(row.budget),
    ]


def _sent(recipients: int | None, whole: bool) -> str:
    """1,234; at least 1,234 where not all hours were read; unknown."""
    return f"≥ {count(recipients)}" if recipients and not whole else count(recipients)


def _freshness(view: View, row: TenantSummary) -> Markup:
    if row.read_at is None:
        return tag("span", "? never", style="warn")
    old = age(view.now - row.read_at)
    return tag("span", f"● {old} ago" if row.fresh else f"▲ {old} ago",
               style="good" if row.fresh else "warn")  # fmt: skip


def _coverage(coverage: TenantCoverage) -> Markup:
    if coverage.complete is None:
        return tag("span", "? unknown", style="warn")
    if coverage.complete:
        return tag("span", "● complete", style="good")
    gaps = plural(coverage.gaps, "gap") if coverage.gaps else "nothing read"
    return tag("span", f"▲ {gaps}", style="bad")


def _incidents(row: TenantSummary) -> Markup:
    unjudged = f"{count(row.unjudged_high)} high ones ended, not judged"
    if row.highest is None:
        if row.unjudged_high:
            return tag("span", f"none open; {unjudged}", style="bad")
        return tag("span", "none", style="quiet")
    words = f"{count(row.open_incidents)}, highest {SIGNS[row.highest]}"
    if row.unjudged_high:
        words += f"; {unjudged}"
    return tag("span", words, style="bad" if row.unjudged_high else TONES[row.highest])


def _budget(budget: NextBudget | None) -> Markup:
    if budget is None:
        return tag("span", "none in sight", style="quiet")
    if budget.passed_on:
        when = f"passed on {day(budget.passed_on)}"
    elif budget.may_be_passed:
        when = "may be passed already"
    elif budget.passes_on_expected:
        when = f"passed on {day(budget.passes_on_expected)}, expected"
    else:
        when = "not expected to be passed"
    return tag(
        "span",
        f"{'▲' if budget.passed_on else '◆'} {budget.name}: {when},"
        f" {percent(budget.used_ratio)} of {digits(f'{budget.amount:f}')} used",
        style="bad" if budget.passed_on else "warn",
    )
