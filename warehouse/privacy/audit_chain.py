"""The seal of the audit log: entries form a keyed chain, so that what was done to them shows.

Each entry has a digest of its fields and a link made of that digest and the link before; the last
link and the number of entries are sealed apart, so that a cut tail shows too. The key is the
store's own, sealed by the outside key where there is one (privacy.key_file): then nobody without
that key can make a seal that fits. Without an outside key the chain's key lies in state.db itself,
and whoever may write there and knows this module can forge it; what was sent to a target that names
the audience "audit" is out of reach.

An erasure changes words of entries: their digests stay, and a second seal covers the new words.
Entries of an earlier release are sealed when a store with an outside key is opened, without one by
the first entry of this release.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from warehouse.protection.chain import (
    Head,
    Link,
    chain_key,
    head_of,
    is_sealed_from_start,
    links_of,
    seal_from,
    sealed,
    was_ever_sealed,
)
from warehouse.store import Store


def seal_new(store: Store, number: int) -> None:
    """Seals the entry that was just added; for whoever holds the transaction that added it.

    The first seal of a store covers all entries before: an earlier release wrote them.
    """
    head = head_of(store.state)
    if not _may_seal(store, head):
        return  # what follows stays unsealed, and verify tells
    seal_from(store.state, store.protection, head, number)


def _may_seal(store: Store, head: Head | None) -> bool:
    """Whether a seal covers nothing up: the end is as it was sealed, or there never was one."""
    if head is None:
        return not _must_have_end(store)
    key = chain_key(store.state, store.protection)
    return key is not None and _is_genuine(key, head)


def _must_have_end(store: Store) -> bool:
    is_begun = is_sealed_from_start(store.state, store.protection)
    return is_begun or was_ever_sealed(store.state)


def intact(store: Store) -> list[int]:
    """Numbers of the sealed entries whose words are as they were sealed."""
    key = chain_key(store.state, store.protection)
    if key is None:
        return []
    links = [link for link in links_of(store.state) if link.chain]
    return [link.number for link in links if _is_intact(key, link)]


def seal_rewritten(store: Store, numbers: Collection[int]) -> None:
    """Seals the words that an erasure has left of entries that were intact before."""
    key, before = chain_key(store.state, store.protection), frozenset(numbers)
    if key is None:
        return
    for link in [link for link in links_of(store.state) if link.number in before]:
        if not _is_intact(key, link):
            store.state.connection.execute(
                "update audit set rewritten = ? where number = ?",
                [sealed(key, "rewritten", link.digest, *link.fields), link.number],
            )


def chain_faults(store: Store) -> list[str]:
    """What was done to the log: entries changed, added, moved or taken away."""
    head, links = head_of(store.state), links_of(store.state)
    if head is None:
        return ["its sealed end is gone"] if _must_have_end(store) else []
    key = chain_key(store.state, store.protection)
    if key is None:
        return ["its key is gone, or is another"]
    faults = [f"entry {link.number} was added unsealed" for link in links if not link.chain]
    if not _is_genuine(key, head):
        faults.append("its sealed end was changed")
    return [*faults, *_broken(key, head, [link for link in links if link.chain])]


def _broken(key: bytes, head: Head, links: list[Link]) -> Iterator[str]:
    before = ""
    for link in links:
        if not _is_intact(key, link):
            yield f"entry {link.number} was changed"
        if link.chain != sealed(key, "link", before, link.digest):
            yield f"entries before {link.number} are missing, or it was moved"
        before = link.chain
    if (before, len(links)) != (head.chain, head.entries):
        yield f"{len(links)} of {head.entries} sealed entries are there"


def unsealed(store: Store) -> int:
    """How many entries have no seal."""
    return sum(not link.chain for link in links_of(store.state))


def _is_genuine(key: bytes, head: Head) -> bool:
    return head.seal == sealed(key, "head", head.number, head.entries, head.chain)


def _is_intact(key: bytes, link: Link) -> bool:
    if link.digest == sealed(key, "entry", *link.fields):
        return True
    return link.rewritten == sealed(key, "rewritten", link.digest, *link.fields)
