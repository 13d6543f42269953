"""Logins that were ended before their time: a copy of their cookie opens nothing any more."""

from __future__ import annotations

from pathlib import Path

from warehouse.live import state_rows
from warehouse.state import State


def record_end(state: State, login: str, at: float, kept_since: float) -> None:
    """Notes at a real time (epoch seconds) that a login has ended; forgets what ended long ago."""
    with state.transaction():
        state.connection.execute("delete from ended_logins where at < ?", [kept_since])
        state.connection.execute("insert or ignore into ended_logins values (?, ?)", [login, at])


def has_ended(root: Path, login: str) -> bool:
    """Whether somebody logged out of it; no store, no end."""
    rows = state_rows(root / "state.db", f"select 1 from ended_logins where login = '{login}'")
    return bool(rows)
