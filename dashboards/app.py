"""The dashboard of hve-monitor: `hve dashboard` starts it.

The folder is called screens because Streamlit lists one called `pages` by itself, beside what is
set here.
Screens only draw. What they show comes from dashboards.readings, which calls the models.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from altair.utils.schemapi import disable_debug_mode

# A named icon would be fetched from a server on the internet.
ICON = Path(__file__).with_name("icon.svg")

# Checking every chart against its schema takes longer than drawing it; the tests see them drawn.
disable_debug_mode()

st.set_page_config(page_title="hve-monitor", page_icon=ICON, layout="wide")
st.navigation(
    [
        st.Page(
            "screens/overview.py", title="Overview", icon=":material/monitoring:", default=True
        ),
        st.Page("screens/spend.py", title="Spend", icon=":material/payments:"),
        st.Page("screens/senders.py", title="Senders", icon=":material/person_search:"),
        st.Page("screens/delivery.py", title="Delivery", icon=":material/mark_email_read:"),
        st.Page("screens/readiness.py", title="Readiness", icon=":material/fact_check:"),
        st.Page("screens/health.py", title="Health", icon=":material/monitor_heart:"),
    ],
    position="top",
).run()
