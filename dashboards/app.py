"""The dashboard of hve-monitor: `hve dashboard` starts it.

Each page has a folder whose page.py draws it. Pages only draw: what they show comes from
dashboards.session.readings, which calls the models.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from altair.utils.schemapi import disable_debug_mode

from dashboards.session.frame import say_unreadable
from dashboards.session.links import MARK
from dashboards.session.login import entered, greeting
from hve_monitor.errors import StoreError

# A named icon would be fetched from a server on the internet.
ICON = Path(__file__).with_name("icon.svg")

# Checking every chart against its schema takes longer than drawing it; the tests see them drawn.
disable_debug_mode()

st.set_page_config(page_title="hve-monitor", page_icon=ICON, layout="wide")
PAGES = {
    "overview": ("Overview", ":material/monitoring:"),
    "spend": ("Spend", ":material/payments:"),
    "senders": ("Senders", ":material/person_search:"),
    "delivery": ("Delivery", ":material/mark_email_read:"),
    "readiness": ("Readiness", ":material/fact_check:"),
    "plan": ("Plan", ":material/event:"),
    "health": ("Health", ":material/monitor_heart:"),
}

user = entered()
page = st.navigation(
    [
        st.Page(
            f"{name}/page.py",
            title=title,
            url_path=name,
            icon=icon,
            default=name == "overview",
            # Hidden ones refuse by themselves; a link to one leads to a sentence, not to an error.
            visibility="visible" if user.may_open(name) else "hidden",
        )
        for name, (title, icon) in PAGES.items()
    ],
    position="top",
)
st.set_page_config(page_title=f"{page.title} · hve-monitor")
named = "incident" in st.query_params and MARK not in st.query_params
if page.title == "Overview" and named and user.may_open("senders"):
    # Alerts link to the dashboard's own address: it leads to the card. A link of ours does not, so
    # that the button Back comes to the Overview, whose step may have got the link's filters.
    parameters = ("incident", "tenant")
    st.switch_page(
        "senders/page.py",
        query_params={key: st.query_params[key] for key in parameters if key in st.query_params}
        | {MARK: "1"},
    )
greeting(user)
try:
    page.run()
except StoreError as error:  # of a panel: a file of an older release lacks what it shows
    say_unreadable(error)
