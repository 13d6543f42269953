"""A person as texts name one: what in a text is the person, and what only looks alike.

`ada@contoso.com` stands in no part of `canada@contoso.com`, `x.ada@contoso.com` or
`ada@contoso.com.au`: a match ends where a sign stands that cannot go on an address. Links, bounces
and quotes write an address in other ways (`ada%40contoso.com`, `bounces+ada=contoso.com@list`,
`"ada"@contoso.com`); those that mean nobody else are the person too, the others are counted.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import unquote

from hve_monitor.addresses import NO_SIGNS, one_address
from warehouse.protection.words import LITERAL

ERASED = "(erased)"
AT = r"(?:@|%(?:25)?40|=40|&#(?:64|x40);|&commat;|\\u0040)"
SPELLED_AT = r"\s?(?:_at_|[(\[]at[)\]]|\bat\b)\s?"
# Signs that join what stands before them with an address; other signs end a word before it.
JOINING = r"\w.+&~$!#%^\u0300-\u036f-"
ESCAPE = r"%(?:0[9ad]|2[02789cf]|3[a-f]|5[bcd]|7[bcd])"  # an encoded sign that ends a word
START = rf"(?:(?<![{JOINING}])(?<!\w')|(?<={ESCAPE}))"
END = r"(?!\w|(?:[.-]|%2[de])+\w|[\u0300-\u036f]|\\u[0-9a-f]{4})"
# What nobody sees, and the full-width forms of @, as RE2 writes them.
UNSEEN = "[" + "".join(rf"\x{{{sign:x}}}" for sign in NO_SIGNS) + "]*"
WIDE_AT = r"[\x{ff20}\x{fe6b}]"
# Letters beyond ASCII may mean others: full-width, mathematical, letter and accent apart.
BEYOND = r"(?:[^\x00-\x7f]|\\u[0-9a-f]{4})"
# How people and mail gateways write a dot that shall be no link.
DOT = r"(?:\.|%2e|&#(?:46|x2e);|&period;|\s?[\[({](?:\.|dot)[\])}]\s?)"
# SRS0=x=y=example.org=ada@contoso.com is somebody of example.org.
RELAYED = re.compile(r"\bsrs[01][=+-][^\s@]*=$")

# Whatever may be an address in a folded text, as far as Person.without would go.
CANDIDATES = (
    re.compile(
        rf"(?<![{JOINING}'])(\"[^\"@]{{1,64}}+\"|[\w.+&~$!#^'-]{{1,64}}){AT}([\w.-]{{1,255}}+)"
    ),
    re.compile(r"(?<![\w.+-])([\w.+-]{1,64}+)=(?=([\w.-]{1,255}+))"),
)


@dataclass(frozen=True)
class Person:
    """One person of a store: an address in lower case, or its pseudonym."""

    value: str

    def is_named_by(self, text: str) -> bool:
        """Whether a column's value is this address, also with a name, in upper case or in letters
        that mean the same ones.
        """
        return text == self.value or one_address(folded(text)) == folded(self.value)

    def is_in(self, text: str) -> bool:
        """Whether a text names the person."""
        return self.without(text) != text

    def without(self, text: str) -> str:
        """The text with a mark in every place of the person; all else stays byte for byte."""
        if "\\u" not in text and self.longest_word not in _usual(text):
            return text
        if "\\" in text:
            text = LITERAL.sub(lambda match: self._literal(match[0]), text)
        usual, places, ends = _folded(text)
        parts, end = [], 0
        for match in self._named.finditer(usual):
            begin = match.start()
            if not match["srs"] and RELAYED.search(usual, max(begin - 320, 0), begin):
                continue
            parts += [text[end : places[begin]], ERASED]
            end = ends[match.end() - 1]
        return "".join([*parts, text[end:]])

    def doubtful_forms(self, text: str, *, is_message_id: bool = False) -> list[str]:
        """Names of the forms in a text that may mean the person or somebody else.

        They are looked for in what `without` leaves.
        """
        usual = folded(self.without(text))
        patterns = self._doubtful if is_message_id else self._doubtful[1:]
        return [name for name, pattern in patterns if pattern.search(usual)]

    @cached_property
    def likely(self) -> str:
        """A pattern for RE2, without regard to case: every text that names the person matches it,
        or holds a form that may mean the person; others may match too.
        """
        local, domain = (_signs(part, UNSEEN) for part in self._parts)
        respelled = "|".join(_respelled(self._parts[1], UNSEEN))
        joint = (
            rf"(?:\\?\"?(?:%22)?{UNSEEN}(?:{AT}|=)|(?:\+|%2b)[^\s@%]{{1,64}}{AT}|_|{SPELLED_AT})"
        )
        beyond = rf"(?s:{BEYOND}.*{AT}|{AT}.*{BEYOND})"
        return (
            rf"{local}{joint}{UNSEEN}(?:{domain}|{respelled})|{domain}={local}|{WIDE_AT}|{beyond}"
        )

    @cached_property
    def longest_word(self) -> str:
        """What stands in every form of a person in usual signs."""
        return max(re.split(r"[^a-z0-9]", self._parts[0]), key=len)

    @property
    def _parts(self) -> tuple[str, str]:
        local, _, domain = folded(self.value).rpartition("@")
        if local.startswith('"'):
            local = re.sub(r"\\(.)", r"\1", local[1:-1])
        return local, domain

    @cached_property
    def _named(self) -> re.Pattern[str]:
        """Every form that means nobody else, in a folded text."""
        local, domain = map(_signs, self._parts)
        plain = "" if self.value.startswith('"') else rf"|{START}{local}"
        forms = (
            rf"(?:(?:\"|%22){local}(?:\"|%22){plain}){AT}{domain}{END}",
            rf"(?:{START}|(?<=\+)){local}={domain}{END}",  # VERP: bounces+ada=contoso.com@list
            rf"(?P<srs>(?<==){domain}={local}(?=@|%40))",  # SRS: SRS0=x=y=contoso.com=ada@list
            rf"{START}{local}_{domain}#ext#",  # a guest of another tenant
        )
        return re.compile("|".join(forms))

    @cached_property
    def _doubtful(self) -> tuple[tuple[str, re.Pattern[str]], ...]:
        local, domain = map(_signs, self._parts)
        tag = r"(?:\+|%2b)[^\s@%]{1,64}"
        respelled = "|".join(_respelled(self._parts[1]))
        return (
            ("message_id", re.compile(rf"(?<!\w){local}{AT}{domain}{END}")),
            ("verp", re.compile(rf"(?<!\w){local}={domain}{END}")),
            ("subaddress", re.compile(rf"{START}{local}{tag}{AT}{domain}{END}")),
            ("spelled", re.compile(rf"{START}{local}{SPELLED_AT}{domain}{END}")),
            (
                "respelled",
                re.compile(
                    rf"{START}{local}(?:{AT}|{SPELLED_AT})(?!{domain}{END})(?:{respelled}){END}"
                ),
            ),
        )

    def _literal(self, text: str) -> str:
        """A quoted text of a JSON document: looked through for what it says."""
        try:
            content = json.loads(text)
        except ValueError:
            return text
        left = self.without(content)
        return text if left == content else json.dumps(left, ensure_ascii=text.isascii())


def candidates(text: str) -> set[str]:
    """Addresses that a text may name in any of the forms of `Person.without`."""
    named = set()
    for written in {text, unquote(text)} if "%" in text else {text}:
        for pattern in CANDIDATES:
            for match in pattern.finditer(folded(written)):
                local, domain = match[1].strip("'"), match[2].rstrip(".-_")
                named |= {f"{name}@{domain}" for name in _names(local)}
                named.add(f"{domain}@{local}")  # SRS names the domain first
    return named


def _names(local: str) -> tuple[str, ...]:
    """Local parts that a written one may stand for: itself, unquoted, behind the plus of a VERP."""
    return local, local.strip('"'), local.rpartition("+")[2]


def _signs(text: str, between: str = "") -> str:
    """A pattern of a text in lower case whose signs may be percent-encoded."""
    return between.join(
        re.escape(sign) if sign.isascii() and sign.isalnum() else _encodable(sign) for sign in text
    )


def _encodable(sign: str) -> str:
    encoded = "".join(f"%{byte:02x}" for byte in sign.encode("utf-8", "surrogatepass"))
    return f"(?:{re.escape(sign)}|{encoded})"


def _respelled(domain: str, between: str = "") -> list[str]:
    """Patterns of a domain as nobody's mail program writes it."""
    dotted = DOT.join(_signs(label, between) for label in domain.split("."))
    return [dotted, _signs(_other_spelling(domain), between)]


def _other_spelling(domain: str) -> str:
    """A domain beyond ASCII as DNS has it (xn--…), or the other way round; else as it is."""
    try:
        if domain.isascii():
            return domain.encode().decode("idna") if "xn--" in domain else domain
        return domain.encode("idna").decode()
    except UnicodeError:
        return domain


def folded(text: str) -> str:
    """The text in lower case and in usual signs, letters and their accents together."""
    return text.lower() if text.isascii() else _folded(text)[0]


def _usual(text: str) -> str:
    """The text in usual signs at once, where it does not matter which sign comes from where."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKC", text).lower().translate(NO_SIGNS)


def _folded(text: str) -> tuple[str, Sequence[int], Sequence[int]]:
    """The text as `folded`, and where what each of its signs comes from begins and ends."""
    if text.isascii():
        return text.lower(), range(len(text)), range(1, len(text) + 1)
    signs: list[tuple[str, int, int]] = []
    begin = 0
    for end in range(1, len(text) + 1):
        if end < len(text) and _goes_on(text[end]):
            continue
        usual = unicodedata.normalize("NFKC", text[begin:end]).lower()
        signs += [(sign, begin, end) for sign in usual.translate(NO_SIGNS)]
        begin = end
    return "".join(part[0] for part in signs), [s[1] for s in signs], [s[2] for s in signs]


def _goes_on(sign: str) -> bool:
    """Whether a sign is part of the letter before it: an accent, or the rest of a Hangul one."""
    usual = sign if sign.isascii() else unicodedata.normalize("NFKC", sign)[0]
    return unicodedata.combining(usual) > 0 or "\u1160" <= usual <= "\u11ff"
