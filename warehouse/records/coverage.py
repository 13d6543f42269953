"""Windows of time that were read completely, per tenant, source and address, in state.db.

Coverage may lag the rows, never lead them: it is recorded after the rows of its window.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from warehouse.state import State, text_of, time_of
from warehouse.windows import Window, gaps, merge

POSTPONED = ":postponed"  # behind a source: windows that were left for its next reading


def record_coverage(state: State, tenant: str, source: str, address: str, window: Window) -> None:
    """Records that the window of the address was read completely; joins what touches."""
    key = [tenant, source, address]
    with state.transaction():
        windows = merge([*covered_windows(state, tenant, source, address), window])
        state.connection.execute(
            "delete from coverage where tenant = ? and source = ? and address = ?", key
        )
        state.connection.executemany(
            "insert into coverage values (?, ?, ?, ?, ?)",
            [(*key, text_of(start), text_of(end)) for start, end in windows],
        )


def covered_windows(state: State, tenant: str, source: str, address: str) -> list[Window]:
    """Windows read completely, oldest first."""
    rows = state.connection.execute(
        "select from_utc, to_utc from coverage"
        " where tenant = ? and source = ? and address = ? order by from_utc",
        [tenant, source, address],
    )
    return [Window(time_of(start), time_of(end)) for start, end in rows]


def postpone(state: State, tenant: str, source: str, windows: Mapping[str, Window]) -> None:
    """Notes the windows, by address, that a reading left for the next one; they are not read."""
    waiting = f"{source}{POSTPONED}"
    with state.transaction():
        state.connection.execute(
            "delete from coverage where tenant = ? and source = ?", [tenant, waiting]
        )
        state.connection.executemany(
            "insert into coverage values (?, ?, ?, ?, ?)",
            [
                (tenant, waiting, address, text_of(window.start), text_of(window.end))
                for address, window in windows.items()
            ],
        )


def postponed(state: State, tenant: str, source: str, address: str) -> list[Window]:
    """The window of the address that the last reading left for the next one, if it did."""
    return covered_windows(state, tenant, f"{source}{POSTPONED}", address)


def uncover(state: State, tenant: str, source: str, lost: Window) -> None:
    """Takes a window back from every address, because its rows are gone."""
    with state.transaction():
        rows = state.connection.execute(
            "select distinct address from coverage where tenant = ? and source = ?",
            [tenant, source],
        ).fetchall()
        for (address,) in rows:
            _keep_outside(state, tenant, source, address, lost)


def _keep_outside(state: State, tenant: str, source: str, address: str, lost: Window) -> None:
    key = [tenant, source, address]
    left = [part for window in covered_windows(state, *key) for part in gaps([lost], window)]
    state.connection.execute(
        "delete from coverage where tenant = ? and source = ? and address = ?", key
    )
    state.connection.executemany(
        "insert into coverage values (?, ?, ?, ?, ?)",
        [(*key, text_of(start), text_of(end)) for start, end in left],
    )


def plan_backfill(
    state: State, tenant: str, source: str, addresses: Iterable[str], start: datetime
) -> None:
    """Notes from when on the addresses are to be read; an earlier start stays."""
    with state.transaction():
        state.connection.executemany(
            "insert into backfills values (?, ?, ?, ?) on conflict (tenant, source, address)"
            " do update set from_utc = min(from_utc, excluded.from_utc)",
            [(tenant, source, address, text_of(start)) for address in addresses],
        )


def shorten_backfills(
    state: State, tenant: str, source: str, planned: datetime, start: datetime
) -> None:
    """Moves every start that was planned at one instant to a later one."""
    state.connection.execute(
        "update backfills set from_utc = ? where tenant = ? and source = ? and from_utc = ?",
        [text_of(start), tenant, source, text_of(planned)],
    )


def backfill_start(state: State, tenant: str, source: str, address: str) -> datetime | None:
    """From when on the address is to be read; None while that was never planned."""
    row = state.connection.execute(
        "select from_utc from backfills where tenant = ? and source = ? and address = ?",
        [tenant, source, address],
    ).fetchone()
    return time_of(row[0]) if row else None


def cut_coverage(state: State, tenant: str, end: datetime) -> bool:
    """Takes back what counts as read after a moment; whether there was any."""
    with state.transaction():
        gone = state.connection.execute(
            "delete from coverage where tenant = ? and from_utc > ?", [tenant, text_of(end)]
        ).rowcount
        cut = state.connection.execute(
            "update coverage set to_utc = ? where tenant = ? and to_utc > ?",
            [text_of(end), tenant, text_of(end)],
        ).rowcount
    return bool(gone + cut)
