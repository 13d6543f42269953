"""What is looked for: one text may hold several addresses, parts of them, or networks.

People paste lists: separated by lines, semicolons, commas, bars or spaces, with names and `<>`,
with quotes, or with `SMTP:` and `mailto:` in front.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
    summarize_address_range,
)
from itertools import chain
from typing import Literal
from uuid import UUID

from hve_monitor.errors import ConfigError

Kind = Literal["whole", "domain", "part", "pattern"]
Network = IPv4Network | IPv6Network
IPAddress = IPv4Address | IPv6Address

LINES = re.compile(r"[;；|\r\n]+")
WORDS = re.compile(r"[\s,，、;；|\u200b\ufeff]+")
QUOTED_NAME = re.compile(r'"[^"]*"(?=\s*<)')
IN_BRACKETS = re.compile(r"<([^<>]*)>")
PREFIX = re.compile(r"^(smtp|mailto|sip):", re.IGNORECASE)
WHOLE_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+|p-[0-9a-f]{32}|(aggregate|erased):.+")
AROUND = "'\"`“”‘’„<>()[]{}"
DASH = re.compile(r"\s*[-–]\s*")
FIRST_OCTETS = re.compile(r"\d{1,3}(\.\d{1,3}){1,2}\.?|\d{1,3}\.|(\d{1,3}\.){1,3}\*")
FIRST_GROUPS = re.compile(r"([0-9a-f]{1,4}:){1,7}\*", re.IGNORECASE)
# What a status may be called beside the words of the source; `unknown` are rows without one.
STATUSES = (
    *("delivered", "failed", "quarantined", "filtered_as_spam"),
    *("pending", "expanded", "other", "unknown"),
)


@dataclass(frozen=True)
class Term:
    """One thing to look for, in lower case.

    text: a whole value, the end of one (`@contoso.com`), a part, or a pattern in which `*` stands
    for anything. Every other character stands for itself.
    """

    kind: Kind
    text: str

    def matches(self, text: str) -> bool:
        """Whether a value in lower case is one that is looked for."""
        parts = {
            "whole": [self.text],
            "domain": ["", self.text],
            "part": ["", self.text, ""],
            "pattern": self.text.split("*"),
        }[self.kind]
        return re.fullmatch(".*".join(map(re.escape, parts)), text, re.DOTALL) is not None

    @property
    def words(self) -> str:
        """As a sentence names it."""
        return self.text if self.kind in ("whole", "domain", "pattern") else f"…{self.text}…"


def address_terms(text: str) -> tuple[Term, ...]:
    """Addresses of a text, each once; names that stand beside an address in `<>` are left out."""
    lines = LINES.split(QUOTED_NAME.sub(" ", text))
    words = (_bare(word) for line in lines for word in _words(line))
    return _unique(_address(word) for word in words if word)


def message_id_terms(text: str) -> tuple[Term, ...]:
    """Message ids of a text as they are written; whole ones without `<>`."""
    bracketed = [word for word in IN_BRACKETS.findall(text) if "@" in word and "*" not in word]
    rest = text
    for word in bracketed:
        rest = rest.replace(f"<{word}>", " ")
    others = (word.strip("<>'\"") for word in WORDS.split(rest))
    return _unique([*(Term("whole", word) for word in bracketed), *map(_message_id, others)])


def trace_id_terms(text: str) -> tuple[Term, ...]:
    """Trace ids of a text: whole ones are GUIDs in any form, or a message id in their place."""
    words = (word.strip("'\"") for word in WORDS.split(text))
    return _unique(_trace_id(word) for word in words if word)


def status_terms(text: str) -> tuple[str, ...]:
    """Statuses of a text in lower case, separated by commas, semicolons, bars or lines."""
    words = (word.strip("'\" \t").lower() for word in re.split(r"[,;|\r\n]+", text))
    return tuple(dict.fromkeys(word for word in words if word))


def status_spellings(status: str) -> tuple[str, ...]:
    """`filtered as spam`, `filtered_as_spam` and `filteredasspam` are one status."""
    words = re.split(r"[\s_-]+", status)
    return tuple(dict.fromkeys((status, "_".join(words), "".join(words))))


def networks_of(text: str) -> tuple[Network, ...]:
    """Addresses, networks and ranges of a text as networks.

    Raises: ConfigError for what is none.
    """
    words = [word for word in WORDS.split(DASH.sub("-", text)) if word]
    return tuple(dict.fromkeys(chain.from_iterable(map(_networks, words))))


def holds(networks: Iterable[Network], source: str | None) -> bool:
    """Whether a stored source address lies in one of the networks."""
    try:
        address = _unmapped(ip_address((source or "").strip("[] ")))
    except ValueError:
        return False
    return any(address in network for network in networks)


def _words(line: str) -> list[str]:
    """Words of a line; beside `<>` only those that are addresses themselves."""
    bracketed = IN_BRACKETS.findall(line)
    others = WORDS.split(IN_BRACKETS.sub(" ", line))
    if bracketed:
        others = [word for word in others if "@" in word or "*" in word]
    return [word for text in (*bracketed, *others) for word in WORDS.split(text)]


def _bare(word: str) -> str:
    """Without quotes, brackets and the kind of address in front, in lower case."""
    bare = PREFIX.sub("", word.strip(AROUND)).strip(AROUND)
    return bare.rstrip(f"{AROUND}.").lower()


def _address(word: str) -> Term:
    if "*" in word or not WHOLE_ADDRESS.fullmatch(word):
        return _part(word)
    return Term("whole", word)


def _part(word: str) -> Term:
    """A domain, a part or a pattern. `*@contoso.com` is a domain and `*ada*` a part."""
    domain = word.removeprefix("*")
    if domain.startswith("@") and "." in domain and "*" not in domain:
        return Term("domain", domain)
    inner = word.strip("*")
    if "*" not in word or (inner and "*" not in inner and word[0] == word[-1] == "*"):
        return Term("part", inner)
    return Term("pattern", re.sub(r"\*+", "*", word))


def _message_id(word: str) -> Term:
    """Without `<>` only one that ends in a domain is certainly whole."""
    is_whole = "*" not in word and "." in word.partition("@")[2]
    return Term("whole", word) if is_whole else _part(word.lower())


def _trace_id(word: str) -> Term:
    if "*" in word:
        return _part(word.lower())
    if "@" in word:
        return Term("whole", word)
    try:
        return Term("whole", str(UUID(word)))
    except ValueError:
        return _part(word.lower())


def _unique(terms: Iterable[Term]) -> tuple[Term, ...]:
    return tuple(dict.fromkeys(term for term in terms if term.text))


def _networks(word: str) -> list[Network]:
    try:
        return _parsed(word.strip("'\""))
    except (ValueError, TypeError):
        raise ConfigError(
            f"--from-ip {word}: is no address, network (203.0.113.0/24) or range of addresses"
        ) from None


def _parsed(word: str) -> list[Network]:
    if FIRST_OCTETS.fullmatch(word):
        octets = word.rstrip("*.").split(".")
        padded = ".".join([*octets, *("0",) * (4 - len(octets))])
        return [ip_network(f"{padded}/{8 * len(octets)}")]
    if FIRST_GROUPS.fullmatch(word):
        groups = word.rstrip("*:")
        return [ip_network(f"{groups}::/{16 * len(groups.split(':'))}")]
    first, dash, last = word.partition("-")
    if dash:
        low, high = _source(first), _range_end(first, last)
        return list(summarize_address_range(low, high))
    address, slash, size = word.partition("/")
    return [ip_network(f"{_source(address)}/{size}", strict=False) if slash else
            ip_network(_source(address))]  # fmt: skip


def _range_end(first: str, last: str) -> IPAddress:
    """The end of `203.0.113.1-203.0.113.20` and of `203.0.113.1-20`."""
    return _source(f"{first.rpartition('.')[0]}.{last}" if last.isdecimal() else last)


def _source(text: str) -> IPAddress:
    """An address with or without brackets and port."""
    bare = re.sub(r"^\[(?:ipv6:)?([^\]]*)\](:\d+)?$", r"\1", text.strip(), flags=re.IGNORECASE)
    bare = re.sub(r"^(\d+\.\d+\.\d+\.\d+):\d+$", r"\1", bare)
    return _unmapped(ip_address(bare))


def _unmapped(address: IPAddress) -> IPAddress:
    """An IPv4 address that is written as IPv6 is the same address."""
    return getattr(address, "ipv4_mapped", None) or address
