"""Links between pages, and what the address of a page names.

Streamlit keeps the values of filters over pages, and a kept value beats the address that a link
leads to. A link of ours is marked: the page that it opens takes the filters that it names and puts
back all others but tenant, period and clock. The mark stays in the address: taking it out would be
a step of its own for the button Back. A click on a drawing or a cell cannot lead by an address, of
which parts belong to the filters of the page that is drawn: what it names waits in the session.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from html import escape
from urllib.parse import parse_qs, urlencode

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboards.parts.markup import Markup, block, tag
from dashboards.session.view import View

MARK = "link"
ARROW = ":material/arrow_forward:"
KEPT = ("tenant", "period", "first", "last", "clock")
# Every filter that has a place in the address. The inputs of a what-if are none: they stay.
FILTERS = (
    *(*KEPT, "account", "month"),
    *("by", "days_of", "part", "check", "finding", "judgement"),
    *("severity", "kind", "audience", "assigned", "order"),
    *("recipient", "subject", "message_id", "from_ip", "sender", "id", "status"),
    *("since", "until", "figures"),
)
DAYS = ("since", "until", "first", "last")
WORDS = {
    "part": "tab",
    "by": "grouping",
    "days_of": "account or group",
    "finding": "status of findings",
    "since": "day",
    "until": "day",
    "first": "first day",
    "last": "last day",
    "judgement": "status",
    "assigned": "name",
}
DRAWN, ADDRESS, AHEAD = "drawn-page", "address", "filters-ahead"


def link_to(view: View, page: str, label: str, icon: str, **filters: str) -> None:
    """A link to a page with these filters, for whoever may open the page."""
    if view.user.may_open(page):
        st.page_link(f"{page}/page.py", label=label, icon=icon, query_params={**filters, MARK: "1"})


def go(page: str, **filters: str) -> None:
    """Opens a page with these filters."""
    look_for(**filters)
    st.switch_page(f"{page}/page.py", query_params={**_free(filters), MARK: "1"})


def _free(filters: dict[str, str]) -> dict[str, str]:
    """Those that no filter of the drawn page is bound to: Streamlit refuses to write the others."""
    context = get_script_run_ctx()
    if context is None:
        return filters
    with context.session_state.query_params() as parameters:
        return {name: text for name, text in filters.items() if not parameters.is_bound(name)}


def look_for(**filters: str) -> None:
    """Draws the page with these filters, from the next drawing on."""
    st.session_state[AHEAD] = filters


def account_link(view: View, tenant: str, account: str) -> Markup:
    """The account's name, as a link to its profile, or to its days for who may see costs alone."""
    if view.user.may_open("senders"):
        address = "senders", {"account": account}
    elif view.user.may_open("spend"):
        address = "spend", {"days_of": account}
    else:
        return tag("span", account)
    return linked(address[0], tag("span", account), **address[1], **tenant_filter(view, tenant))


def linked(page: str, inner: Markup, **filters: str) -> Markup:
    """The element as a link to a page with these filters, which is loaded anew."""
    return Markup(f'<a href="{escape(address_of(page, **filters))}">{inner}</a>')


def address_of(page: str, **filters: str) -> str:
    """The address of a page with these filters, for a link that loads it anew.

    It keeps tenant, period and clock. Where a page keeps the account that was looked at before,
    only loading it anew shows all accounts.
    """
    return f"{page}?{urlencode({**_kept(), **filters, MARK: '1'})}"


def _kept() -> dict[str, str]:
    """What the address names of the filters that every link keeps."""
    return {name: st.query_params[name] for name in KEPT if name in st.query_params}


def is_several(view: View) -> bool:
    """Whether more than one tenant is looked at."""
    return view.tenant is None and len(view.config.served) > 1


def tenant_filter(view: View, tenant: str) -> dict[str, str]:
    """The filter that a link to one tenant's rows needs where more than one is looked at."""
    return {"tenant": tenant} if is_several(view) else {}


def tenant_words(view: View, tenant: str) -> str:
    """` of contoso` where more than one tenant is looked at."""
    return f" of {tenant}" if is_several(view) else ""


def tenant_cell(view: View, tenant: str) -> list[Markup]:
    """The cell of a table that names the tenant, where more than one is looked at."""
    return [tag("span", tenant, style="long")] if is_several(view) else []


def arrive(page: str) -> None:
    """Takes up a link; before any filter of the page is drawn."""
    st.session_state[DRAWN], before = page, st.session_state.get(DRAWN)
    st.session_state[f"{DRAWN}-anew"] = before != page
    ahead: dict[str, str] | None = st.session_state.pop(AHEAD, None)
    st.session_state[ADDRESS] = named = _address() if ahead is None else ahead
    if ahead is None and (MARK not in named or not is_arrival()):
        return
    for name in FILTERS:
        value = _value(name, named.get(name))
        if value is not None:
            st.session_state[name] = value
        elif name not in KEPT and name in st.session_state:
            del st.session_state[name]


def is_arrival() -> bool:
    """Whether the page is drawn for the first time since another was."""
    return bool(st.session_state.get(f"{DRAWN}-anew"))


def addressed() -> dict[str, str]:
    """What the address named before the filters of the page were drawn."""
    named: dict[str, str] = st.session_state.get(ADDRESS, {})
    return named


def _address() -> dict[str, str]:
    """Whole: `st.query_params` lacks what filters of the page before were bound to."""
    context = get_script_run_ctx()
    if context is None:
        return {}
    return {name: texts[-1] for name, texts in parse_qs(context.query_string).items()}


def say_absent(shown: str, **options: Collection[str]) -> None:
    """One line on what the address names for a filter and is none of its options.

    shown: what the page shows instead.
    """
    address = addressed()
    names = [
        f"{WORDS.get(name, name)} {address[name]}"
        for name, choices in options.items()
        if address.get(name) and address[name] not in choices
    ]
    if names:
        say_elsewhere(f"the address names {', '.join(names)}. {shown}")


def say_elsewhere(sentence: str) -> None:
    """A line on what the address names: as HTML, since Markdown makes links of what is in it."""
    block(tag("p", tag("span", "▲ not here", style="mark warn"), sentence))


def _value(name: str, text: str | None) -> str | date | None:
    if text is None or name not in DAYS:
        return text
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
