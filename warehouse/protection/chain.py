"""The links of the audit log in state.db, and the seals that they are made of.

With an outside key the log is sealed from the first moment on, and the store's fingerprint says so:
nobody without that key can make the store look like one of a release that sealed nothing.
"""

from __future__ import annotations

import hmac
import json
from typing import NamedTuple

from hve_monitor.errors import ConfigError
from warehouse.protection.mode import (
    CHAIN_KEY,
    Protection,
    has_key,
    note_sealed,
    stored_protection,
    tenant_key,
)
from warehouse.state import State

FIELDS = "number, at, recorded_at, who, what, target, reason, outcome, subject"


class Link(NamedTuple):
    """An entry as it stands in state.db: its fields, and its seals."""

    fields: tuple[int | str, ...]
    digest: str
    chain: str
    rewritten: str

    @property
    def number(self) -> int:
        """The entry's number."""
        return int(self.fields[0])


class Head(NamedTuple):
    """The sealed end of the log."""

    number: int
    entries: int
    chain: str
    seal: str


def head_of(state: State) -> Head | None:
    """The sealed end, None where there is none."""
    row = state.connection.execute("select number, entries, chain, seal from audit_head").fetchone()
    return Head(*row) if row else None


def links_of(state: State, since: int = 0) -> list[Link]:
    """The entries from a number on, oldest first."""
    rows = state.connection.execute(
        f"select {FIELDS}, digest, chain, rewritten from audit where number >= ? order by number",
        [since],
    ).fetchall()
    return [Link(tuple(row[:-3]), *row[-3:]) for row in rows]


def chain_key(state: State, protection: Protection) -> bytes | None:
    """The key of the log; None where it is gone, or the outside key does not open it."""
    if not has_key(state, CHAIN_KEY):
        return None
    try:
        return tenant_key(state, protection, CHAIN_KEY)
    except ConfigError:
        return None


def sealed(key: bytes, kind: str, *parts: int | str) -> str:
    """The seal of some parts, as hexadecimal text."""
    content = json.dumps([kind, *parts], ensure_ascii=False).encode("utf-8", "surrogatepass")
    return hmac.digest(key, content, "sha256").hex()


def seal_from(state: State, protection: Protection, head: Head | None, number: int) -> None:
    """Seals the entries that follow the sealed end up to the newest; all where there is no end."""
    key = tenant_key(state, protection, CHAIN_KEY)
    count, chain = (head.entries, head.chain) if head else (0, "")
    for link in links_of(state, 0 if head is None else number):
        digest = sealed(key, "entry", *link.fields)
        count, chain, number = count + 1, sealed(key, "link", chain, digest), link.number
        state.connection.execute(
            "update audit set digest = ?, chain = ? where number = ?", [digest, chain, number]
        )
    state.connection.execute(
        "insert or replace into audit_head values (1, ?, ?, ?, ?)",
        [number, count, chain, sealed(key, "head", number, count, chain)],
    )


def is_sealed_from_start(state: State, protection: Protection) -> bool:
    """Whether this store must have a sealed end: its fingerprint says so."""
    stored = stored_protection(state)
    return (
        stored is not None
        and protection.key is not None
        and (stored.fingerprint == protection.fingerprint)
    )


def was_ever_sealed(state: State) -> bool:
    """Whether anything in state.db is left of a seal."""
    is_begun = head_of(state) is not None or has_key(state, CHAIN_KEY)
    return is_begun or any(link.chain for link in links_of(state))


def seal_from_start(state: State, protection: Protection) -> None:
    """Seals the log of a new store with an outside key, and of one of an earlier release."""
    is_done = protection.key is None or is_sealed_from_start(state, protection)
    if is_done or state.is_read_only:
        return
    with state.transaction():
        if is_sealed_from_start(state, protection):
            return
        if not was_ever_sealed(state):
            seal_from(state, protection, None, 0)
        note_sealed(state, protection)
