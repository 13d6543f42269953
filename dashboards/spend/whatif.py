"""What a planned mailing would cost: sliders in, the answer of `hve whatif` out."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import NamedTuple

import pandas as pd
import streamlit as st
from msgspec.structs import asdict

from dashboards.charts.cost import cost_bars
from dashboards.parts.amounts import count, day, digits, exact, money, percent, rest_of
from dashboards.parts.error_words import error_words
from dashboards.parts.figure import behind, heading
from dashboards.parts.markup import Markup, block, facts, tag
from dashboards.parts.palette import palette
from dashboards.parts.spec import draw
from dashboards.session import readings
from dashboards.session.view import View
from hve_monitor.document import decimal_text
from hve_monitor.errors import ConfigError
from hve_monitor.plural import plural
from models.cost.documents import ChangeCost, ChangedBudget, ChangedPeriod
from models.cost.whatif import change_of

ONCE, EVERY = "once", ("once", "day", "week", "month")
USUAL_RECIPIENTS, MOST, SLIDER_TO, STEP = 1_000, 10_000_000, 100_000, 500


@st.fragment
def whatif_panel(view: View) -> None:
    """Draws the panel; it alone is drawn again while the sliders move. All of it is in the URL."""
    with st.container(border=True, key="whatif"):
        title = st.empty()
        controls = _controls(view)
        try:
            change = change_of(
                controls.account,
                controls.recipients,
                controls.sends,
                controls.every,
                (controls.first, controls.last),
                view.now.date(),
            )
            answer = readings.whatif(view, change)
        except ConfigError as error:
            with title:
                heading("What would a mailing cost?")
            st.warning(error_words(error))
            return
        with title:
            heading(_finding(answer), _detail(answer))
        left, right = st.columns([3, 2])
        with left:
            _months(answer)
        with right:
            block(*_facts(answer))


class _Controls(NamedTuple):
    """What is set; days are YYYY-MM-DD, None where they are open."""

    account: str
    recipients: int
    sends: int
    every: str | None
    first: str | None
    last: str | None


def _controls(view: View) -> _Controls:
    names = list(dict.fromkeys(sender.account for sender in readings.accounts(view)))
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        account = st.selectbox(
            "Account that sends", names or ["new@contoso.com"], key="if_account",
            bind="query-params", accept_new_options=True, width=260,
        )  # fmt: skip
        recipients = _recipients()
        sends = st.slider(
            "How many sends", 1, 31, 1, key="if_sends", bind="query-params", width=220
        )
        every = st.segmented_control(
            "Every", EVERY, default=ONCE, key="if_every", bind="query-params", required=True
        )
        first = _day("From", "if_from")
        last = _day("Until", "if_until")
    repeated = None if every in (None, ONCE) else str(every)
    return _Controls(str(account), recipients, sends, repeated, first, last)


def _recipients() -> int:
    """A number to type, which the URL holds, and a slider that moves it."""
    typed = st.number_input(
        "Recipients of one send", 1, MOST, USUAL_RECIPIENTS, STEP, key="if_recipients",
        bind="query-params", width=190,
    )  # fmt: skip
    number = int(typed or 1)
    st.session_state["if_slide"] = min(number, SLIDER_TO)
    st.slider(
        "The same by sliding", 0, SLIDER_TO, step=STEP, key="if_slide", format="%,d",
        on_change=_slid, width=260,
    )  # fmt: skip
    return number


def _slid() -> None:
    st.session_state["if_recipients"] = max(1, int(st.session_state["if_slide"]))


def _day(label: str, key: str) -> str | None:
    value = st.date_input(
        f"{label} (UTC)", value=None, key=key, format="YYYY-MM-DD", bind="query-params", width=150
    )
    return value.isoformat() if isinstance(value, date) else None


def _finding(answer: ChangeCost) -> str:
    currency, monthly = answer.currency, answer.per_month
    whom = plural(answer.recipients_per_send, "recipient")
    sends = plural(answer.sends, "send")
    if monthly is None:
        return f"{sends} to {whom}: {money(answer.total.cost, currency)}"
    return f"{sends} a {answer.every} to {whom}: {money(monthly.cost, currency)} a month"


def _detail(answer: ChangeCost) -> str:
    price = decimal_text(answer.unit_price)
    rate = "no price is known" if price is None else f"{price} {answer.currency} a recipient"
    return f"From {answer.first} at {rate}; the same as 'hve whatif'. Everything is an estimate."


def _facts(answer: ChangeCost) -> list[Markup]:
    currency, messages, total = answer.currency, answer.messages, answer.total
    values = {
        "One send": money(answer.cost_per_send, currency),
        "All shown months": ", ".join(
            filter(None, (money(total.cost, currency), rest_of(total.cost)))
        ),
        "Recipients in them": count(total.recipients),
        "Messages of one send": f"{count(messages.per_send)} with"
        f" {messages.recipients_per_message} recipients each, or"
        f" {messages.one_list} through a list",
    }
    budgets = [
        tag("li", *line)
        for budget in answer.budgets
        for line in (_budget(budget, currency), *_next(budget, currency))
    ]
    return [
        facts(values),
        tag("h2", "Budgets with it" if budgets else "No budget covers this account"),
        tag("ul", *budgets),
    ]


def _budget(budget: ChangedBudget, currency: str) -> list[Markup | str]:
    return _line(budget, budget, currency)


def _next(budget: ChangedBudget, currency: str) -> list[list[Markup | str]]:
    """The period after it, where the change does something else to that one."""
    if budget.next is None or effect(budget.next, budget.amount) == effect(budget, budget.amount):
        return []
    return [_line(budget, budget.next, currency)]


def _line(budget: ChangedBudget, period: ChangedPeriod, currency: str) -> list[Markup | str]:
    words, tone = effect(period, budget.amount)
    before, after = percent(period.used_ratio_before), percent(period.used_ratio_after)
    together, limit = money(period.together, currency), money(budget.amount, currency)
    return [
        tag("span", words, style=f"mark {tone}"),
        tag("strong", budget.name),
        f": {together} of {limit} expected by {day(period.last)}, {after} after {before}",
    ]


def effect(period: ChangedPeriod, amount: Decimal) -> tuple[str, str]:
    """What the change does to a budget's period, and the tone of that: good, warn or bad."""
    if period.passed_on:
        return f"▲ already passed without it on {day(period.passed_on)}", "bad"
    if period.passes_without:
        return "▲ expected to be passed without it", "bad"
    if period.passes:
        return "▲ passed because of it", "bad"
    high = period.range[1]
    if period.passes is None or (high is not None and high >= amount):
        return "? may be passed: not everything is known", "warn"
    return "● not passed by it", "good"


def _months(answer: ChangeCost) -> None:
    months = answer.months
    costs = [month.cost for month in months if month.cost is not None]
    if not months or len(costs) < len(months):
        st.caption("No month to show: the price or the days are missing.")
        return
    table = pd.DataFrame(map(asdict, months))
    rows = table.assign(position=[*map(float, costs)], cost=[*map(digits, costs)])
    draw(
        cost_bars(rows, answer.currency, palette()),
        f"{_finding(answer)}. Cost per month.",
        name="cost of a planned mailing",
    )
    behind(
        "Numbers behind this chart",
        "whatif",
        table.assign(cost=[exact(cost) for cost in costs]),
    )
