"""The server of the dashboard: Streamlit's own, behind the gate. `hve dashboard` starts it."""

from __future__ import annotations

from pathlib import Path

from starlette.middleware import Middleware
from streamlit.starlette import App

from dashboards.gate import Gate, hosts_of, origins_of
from dashboards.session.large_files import ROUTES
from hve_monitor.config import load_config

AUTH = load_config().auth

app = App(
    Path(__file__).with_name("app.py"),
    routes=ROUTES,
    middleware=[Middleware(Gate, hosts=hosts_of(AUTH), origins=origins_of(AUTH))],
)
