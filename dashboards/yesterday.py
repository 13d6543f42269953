"""What is different since yesterday: incidents, addresses, accounts, and who sent more or less."""

from __future__ import annotations

from datetime import timedelta

import streamlit as st

from dashboards import readings
from dashboards.amounts import change, count, moment, plural
from dashboards.figure import heading
from dashboards.markup import Markup, tag
from dashboards.view import View
from dashboards.windows import sent_in

DAY, WEEK = timedelta(days=1), timedelta(days=7)
MOST = 8
MOVERS = 4


def since_yesterday(view: View) -> None:
    """Draws the panel."""
    since = view.now - DAY
    changes = readings.changed(view, since)
    with st.container(border=True, height="stretch", key="since-yesterday"):
        heading(
            f"{plural(len(changes), 'change')} since yesterday"
            if changes
            else "Nothing new since yesterday",
            f"Since {moment(since)}: incidents, addresses and accounts that were not there before.",
        )
        lines = [
            tag("li", tag("strong", each.account), f" {each.what}, {moment(each.at)}")
            for each in changes[:MOST]
        ]
        if len(changes) > MOST:
            lines.append(tag("li", f"and {len(changes) - MOST} more"))
        movers = _movers(view)
        body = [tag("ul", *lines)] if lines else []
        if movers:
            body += [tag("h2", "Largest differences in 24 h"), tag("ul", *movers)]
            body.append(
                tag("p", "Recipients, against the same hours a week before.", style="quiet")
            )
        st.html(tag("div", *body, style="hve"))


def _movers(view: View) -> list[Markup]:
    """Accounts whose last 24 hours differ most from those a week earlier.

    Empty where either window was not read: nothing seen in it would look like nothing sent.
    """
    end = view.now - WEEK
    if not (sent_in(view, view.now - DAY).whole and sent_in(view, end - DAY, end).whole):
        return []
    now, before = _sent(view, timedelta(0)), _sent(view, WEEK)
    names = sorted(
        set(now) | set(before),
        key=lambda name: (-abs(now.get(name, 0) - before.get(name, 0)), name),
    )
    return [
        _mover(name, now.get(name, 0), before.get(name, 0))
        for name in names[:MOVERS]
        if now.get(name, 0) != before.get(name, 0)
    ]


def _mover(name: str, now: int, before: int) -> Markup:
    sign = "▲" if now > before else "▼"
    ratio = change(now, before)
    compared = f"{count(now)} after {count(before)}" + (f" ({ratio})" if ratio else "")
    return tag("li", f"{sign} ", tag("strong", name), f" {compared}")


def _sent(view: View, earlier: timedelta) -> dict[str, int]:
    """Recipients by account in the 24 hours that ended so much earlier."""
    end = view.now - earlier
    usage = readings.usage(view, end - DAY, end)
    sums = usage.groupby("account", as_index=False)["recipients"].sum()
    return dict(zip(sums["account"].tolist(), map(int, sums["recipients"].tolist()), strict=True))
