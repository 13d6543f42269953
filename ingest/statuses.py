"""What became of a recipient, in Microsoft's words, whichever words a source uses.

Sources: the values of Get-MessageTraceV2 and Graph; the labels of the Exchange admin center; the
events of Microsoft Learn, "Message tracking"; Microsoft's translations of the values (Learn in
other languages, AcsEmailDeliveryReportStatus and the EWS element DeliveryStatus). Read 2026-11.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

import pyarrow as pa

from hve_monitor.addresses import is_nothing

# The first of them that an export says of a recipient holds: mail that was put into quarantine or
# Junk after its delivery ended there, and a copy that reached the mailbox is billed whatever else
# was tried. A recipient that a list names twice is a person or a list within it. `send` only hands
# the message to the next server.
VOCABULARY: tuple[tuple[str, str], ...] = (
    (
        "Quarantined",
        """quarantined, quarantine, in quarantine
        in Quarantäne, unter Quarantäne, unter Quarantäne gestellt, isoliert
        en quarantaine, mis en quarantaine, mise en quarantaine, en cuarentena, in quarantena
        in quarantaine, in quarantaine geplaatst, em quarentena, poddane kwarantannie
        検疫済み, 検疫, Quarantäne, quarantaine, cuarentena, quarantena, quarentena""",
    ),
    (
        "FilteredAsSpam",
        """filtered as spam, filtered spam, spam, marked as spam
        als Spam gefiltert, filtré comme spam, filtré comme courrier indésirable
        filtrado como spam, filtrado como correo no deseado, filtrato come posta indesiderata
        gefilterd als spam""",
    ),
    (
        "Delivered",
        """delivered, deliver, duplicate deliver, send external
        zugestellt, remis, entregado, recapitato, bezorgd, geleverd, entregue, dostarczone
        配信済み, 配信""",
    ),
    ("Expanded", "expanded, expand, erweitert, développé, expandido, espanso, uitgebreid"),
    (
        "Failed",
        """failed, fail, badmail, drop, deliver fail, submit fail, resubmit fail
        moderator reject, moderators all NDR, moderation expire, poison message, suppressed
        fehlgeschlagen, échec, non riuscito, mislukt, falhou, niepowodzenie, 失敗""",
    ),
    ("Expanded", "duplicate expand"),
    ("Resolved", "resolved, resolve, redirect, duplicate redirect"),
    ("Recalled", "recalled"),
    (
        "Pending",
        """pending, defer, send, receive, submit, transfer, client submission, process, throttle
        resubmit, resubmit defer, submit defer, init message created, moderator approve
        agent info, dsn, load, notify mapi, notify shadow, recipient info, set route
        process meeting message, ha receive, ha redirect, ha redirect fail, ha discard
        ausstehend, en attente, pendiente, in sospeso, in behandeling, pendente, 保留中""",
    ),
    ("GettingStatus", "getting status"),
)
UNKNOWN = ("unknown", "unknownfuturevalue")  # Microsoft's own words for a status that is not known
SEPARATORS = re.compile(r"[,;|/>+\n]+")
WORD = re.compile(r"[^\W\d_]{2,20}")
LONGEST, LONGEST_LIST = 40, 1000


def _key(text: str) -> str:
    """A word without case, spaces and signs."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text).casefold())


RANKS = {
    _key(word): rank
    for rank, (_, words) in enumerate(VOCABULARY)
    for word in re.split(r"[,\n]", words)
}
STATUSES = frozenset(status for status, _ in VOCABULARY)
QUARANTINED, DELIVERED = RANKS["quarantined"], RANKS["delivered"]


@lru_cache(maxsize=4096)
def status_of(text: str) -> str | None:
    """The status that a word, a label or a list of events such as `Receive, Deliver` means.

    A word that is not known stays, also among known ones; any other text stays as its pattern,
    since where columns are shifted it may be a subject. None where it says that there is none.
    """
    text = text[:LONGEST_LIST].strip().strip("<>\"'").strip()
    if is_nothing(text):
        return None
    ranks = _ranks(text)
    if ranks:
        return VOCABULARY[min(_since_release(ranks))][0]
    return text if _key(text) in UNKNOWN or _is_plain(text) else _pattern(text)


def is_known(status: str) -> bool:
    """Whether a status that `status_of` gave is one of Microsoft's words."""
    return status in STATUSES or status.lower() in UNKNOWN


def outcomes() -> pa.Table:
    """Grain: one row per word, as tracking events write it, with the status and its rank."""
    words = [(word, VOCABULARY[rank][0], rank) for word, rank in RANKS.items()]
    columns = zip(*words, strict=True)
    return pa.table(dict(zip(("word", "status", "rank"), map(list, columns), strict=True)))


def _ranks(text: str) -> list[int]:
    """Ranks of the events in their order; none when it is not known how they end."""
    whole = RANKS.get(_key(text))
    if whole is not None:
        return [whole]
    items = [key for item in SEPARATORS.split(text) if (key := _key(item))]
    if not items or items[-1] not in RANKS:
        items = [_key(word) for word in text.split()]
        if not all(item in RANKS for item in items):
            return []
    return [RANKS[item] for item in items if item in RANKS]


def _is_plain(text: str) -> bool:
    """Whether a text is a single word, or a list of events with a word that is not known."""
    items = [item.strip() for item in SEPARATORS.split(text)]
    has_known = len(items) == 1 or any(_key(item) in RANKS for item in items)
    return has_known and all(WORD.fullmatch(item) for item in items)


def _since_release(ranks: Sequence[int]) -> Sequence[int]:
    """What came after mail was released from quarantine into the mailbox."""
    last = max((at for at, rank in enumerate(ranks) if rank == QUARANTINED), default=-1)
    later = ranks[last + 1 :]
    return later if DELIVERED in later else ranks


def _pattern(text: str) -> str:
    """Letters as a, digits as 9, as pattern.sql writes them."""
    return "".join(
        "9" if sign.isdigit() else "a" if sign.isalpha() else sign for sign in text[:LONGEST]
    )
