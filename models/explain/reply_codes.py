"""Codes inside free text: SMTP replies with their enhanced codes (RFC 3463) and sign-in codes.

Three numbers with dots are also versions and parts of addresses, so a code that stands alone counts
only where replies put it: at the start of a line or after a sign or word that announces it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

LONGEST_BARE = 40
ENHANCED = re.compile(
    r"(?<![0-9A-Za-z.])(?:([2-5][0-9][0-9])[ _#:-]{1,4})?"
    r"([245]\.[0-9]{1,3}\.[0-9]{1,3})(?![0-9]|\.[0-9])"
)
ANNOUNCED = re.compile(
    r"(?:^|[#:=;,(\[<>\"'/|_]"
    r"|\b(?:error|code|status|reason|returned|with|smtp|reply|dsn|ndr))\s*$",
    re.IGNORECASE,
)
VERSION = re.compile(r"(?:\bversion|\bver\.?|\brelease|\bv)\s*[:=]?\s*$", re.IGNORECASE)
BEFORE_REPLY = r"(?:^|said: |returned:? '?|smtp; ?|<<< |S: |response: |reply: |error: )"
REPLY = re.compile(BEFORE_REPLY + r"([45][0-9]{2})(?:[ -]|$)", re.IGNORECASE | re.MULTILINE)
SIGN_IN = re.compile(
    r"AADSTS([0-9]{4,8})(?![0-9])|error[_ ]?codes?\W{1,5}([0-9]{5,8})(?![0-9])", re.IGNORECASE
)
BARE_SIGN_IN = re.compile(r"[0-9]{5,8}")


@dataclass(frozen=True)
class ReplyCode:
    """A code as it stands in the text: `basic` 535, `enhanced` 5.7.139, each None when absent."""

    basic: str | None
    enhanced: str | None

    @property
    def key(self) -> str:
        """What the catalogue is asked for."""
        return self.enhanced or self.basic or ""

    @property
    def shown(self) -> str:
        """Both parts as servers write them."""
        return " ".join(part for part in (self.basic, self.enhanced) if part)


def reply_codes(text: str) -> list[ReplyCode]:
    """Distinct codes of the text in order; bare replies only where no enhanced code is."""
    enhanced = dict.fromkeys(_enhanced(text))
    if enhanced:
        return list(enhanced)
    return list(dict.fromkeys(ReplyCode(match[1], None) for match in REPLY.finditer(text)))


def sign_in_codes(text: str) -> list[str]:
    """Distinct codes such as AADSTS53003, also from a sign-in log's `errorCode`."""
    if BARE_SIGN_IN.fullmatch(text.strip()):
        return [f"AADSTS{text.strip()}"]
    numbers = (match[1] or match[2] for match in SIGN_IN.finditer(text))
    return list(dict.fromkeys(f"AADSTS{number}" for number in numbers))


def _enhanced(text: str) -> Iterator[ReplyCode]:
    for match in ENHANCED.finditer(text):
        if match[1] or _is_announced(text, match.start()):
            yield ReplyCode(match[1], match[2])


def _is_announced(text: str, at: int) -> bool:
    line = text.rfind("\n", 0, at) + 1
    before = text[max(line, at - LONGEST_BARE) : at]
    return bool(ANNOUNCED.search(before)) and not VERSION.search(before)
