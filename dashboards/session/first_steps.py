"""The first minutes: what to start before there is anything to show, and where it stands."""

from __future__ import annotations

import os
import shlex
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path

import streamlit as st

from dashboards.parts.amounts import age
from dashboards.parts.markup import Markup, block, tag
from hve_monitor.config import DEFAULT_FILE, Config
from models.overview.health import last_errors
from models.overview.reads import VITAL
from warehouse.state import open_state

SILENT = timedelta(minutes=15)  # a run that waits for a quota writes more often
LOOK_AROUND = (
    "This page draws itself when the first numbers are there. To look around first, with a"
    " simulated tenant in a folder of its own:"
)


def first_steps(config: Config, title: str) -> None:
    """Draws the three steps with their commands, and above them what is known of the first run."""
    with st.container(border=True, gap="small", key="first-steps"):
        block(tag("h2", title), tag("p", *_standing(config)))
        for number, (what, command) in enumerate(_steps(config), 1):
            block(tag("p", tag("strong", f"{number}. {what}")))
            st.code(command, language=None, wrap_lines=True)
        block(tag("p", LOOK_AROUND))
        st.code("hve demo", language=None)


def _standing(config: Config) -> list[Markup | str]:
    """What is known of the first run."""
    is_store = (config.warehouse.path / "state.db").exists()
    errors = last_errors(config, VITAL) if is_store else None
    last = last_written(config) if is_store and errors is None else None
    if last is not None:
        return _begun(datetime.now(UTC) - last)
    if errors is None:
        return [tag("span", "○ empty", style="mark"), "Nothing was read yet."]
    if errors:
        return [tag("span", "▲ failed", style="mark bad"), f"The last run failed: {errors[0]}"]
    return [tag("span", "○ no message", style="mark warn"), "No message was seen yet."]


def _begun(silence: timedelta) -> list[Markup | str]:
    """Of a run that has not ended: whether it goes on, by how long nothing was written."""
    if silence < SILENT:
        words = f"A first run is under way: it wrote something {age(silence)} ago."
        return [tag("span", "◷ under way", style="mark warn"), words]
    words = f"A first run began and did not end; nothing was written for {age(silence)}."
    return [tag("span", "▲ stopped", style="mark bad"), f"{words} Start it again."]


def last_written(config: Config) -> datetime | None:
    """When a run last sent a request or wrote into the store; None where none did.

    Of state.db requests alone count: this page itself changes its files, and so its folder.
    """
    root, written = config.warehouse.path, 0.0
    with open_state(root) as state:
        for tenant in config.served:
            written = max([written, *state.quota_use(tenant.name, written)])
    for path in chain(root.glob("*"), root.glob("*/*")):
        if not path.name.startswith("state.db"):
            with suppress(OSError):  # it went away meanwhile
                written = max(written, path.stat().st_mtime)
    return datetime.fromtimestamp(written, UTC) if written else None


def _steps(config: Config) -> list[tuple[str, str]]:
    """What to do and its command; from files where no tenant is read over the network."""
    from_files = all(tenant.accounts == "files" for tenant in config.served)
    if from_files:
        return [
            ("Check what is configured", _command("doctor")),
            ("Import message traces as Microsoft 365 exports them", _command("import FILE…")),
            ("See what they cost", _command("cost")),
        ]
    return [
        ("Check the configuration, the login and its permissions", _command("doctor")),
        ("Read for the first time: the last 90 days, it may take a while", _command("run")),
        ("Keep it up to date", _command("run --every 15m")),
    ]


def _command(words: str) -> str:
    """The command, with the configuration of this dashboard where it is not the usual one."""
    file = Path(os.environ.get("HVE_CONFIG") or DEFAULT_FILE).absolute()
    option = "" if file == Path(DEFAULT_FILE).absolute() else f" --config {shlex.quote(str(file))}"
    return f"hve {words}{option}"
