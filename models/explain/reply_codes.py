"""Codes inside free text: SMTP replies with their enhanced codes (RFC 3463) and sign-in codes.

Three numbers with dots are also versions and parts of addresses, so a code that stands alone counts
only where replies put it: at the start of a line or after a sign or word that announces it.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from dataclasses import dataclass

LONGEST_BARE = 40
ENHANCED = re.compile(
    r"(?<![0-9A-Za-z.])(?:([2-5][0-9][0-9])(?:[ _#:;+-]{1,4}|,? ?b?['\"(]))?"
    r"([245]\.[0-9]{1,3}\.[0-9]{1,3})(?![0-9]|\.[0-9])"
)
ANNOUNCED = re.compile(
    r"(?:^|[#:=;,(\[<>\"'/|_]"
    r"|\b(?:error|code|status|reason|returned|with|smtp|reply|dsn|ndr))\s*$",
    re.IGNORECASE,
)
# What the next server replied, inside of Exchange's own reply: 450 4.4.317 … [Message=451 5.7.3 …]
QUOTED = re.compile(r"(?<=\[Message=)[45][0-9]{2} [245]\.[0-9]{1,3}\.[0-9]{1,3}", re.IGNORECASE)
VERSION = re.compile(r"(?:\bversion|\bver\.?|\brelease|\bv)\s*[:=]?\s*$", re.IGNORECASE)
BEFORE_REPLY = (
    r"(?:^|said: |returned:? '?|smtp[;:] ?|server: |<<< |<[*~-]{1,2} |client: |message: "
    r"|message \"|code \"?|smtp error:? |responded: |login: |\(|>: |\b(?:s|response|reply|error): "
    r"|(?:smtp|mail|auth)[a-z]{0,40}(?:error|exception): "
    r"|(?:command|mail|message|recipients) [a-z ]{0,20}(?:failed|rejected|refused): )"
)
# The words that HTTP has for its own numbers: 503 is another refusal there.
HTTP = (
    r"(?!\)? (?:bad request|unauthorized|payment required|forbidden|not found|method not allowed"
    r"|not acceptable|proxy authentication|request timeout|conflict|gone|internal server|too many"
    r"|not implemented|bad gateway|service unavailable|gateway time|http version"
    r"|client error|server error))"
)
REPLY = re.compile(
    BEFORE_REPLY + r"([45][0-9]{2})" + HTTP + r"(?:[ \-:)\"',]|$)", re.IGNORECASE | re.MULTILINE
)
SIGN_IN = re.compile(
    r"AADSTS([0-9]{4,8})(?![0-9])"
    r"|error[_ ]?codes?\W{1,5}([0-9]{5,8}(?:, ?[0-9]{5,8}){0,9})(?![0-9])",
    re.IGNORECASE,
)
BESIDE_SIGN_IN = re.compile(
    r"aadsts|sign-?in|\bentra\b|azure ?ad\b|microsoftonline|conditional ?access|userprincipalname",
    re.IGNORECASE,
)
NEAR = 300
# How programs print the numbers of Windows sockets and curl, in any language.
SOCKET_ERROR = (
    r"(?:error|errno|code|exception)[_ ]?(?:code|number|no|#)?[ :=#(]{1,4}"
    r"(10013|10050|10051|10053|10054|10060|10061|10065|1100[1-4])(?:[^0-9]|$)"
)
SOCKET_NUMBER = re.compile(SOCKET_ERROR, re.IGNORECASE)
CURL_ERROR = (
    r"curl[a-z_]{0,20}(?:\(\))?"
    r"(?:: \(|[: ]{1,3}(?:(?:failed|returned|error|exit|exited|with|code|status)[ :=#(]{1,3}){1,4})"
    r"([1-9][0-9]?)(?:[^0-9.]|\.?$)"
)
CURL_NUMBER = re.compile(CURL_ERROR, re.IGNORECASE | re.MULTILINE)
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
    def tells_failure(self) -> bool:
        """Whether it says what failed: no success, and not `5.0.0`."""
        return not self.key.startswith("2") and not self.key.endswith(".0.0")

    @property
    def shown(self) -> str:
        """Both parts as servers write them."""
        return " ".join(part for part in (self.basic, self.enhanced) if part)


def reply_codes(text: str) -> list[ReplyCode]:
    """Distinct codes of the text in order; bare replies only where no enhanced one tells a failure.

    A `Status: 5.2.2` is left out where `554 5.2.2` stands beside it, and a `5.0.0`, which relays
    write where the server gave no code, where the server's reply stands there. The reply around a
    quoted one is the one that counts.
    """
    codes = dict.fromkeys(_enhanced(QUOTED.sub("", text))) or dict.fromkeys(_enhanced(text))
    telling = [code for code in codes if code.tells_failure]
    if telling:
        whole = {code.enhanced for code in telling if code.basic}
        return [code for code in codes if code.basic or code.enhanced not in whole]
    bare = dict.fromkeys(ReplyCode(match[1], None) for match in REPLY.finditer(text))
    return [*bare, *(code for code in codes if not bare or code.key.startswith("2"))]


def sign_in_codes(text: str, known: Container[str]) -> list[str]:
    """Distinct codes such as AADSTS53003, also from a sign-in log's `errorCode`.

    Other programs have error codes, too: a number without AADSTS counts where it is `known`, or
    where words about signing in stand near.
    """
    if BARE_SIGN_IN.fullmatch(text.strip()):
        code = f"AADSTS{text.strip()}"
        return [code] if code in known else []
    codes: dict[str, None] = {}
    for match in SIGN_IN.finditer(text):
        is_sure = match[1] or BESIDE_SIGN_IN.search(text, *_near(match))
        for number in (match[1] or match[2]).replace(" ", "").split(","):
            if is_sure or f"AADSTS{number}" in known:
                codes[f"AADSTS{number}"] = None
    return list(codes)


def program_numbers(text: str) -> list[str]:
    """Numbers of Windows sockets and curl as the catalogue has them: winsock 10061."""
    sockets = [f"winsock {match[1]}" for match in SOCKET_NUMBER.finditer(text)]
    return [*sockets, *(f"curl error {match[1]}" for match in CURL_NUMBER.finditer(text))]


def _near(match: re.Match[str]) -> tuple[int, int]:
    return max(match.start() - NEAR, 0), match.end() + NEAR


def _enhanced(text: str) -> Iterator[ReplyCode]:
    for match in ENHANCED.finditer(text):
        if match[1] or _is_announced(text, match.start()):
            yield ReplyCode(match[1], match[2])


def _is_announced(text: str, at: int) -> bool:
    line = text.rfind("\n", 0, at) + 1
    before = text[max(line, at - LONGEST_BARE) : at]
    return bool(ANNOUNCED.search(before)) and not VERSION.search(before)
