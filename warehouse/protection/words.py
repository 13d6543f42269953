"""Texts of servers and people without the people in them, in whichever form they are named.

Every sign is looked at a bounded number of times: a long text costs no more than its length.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable

from hve_monitor.addresses import NO_SIGNS

HIDDEN = "(address)"
# What stands in the place of a recipient: a pseudonym, or a mark of the row alone.
PSEUDONYM = re.compile(r"p-[0-9a-f]{32}(@\S*)?")
MARKED = ("aggregate:", "erased:")
LONGEST_ADDRESS = 320
LITERAL = re.compile(r'"(?:[^"\\]|\\.)*+"', re.DOTALL)  # a text of a JSON document
AT = re.compile(r"[@\uff20\ufe6b]|%(?:25)?40|=40|&#(?:64|x40);|&commat;|\\u0040", re.IGNORECASE)
# A run of signs that may stand in an address; encoded forms of @ hold signs that end it otherwise.
RUN = re.compile(
    r"(?:&(?:#(?:64|x40)|commat);|\\u0040|[^\s<>()\[\]{},;:\"'|/\\?&])++", re.IGNORECASE
)
AROUND = ".!*`~…"
PLAIN = re.compile(r"[^=%@]+@[^=%@]+")
# `to=ada@contoso.com` names Ada behind the sign, `ada=contoso.com@list.example` before it.
KEY = re.compile(
    r"(?i:to|from|cc|bcc|by|for|recipients?|rcpt|sender|user(?:name)?|upn|e?-?mail|address|id|name"
    r"|account|mailbox|principal|reply-to|return-path|prvs)"
    r"|[a-z]{1,20}(?:Entity|Address|Recipient|Name|User|Id|Mailbox|Sender)"
)
IN_BRACKETS = r"<[^<>\s@%]{1,64}(?:[@\uff20\ufe6b]|%40)"
# What names a person around an @ or without one.
NAMES = (
    # "Ada Lang" <ada@contoso.com> and "ada lang"@contoso.com
    re.compile(rf"\\?\"\w[^\"\n]{{0,129}}\"(?=\s?{IN_BRACKETS})"),
    re.compile(r"\\?\"\w[^\"\n]{0,129}\"[@\uff20\ufe6b][^\s<>()\[\]{},;:\"'|/\\]{1,255}"),
    # Ada Lang <ada@contoso.com>
    re.compile(rf"(?<![\w.'’-])(?:[^\W\d_a-z][\w.'’-]{{0,40}},?\s){{1,4}}(?={IN_BRACKETS})"),
    # /o=ExchangeLabs/ou=Exchange Administrative Group/cn=Recipients/cn=ada
    re.compile(
        r"(?i:/o=[^/\n\"]{1,128}(?:/(?:ou|cn)="
        r"(?:[^/\n\"]{0,128}(?=/(?:ou|cn)=)|[^/\s\"'<>;,]{1,128}))++)(?:\x20[^\W\d_a-z][\w-]{0,40})?"
    ),
    # CN=Ada Lang,OU=Users,DC=contoso,DC=com
    re.compile(
        r"(?i:\bcn=[^,;/\n\"]{1,128}(?:,\s?(?:ou|dc|cn|o|c)="
        r"(?:[^,;/\n\"]{1,128}(?=,)|[^,;/\s\"]{1,128}))++)"
    ),
    # c=US;a= ;p=Contoso;o=Exchange;s=Lang;g=Ada;
    re.compile(r"(?i:\b(?:(?:[capogsiq]|ou\d)=[^;\n\"]{0,64};\s?){3,12})"),
)
# Words that servers write before `<address>`, in capital letters too; they are nobody's name.
USUAL = frozenset(
    re.findall(
        r"\w+",
        """access address bad blocked by delivery denied domain dear email error failed for
        found from host in invalid is mail mailbox message no not of on policy rcpt recipient
        refused recipients rejected relay relaying remote returned sender server smtp such
        the to unavailable unknown user via with""",
    )
)


def without_people(text: str, shown: Callable[[str], str]) -> str:
    """The text with what `shown` gives for each plain address in it, and a mark for other forms.

    A JSON document stays one.
    """
    if text[:1] in ("{", "["):
        try:
            json.loads(text)
        except (ValueError, RecursionError):
            pass
        else:
            return LITERAL.sub(lambda match: _literal(match[0], shown), text)
    for pattern in NAMES:
        text = pattern.sub(_hidden_name, text)
    return RUN.sub(lambda match: _run(match[0], shown), text) if AT.search(text) else text


def _literal(text: str, shown: Callable[[str], str]) -> str:
    content = json.loads(text)
    left = without_people(content, shown)
    return text if left == content else json.dumps(left, ensure_ascii=text.isascii())


def _hidden_name(match: re.Match[str]) -> str:
    words = match[0].casefold().replace(",", " ").strip(' "').split()
    is_name = USUAL.isdisjoint(words)
    space = " " if match[0][-1].isspace() else ""
    return f"{HIDDEN}{space}" if is_name else match[0]


def _run(run: str, shown: Callable[[str], str]) -> str:
    if not AT.search(run):
        return run
    if len(run) > LONGEST_ADDRESS:
        return HIDDEN
    core = run.strip(AROUND)
    before, _, after = run.partition(core)
    return f"{before}{_named(core, shown)}{after}"


def _named(text: str, shown: Callable[[str], str]) -> str:
    """What is shown of a run that holds an @ in some form."""
    key, equals, rest = text.partition("=")
    if equals and KEY.fullmatch(key) and AT.search(rest):
        return f"{key}={_named(rest, shown)}"
    usual = unicodedata.normalize("NFKC", text).translate(NO_SIGNS)
    return shown(usual) if PLAIN.fullmatch(usual) else HIDDEN
