"""A page that is open draws itself again when a new version is published."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboards.session.stamps import Stamp, published_stamp
from dashboards.session.view import View

SECONDS = 20


def watch(view: View) -> None:
    """Looks at the published file, not into it, until another one is in its place."""
    _watched(str(view.config.warehouse.path), published_stamp(view.config.warehouse.path))


@st.fragment(run_every=SECONDS)
def _watched(root: str, drawn: Stamp) -> None:
    if published_stamp(Path(root)) != drawn:
        st.rerun()
