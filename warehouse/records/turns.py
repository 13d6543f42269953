"""Until when each account of a large tenant was judged, and since when it is due again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from warehouse.state import State, text_of, time_of


@dataclass(frozen=True)
class Standing:
    """An account was judged until an instant; `due_from` is the oldest day changed since.

    seen: recipients and undelivered ones of its whole history, as they were counted then.
    """

    judged_until: datetime
    seen: int
    due_from: date | None


def standings(state: State, tenant: str) -> dict[str, Standing]:
    """Every account of the tenant that was judged; empty while all are judged in every run."""
    rows = state.connection.execute(
        "select account, judged_until, seen, due_from from judged_accounts where tenant = ?",
        [tenant],
    )
    return {
        account: Standing(time_of(until), seen, None if due is None else date.fromisoformat(due))
        for account, until, seen, due in rows
    }


def mark_due(state: State, tenant: str, first: date) -> None:
    """Days from `first` on have changed: accounts that are not judged now owe them."""
    with state.transaction():
        state.connection.execute(
            "update judged_accounts set due_from = min(coalesce(due_from, ?1), ?1)"
            " where tenant = ?2",
            [str(first), tenant],
        )


def record_judged(state: State, tenant: str, seen: Mapping[str, int], until: datetime) -> None:
    """These accounts, with what they had sent, are judged until an instant and owe nothing."""
    with state.transaction():
        state.connection.executemany(
            "insert or replace into judged_accounts values (?, ?, ?, ?, null)",
            [(tenant, account, text_of(until), count) for account, count in seen.items()],
        )


def forget_judged(state: State, tenant: str) -> None:
    """All accounts of the tenant are judged in every run."""
    state.connection.execute("delete from judged_accounts where tenant = ?", [tenant])
