"""How much of each day was read, account by account."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from dashboards.charts.days import PICKED
from dashboards.parts.markup import visible_text
from dashboards.parts.palette import Palette
from dashboards.parts.spec import kept_spec

WORDS = ("read", "in part", "not read")
GAPS = alt.Scale(paddingInner=0.2)


@kept_spec
def coverage_chart(days: pd.DataFrame, colours: Palette, *, leads: bool = False) -> Any:
    """Cells of account and UTC day; `days` as models.overview.health.coverage_days gives them.

    A click picks tenant, address and day. leads: whether it leads somewhere.
    """
    rows = days.assign(
        address=days["account"],
        account=[visible_text(account) for account in days["account"]],
        day=[f"{day}" for day in days["day"]],
        state=[state_of(share) for share in days["share"]],
    )
    scale = alt.Scale(domain=list(WORDS), range=[colours.accent, colours.expected, colours.high])
    # A sign inside the cell, so that colour is not the only one.
    base = alt.Chart(rows).encode(
        x=alt.X(
            "day:O",
            title=None,
            axis=alt.Axis(labelAngle=-45, labelOverlap=True),
            scale=GAPS,
        ),
        y=alt.Y(
            "account:N", title=None, scale=GAPS, axis=alt.Axis(labelLimit=220, labelOverlap=False)
        ),
        tooltip=[
            "account:N",
            alt.Tooltip("day:O", title="day (UTC)"),
            alt.Tooltip("share:Q", format=".1%", title="read"),
        ],
    )
    cells = base.mark_rect(cornerRadius=2, cursor="pointer" if leads else "default").encode(
        color=alt.Color("state:N", scale=scale)
    )
    signs = (
        base.transform_filter("datum.share < 1")
        .mark_text(fontSize=11, fontWeight="bold", color="#ffffff")
        .encode(text=alt.condition("datum.share > 0", alt.value("◐"), alt.value("✕")))
    )
    picked = alt.selection_point(name=PICKED, fields=["tenant", "address", "day"], on="click")
    return (cells.add_params(picked) + signs).properties(height=alt.Step(20))


def state_of(share: float) -> str:
    """read, in part, or not read."""
    return "read" if share >= 1 else "in part" if share > 0 else "not read"
