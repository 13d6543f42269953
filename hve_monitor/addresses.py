"""Mail addresses in one form, whichever way a source or a person writes them.

`Ana Doe <ana@contoso.com>`, `SMTP:ana@contoso.com`, `'ana@contoso.com'` and `<ana@contoso.com.>`
are one address. A value may hold several: `a; b`, `a, b`, `{a, b}`, `["a", "b"]`. Upper and lower
case stay as they are.
"""

from __future__ import annotations

import re
import unicodedata

EMPTY_SENDER = "<>"  # bounces are sent from it; it is nobody's address (RFC 5321, 4.5.5)
# No quantifier gives back what it took, none begins inside of a word, and quotes have a longest
# content: a long value costs no more than its length.
PLAIN = re.compile(r"[^\s<>()\[\]{},;:\"'|@\\][^\s<>()\[\]{},;:\"@\\]*+@[\w.-]*\w")
ADDRESS = re.compile(
    r"(\"(?:[^\"\\]|\\.){1,320}+\"|(?<![^\s<>()\[\]{},;:\"|@\\])[^\s<>()\[\]{},;:\"|@\\]++)"
    r"@([\w.-]++|\[[^\]\s]++\])(?:\?[^\s<>,;]*+)?"
)
# No sign that a search takes for any other (* ? %), no white space, and labels around every dot.
WHOLE = re.compile(
    r"(?:\"(?:[^\"\\]|\\.){1,64}+\"|[^\s<>()\[\]{},;:\"|@\\*?%]{1,64}+)"
    r"@(?:(?!-)[\w-]{1,63}+(?<!-)(?:\.(?!-)[\w-]{1,63}+(?<!-)){0,99}|\[[^\]\s]{1,63}\])"
)
# The name before `<address>` may hold separators and even an address, where it is quoted.
QUOTED_NAME = re.compile(r"\"(?:[^\"\\]|\\.){0,1000}+\"\s*+(?=<)")
KIND = re.compile(r"(?i:\b(?:smtp|mailto):)|[\s<>\"'.;,]")
PROPERTY = re.compile(r"(?:@\{|;)\s*\w+=")  # of an object that PowerShell wrote as text
NO_SIGNS = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"))
WORDS_FOR_NOTHING = (
    r"null <null> (null) $null \n none (none) nil nan n/a #n/a undefined - -- [] {} ()"
)
NOTHING = frozenset(["", EMPTY_SENDER, *WORDS_FOR_NOTHING.split()])


def addresses_in(text: str) -> list[str]:
    """The addresses that a value names, each once; a text without any, or a cut one, stays whole.

    Empty for what says that there is none, such as `NULL` and `<>`.
    """
    if PLAIN.fullmatch(text):
        return [text]
    text = text.translate(NO_SIGNS).strip()
    if is_nothing(text):
        return []
    if "@" not in text or is_cut(text):
        return [text]
    if text.startswith("@{"):
        text = PROPERTY.sub(" ", text)
    matches = ADDRESS.finditer(_without_names(text))
    named = {_address(*match.groups()): None for match in matches}
    distinct = {address.lower(): address for address in reversed(named)}
    return list(reversed(distinct.values())) or [text]


def address_of(text: str) -> str:
    """The first address of a value, or the value without white space; "" where it names none.

    `<>` stays: that a message has no sender is known.
    """
    if text.strip().strip("\"'") == EMPTY_SENDER:
        return EMPTY_SENDER
    return next(iter(addresses_in(text)), "")


def one_address(text: str) -> str | None:
    """The address of a value that holds nothing beside it but a name in front of `<…>`, in lower
    case; None for any other value.
    """
    named = addresses_in(text)
    rest = KIND.sub("", ADDRESS.sub("", _without_names(text.translate(NO_SIGNS)), count=1))
    return (
        named[0].lower() if len(named) == 1 and ADDRESS.fullmatch(named[0]) and not rest else None
    )


def whole_address(text: str) -> str | None:
    """The one whole address that a person names, in lower case; None for a part of one, a pattern,
    several, or anything else. Full-width signs are read as the usual ones.
    """
    address = one_address(unicodedata.normalize("NFKC", text))
    return address if address and WHOLE.fullmatch(address) else None


def is_nothing(text: str) -> bool:
    """Whether a value is one of the ways in which tools write that there is none."""
    return text.casefold() in NOTHING


def is_cut(text: str) -> bool:
    """Whether a tool wrote `…` in the place of the rest."""
    return "…" in text or "..." in text


def _without_names(text: str) -> str:
    """The text without what stands between a separator and a `<`."""
    if "<" not in text:
        return text
    *parts, last = QUOTED_NAME.sub(" ", text).split("<")
    return "<".join([*(part[: max(map(part.rfind, ';,|\n>"')) + 1] for part in parts), last])


def _address(local: str, domain: str) -> str:
    return f"{local.lstrip(chr(39))}@{domain.rstrip('.')}"
