"""Keyed pseudonyms of what names a person, and of what would lead to one.

A recipient becomes `p-<hash>@domain`: the same person has the same pseudonym in every row of a
tenant, and another in another tenant. The domain stays, since what was sent to which organisation
is what mail administrators work with. In aggregate mode a recipient becomes `aggregate:<hash>`, a
mark of the row alone: rows stay countable, and nothing joins the rows of a person. Message ids
become `m-<hash>`, subjects `s-<hash>` or nothing.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pyarrow as pa

from warehouse.protection.mode import Protection
from warehouse.protection.person import Person, candidates, folded
from warehouse.protection.words import HIDDEN, MARKED, PSEUDONYM, without_people

# What an export's header line says is a row of people where the header is missing.
COLUMNS = re.compile(r"(columns: |it has: ).*")
HASH_BYTES = 16
WITH_NAMES = ("sender", "subject", "message_id", "trace_id")  # may name an erased person


@dataclass(frozen=True)
class Mask:
    """What one tenant's rows look like in the store."""

    protection: Protection
    key: bytes = field(repr=False)
    erased: Mapping[str, datetime] = field(default_factory=dict)  # until when, by `erasure`

    def recipient(self, address: str, trace_id: str | None = None) -> str:
        """How a recipient is stored; what is a pseudonym already stays."""
        mode = self.protection.mode
        if mode == "full" or PSEUDONYM.fullmatch(address) or address.startswith(MARKED):
            return address
        if mode == "aggregate":
            return self.row_mark("aggregate:", address, trace_id or "")
        domain = address.rpartition("@")[2] if "@" in address else ""
        return f"p-{self._hash('recipient', folded(address))}" + (f"@{domain}" if domain else "")

    def row_mark(self, prefix: str, address: str, trace_id: str) -> str:
        """A recipient that no other row can be joined with."""
        return prefix + self._hash("row", f"{trace_id}\x00{address}")

    def message_id(self, text: str) -> str:
        """How a message id is stored."""
        if self.protection.mode == "full" or re.fullmatch(r"m-[0-9a-f]{32}", text):
            return text
        return f"m-{self._hash('message id', text)}"

    def trace_id(self, text: str) -> str:
        """Where a source has no trace id, the message id stands in."""
        return self.message_id(text) if "@" in text else text

    def key_of(self, trace_id: str | None, address: str | None) -> tuple[str, str]:
        """(trace id, recipient) as a source tells them, as the store holds them."""
        trace = trace_id or ""
        return self.trace_id(trace), self.recipient((address or "").lower(), trace)

    def subject(self, text: str) -> str | None:
        """How a subject is stored."""
        kept = self.protection.subjects
        if kept == "hash":
            half = HASH_BYTES  # hexadecimal digits
            head, whole = self._hash("head", subject_head(text)), self._hash("subject", text)
            return f"s-{head[:half]}{whole[:half]}"
        return text if kept == "keep" else None

    def text(self, text: str | None, own: Collection[str] = ()) -> str | None:
        """A text of a server without people; addresses of HVE accounts stay."""
        if text is None or self.protection.mode == "full":
            return text
        return without_people(text, lambda address: self._address(address, own))

    def erasure(self, address: str) -> str:
        """By what an erased person is recognised when a source brings a row again."""
        return self._hash("erased", folded(address))

    def subject_mark(self, digest: str) -> str:
        """By what a subject is recognised for ever, whether subjects are kept or not."""
        return self._hash("subject mark", digest)

    def traces(self, rows: pa.Table) -> pa.Table:
        """Trace rows as they are stored; addresses in them are in lower case already."""
        if self.protection.is_plain and not self.erased:
            return rows
        recipients = rows["recipient"]
        if self.protection.mode != "full":
            rows = _set(rows, "recipient", self._recipients(rows))
            rows = _mapped(rows, "message_id", self.message_id)
            rows = _mapped(rows, "trace_id", self.trace_id)
        rows = _mapped(rows, "subject", self.subject)
        return self._without_erased(rows, recipients) if self.erased else rows

    def _recipients(self, rows: pa.Table) -> pa.Array:
        if self.protection.mode == "aggregate":
            pairs = zip(rows["recipient"].to_pylist(), rows["trace_id"].to_pylist(), strict=True)
            return pa.array([self.recipient(*pair) for pair in pairs], pa.string())
        return mapped(rows["recipient"], self.recipient)

    def _without_erased(self, rows: pa.Table, recipients: pa.ChunkedArray) -> pa.Table:
        """Rows of erased people keep their counts and lose the person."""
        named = rows  # marks of rows come from the ids that a source brings
        for name in WITH_NAMES if self.protection.mode == "full" else ("sender",):
            rows = _set(rows, name, self._unnamed(rows, name))
        stored = {person: self.recipient(person) for person in recipients.unique().to_pylist()}
        until = {
            person: self.erased[hashed]
            for person, name in stored.items()
            if (hashed := self.erasure(name)) in self.erased
        }
        if not until or self.protection.mode == "aggregate":
            return rows
        columns = (recipients, named["trace_id"], named["received_at"])
        marks = [
            self.row_mark("erased:", stored[person], trace_id)
            if person in until and received_at < until[person]
            else None
            for person, trace_id, received_at in zip(*map(_listed, columns), strict=True)
        ]
        return erased_rows(rows, marks)

    def _unnamed(self, rows: pa.Table, name: str) -> pa.Array:
        """A column without the people in its texts who were erased after the row was received."""
        texts, moments = rows[name].to_pylist(), rows["received_at"].to_pylist()
        people = {text: named for text in {*texts} if text and (named := self._erased_in(text))}
        changed = [
            self._without_people(name, text, people[text], at) if text in people else text
            for text, at in zip(texts, moments, strict=True)
        ]
        return pa.array(changed, pa.string()) if people else rows[name]

    def _erased_in(self, text: str) -> list[str]:
        """Addresses in a text of people who were erased."""
        return [address for address in candidates(text) if self.erasure(address) in self.erased]

    def _without_people(self, name: str, text: str, people: list[str], at: datetime) -> str:
        for address in people:
            hashed = self.erasure(address)
            if at >= self.erased[hashed]:
                continue
            if name != "sender":
                text = Person(address).without(text)
            elif folded(text) == address:
                text = f"erased:{hashed}"
        return text

    def _address(self, text: str, own: Collection[str]) -> str:
        address = text.lower()
        if address in own or PSEUDONYM.fullmatch(address):
            return text
        return HIDDEN if self.protection.mode == "aggregate" else self.recipient(address)

    @property
    def sealing_key(self) -> bytes:
        """The key that identities are encrypted with."""
        return hmac.digest(self.key, b"identities", "sha256")

    def _hash(self, kind: str, text: str) -> str:
        content = f"{kind}\x00{text}".encode("utf-8", "surrogatepass")
        return hmac.digest(self.key, content, "sha256")[:HASH_BYTES].hex()


def subject_head(text: str) -> str:
    """A subject up to its first digit, as marts/first_subjects.sql takes it: numbered ones are one.

    It is hashed beside the whole, so that numbered subjects count as one behind hashes too.
    """
    return re.split(r"[0-9]", text.lower(), maxsplit=1)[0]


def is_pseudonym(stored: str, address: str) -> bool:
    """Whether the stored recipient hides this address and leads back to it."""
    return stored != address and PSEUDONYM.fullmatch(stored) is not None


def erased_rows(rows: pa.Table, marks: list[str | None]) -> pa.Table:
    """Trace rows; those with a mark have it for a recipient, and neither subject nor message id."""
    recipients = rows["recipient"].to_pylist()
    chosen = [mark or name for mark, name in zip(marks, recipients, strict=True)]
    rows = _set(rows, "recipient", pa.array(chosen, pa.string()))
    for name in ("subject", "message_id"):
        values = rows[name].to_pylist()
        kept = [None if mark else value for mark, value in zip(marks, values, strict=True)]
        rows = _set(rows, name, pa.array(kept, pa.string()))
    return rows


def hidden(text: str, own: Collection[str] = ()) -> str:
    """A text for logs and summaries: no address but those of HVE accounts, no column names.

    It holds no pseudonym either, so that nobody learns one by writing an address into a note.
    """
    return without_people(
        COLUMNS.sub(r"\1…", text),
        lambda address: address if address.lower() in own else HIDDEN,
    )


def mapped(values: pa.ChunkedArray, change: Callable[[str], str | None]) -> pa.Array:
    """The values changed, each distinct one once; null stays null."""
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    coded = values.dictionary_encode()
    changed = pa.array([change(value) for value in coded.dictionary.to_pylist()], pa.string())
    return changed.take(coded.indices)


def _listed(values: pa.ChunkedArray) -> list[Any]:
    listed: list[Any] = values.to_pylist()
    return listed


def _mapped(rows: pa.Table, name: str, change: Callable[[str], str | None]) -> pa.Table:
    return _set(rows, name, mapped(rows[name], change))


def _set(rows: pa.Table, name: str, values: pa.Array) -> pa.Table:
    place = rows.schema.get_field_index(name)
    return rows.set_column(place, rows.schema.field(name), values)
