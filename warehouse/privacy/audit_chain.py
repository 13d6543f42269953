"""The seal of the audit log: entries form a keyed chain, so that what was done to them shows.

Each entry has a digest of its fields and a link made of that digest and the link before; the last
link and the number of entries are sealed apart, so that a cut tail shows too. The key is the
store's own, sealed by the outside key where there is one (privacy.key_file): then nobody without
that key can make a seal that fits. Without an outside key the chain's key lies in state.db itself,
and whoever may write there and knows this module can forge it; what was sent to a target that names
the audience "audit" is out of reach.

An erasure changes words of entries: their digests stay, and a second seal covers the new words.
Entries of an earlier release are sealed by the first entry of this one.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Collection, Iterator
from typing import NamedTuple

from warehouse.protection.mode import CHAIN_KEY, has_key, tenant_key
from warehouse.store import Store

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


def seal_new(store: Store, number: int) -> None:
    """Seals the entry that was just added; for whoever holds the transaction that added it.

    The first seal of a store covers all entries before: an earlier release wrote them.
    """
    head = _head(store)
    if not _may_seal(store, head):
        return  # what follows stays unsealed, and verify tells
    key = tenant_key(store.state, store.protection, CHAIN_KEY)
    count, chain = (head.entries, head.chain) if head else (0, "")
    for link in _links(store, 0 if head is None else number):
        digest = _sealed(key, "entry", *link.fields)
        count, chain = count + 1, _sealed(key, "link", chain, digest)
        store.state.connection.execute(
            "update audit set digest = ?, chain = ? where number = ?", [digest, chain, link.number]
        )
    store.state.connection.execute(
        "insert or replace into audit_head values (1, ?, ?, ?, ?)",
        [number, count, chain, _sealed(key, "head", number, count, chain)],
    )


def _may_seal(store: Store, head: Head | None) -> bool:
    """Whether a seal covers nothing up: the end is as it was sealed, or there never was one."""
    has_one = has_key(store.state, CHAIN_KEY)
    if head is None:
        return not has_one and not any(link.chain for link in _links(store))
    return has_one and _is_genuine(store, head)


def intact(store: Store) -> list[int]:
    """Numbers of the sealed entries whose words are as they were sealed."""
    links = [link for link in _links(store) if link.chain]
    if not links:
        return []
    key = tenant_key(store.state, store.protection, CHAIN_KEY)
    return [link.number for link in links if _is_intact(key, link)]


def seal_rewritten(store: Store, numbers: Collection[int]) -> None:
    """Seals the words that an erasure has left of entries that were intact before."""
    before = frozenset(numbers)
    for link in [link for link in _links(store) if link.number in before]:
        key = tenant_key(store.state, store.protection, CHAIN_KEY)
        if not _is_intact(key, link):
            store.state.connection.execute(
                "update audit set rewritten = ? where number = ?",
                [_sealed(key, "rewritten", link.digest, *link.fields), link.number],
            )


def chain_faults(store: Store) -> list[str]:
    """What was done to the log: entries changed, added, moved or taken away."""
    head, links = _head(store), _links(store)
    if head is None:
        was_sealed = has_key(store.state, CHAIN_KEY) or any(link.chain for link in links)
        return ["its sealed end is gone"] if was_sealed else []
    if not has_key(store.state, CHAIN_KEY):
        return ["its key is gone"]
    key = tenant_key(store.state, store.protection, CHAIN_KEY)
    faults = [f"entry {link.number} was added unsealed" for link in links if not link.chain]
    if not _is_genuine(store, head):
        faults.append("its sealed end was changed")
    return [*faults, *_broken(key, head, [link for link in links if link.chain])]


def _broken(key: bytes, head: Head, links: list[Link]) -> Iterator[str]:
    before = ""
    for link in links:
        if not _is_intact(key, link):
            yield f"entry {link.number} was changed"
        if link.chain != _sealed(key, "link", before, link.digest):
            yield f"entries before {link.number} are missing, or it was moved"
        before = link.chain
    if (before, len(links)) != (head.chain, head.entries):
        yield f"{len(links)} of {head.entries} sealed entries are there"


def unsealed(store: Store) -> int:
    """How many entries have no seal."""
    return sum(not link.chain for link in _links(store))


def _is_genuine(store: Store, head: Head) -> bool:
    key = tenant_key(store.state, store.protection, CHAIN_KEY)
    return head.seal == _sealed(key, "head", head.number, head.entries, head.chain)


def _is_intact(key: bytes, link: Link) -> bool:
    if link.digest == _sealed(key, "entry", *link.fields):
        return True
    return link.rewritten == _sealed(key, "rewritten", link.digest, *link.fields)


def _links(store: Store, since: int = 0) -> list[Link]:
    rows = store.state.connection.execute(
        f"select {FIELDS}, digest, chain, rewritten from audit where number >= ? order by number",
        [since],
    ).fetchall()
    return [Link(tuple(row[:-3]), *row[-3:]) for row in rows]


def _head(store: Store) -> Head | None:
    row = store.state.connection.execute(
        "select number, entries, chain, seal from audit_head"
    ).fetchone()
    return Head(*row) if row else None


def _sealed(key: bytes, kind: str, *parts: int | str) -> str:
    content = json.dumps([kind, *parts], ensure_ascii=False).encode("utf-8", "surrogatepass")
    return hmac.digest(key, content, "sha256").hex()
