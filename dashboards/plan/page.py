"""What was announced, when it comes, and whether more was sent than announced."""

from __future__ import annotations

import streamlit as st

from dashboards.plan.calendar import calendar_panel, overspill_panel
from dashboards.plan.form import announce_form
from dashboards.session import readings
from dashboards.session.frame import chosen_account, footer, opened
from dashboards.session.view import View


def show(view: View) -> None:
    """The page."""
    account = chosen_account()
    plans = [
        plan
        for plan in readings.plans(view)
        if account is None or not plan.accounts or account in plan.accounts
    ]
    left, right = st.columns([5, 3])
    with left:
        calendar_panel(view, plans)
    with right:
        announce_form(view, account)
    overspill_panel(view, plans)
    footer(view)


if __name__ == "__main__":
    show(opened("Plan", by=("account", "period"), needs_mail=False))
