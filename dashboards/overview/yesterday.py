"""What is different since yesterday: incidents, addresses, accounts, and who sent more or less."""

from __future__ import annotations

from datetime import datetime, timedelta

import streamlit as st

from dashboards.parts.amounts import change, count, day, moment, money
from dashboards.parts.figure import heading
from dashboards.parts.markup import Markup, block, tag
from dashboards.session import readings
from dashboards.session.links import ARROW, link_to, tenant_words
from dashboards.session.view import View
from hve_monitor.plural import plural
from models.cost.documents import CostReport

DAY, WEEK = timedelta(days=1), timedelta(days=7)
MOST = 8
MOVERS = 4


def since_yesterday(view: View, spent: CostReport | None) -> None:
    """Draws the panel; `spent` is the cost report, None without one currency for all."""
    since = view.now - DAY
    changes = readings.changed(view, since)
    budgets = _passed(spent, since)
    number = len(changes) + len(budgets)
    is_read = bool(readings.coverage(view, since, view.now).complete)
    with st.container(border=True, height="stretch", key="since-yesterday"):
        heading(
            _finding(number, is_read=is_read),
            f"Since {moment(since)}: incidents, addresses, accounts, checks, budgets."
            + ("" if is_read else " Not all of that time was read."),
        )
        lines = [
            tag(
                "li",
                tag("strong", note.account),
                f"{tenant_words(view, note.tenant)} {note.what}, {moment(note.at)}",
            )
            for note in changes[:MOST]
        ]
        lines += budgets
        if len(changes) > MOST:
            lines.append(tag("li", f"and {len(changes) - MOST} more"))
        movers = _movers(view)
        body = [tag("ul", *lines)] if lines else []
        if movers:
            body += [tag("h2", "Largest differences in 24 h"), tag("ul", *movers)]
            body.append(
                tag("p", "Recipients, against the same hours a week before.", style="quiet")
            )
        block(*body)
        if any(note.check for note in changes):
            link_to(view, "readiness", "Checks that changed", ARROW)


def _finding(number: int, *, is_read: bool) -> str:
    """What is different; that nothing is can only be said of a time that was read."""
    known = "" if is_read else " known"
    if number:
        return f"{plural(number, 'change')}{known} since yesterday"
    return "Nothing new since yesterday" if is_read else "Whether anything is new is not known"


def _passed(spent: CostReport | None, since: datetime) -> list[Markup]:
    """Thresholds of budgets that were passed on the day of `since` or later."""
    if spent is None:
        return []
    return [
        tag(
            "li",
            tag("strong", f"budget {budget.name}"),
            f" passed {100 * part.threshold:.0f} % of {money(budget.amount, spent.currency)}"
            f" on {day(part.passed_on)}",
        )
        for budget in spent.budgets
        for part in budget.thresholds
        if part.passed_on and part.passed_on >= since.date()
    ]


def _movers(view: View) -> list[Markup]:
    """Accounts whose last 24 hours differ most from those a week earlier.

    Empty where either window was not read: nothing seen in it would look like nothing sent.
    """
    now, end = view.hour, view.hour - WEEK
    if not all(readings.are_accounts_whole(view, last - DAY, last) for last in (now, end)):
        return []
    sent, before = _sent(view, now), _sent(view, end)
    names = sorted(
        set(sent) | set(before),
        key=lambda name: (-abs(sent.get(name, 0) - before.get(name, 0)), name),
    )
    return [
        _mover(name, tenant_words(view, name[0]), sent.get(name, 0), before.get(name, 0))
        for name in names[:MOVERS]
        if sent.get(name, 0) != before.get(name, 0)
    ]


def _mover(name: tuple[str, str], whose: str, now: int, before: int) -> Markup:
    sign = "▲" if now > before else "▼"
    ratio = change(now, before)
    compared = f"{count(now)} after {count(before)}" + (f" ({ratio})" if ratio else "")
    return tag("li", f"{sign} ", tag("strong", name[1]), f"{whose}: {compared}")


def _sent(view: View, end: datetime) -> dict[tuple[str, str], int]:
    """Recipients by tenant and account in the 24 hours before `end`."""
    usage = readings.window(view, end - DAY, end)
    sums = usage.groupby(["tenant", "account"], as_index=False)["recipients"].sum()
    keys = zip(sums["tenant"].tolist(), sums["account"].tolist(), strict=True)
    return dict(zip(keys, map(int, sums["recipients"].tolist()), strict=True))
