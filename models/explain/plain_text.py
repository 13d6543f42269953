"""The words of a text without what hides them: mail parts, escapes, tags, quotes, log fields."""

from __future__ import annotations

import binascii
import html
import quopri
import re
from collections.abc import Iterator
from email.message import Message
from email.parser import HeaderParser
from urllib.parse import unquote

SOFT_BREAK = re.compile(r"=\r?\n")
INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
TAG = re.compile(r"</?(?!class ')[a-zA-Z][^<>]{0,500}>")  # Python writes <class 'ssl.SSLError'>
QUOTE = re.compile(r"^[> \t]+", re.MULTILINE)
APOSTROPHES = str.maketrans({"’": "'", "‘": "'", "`": "'", "\u00a0": " "})
FIELD, PLUS_FOR_BLANK = re.compile(r"\S+"), re.compile(r"[^+]\+[^+]+\+|[2-5][0-9]{2}\+[245]\.")
PERCENT = re.compile(r"%(?:20|0[ADad]|2[0-9A-Fa-f]|3[A-Fa-f])")
ESCAPE = re.compile(r"""\\(?:u([0-9a-fA-F]{4})|([rnt])|(["'/]))""")
ENCODED_PART = "content-transfer-encoding:"
PART_HEADER = re.compile(r"[!-9;-~]+:")
BLANK_LINE = re.compile(r"\n[> \t]*\n")
BASE64 = re.compile(r"[A-Za-z0-9+/=\s]+")


def plain_text(text: str) -> str:
    """The text in lines as its writer meant them, whatever it was wrapped in."""
    text = INVISIBLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    if ENCODED_PART in text.lower():
        text = "\n\n".join(_decoded_parts(text))
    text = unescaped(SOFT_BREAK.sub("", text))
    return QUOTE.sub("", html.unescape(TAG.sub(" ", CONTROL.sub(" ", text)))).translate(APOSTROPHES)


def unescaped(text: str) -> str:
    """The text without the escapes of IIS logs, addresses and JSON."""
    if "+" in text:
        text = FIELD.sub(_with_blanks, text)
    if "%" in text and PERCENT.search(text):
        text = unquote(text, errors="replace")
    return ESCAPE.sub(_character, text) if "\\" in text else text


def _with_blanks(field: re.Match[str]) -> str:
    """IIS writes a reply as one field: 535+5.7.139+Authentication+unsuccessful."""
    is_written_with_plus = "+" in field[0] and PLUS_FOR_BLANK.search(field[0])
    return field[0].replace("+", " ") if is_written_with_plus else field[0]


def _character(escape: re.Match[str]) -> str:
    number, blank, sign = escape.groups()
    if number:
        code = int(number, 16)
        return " " if 0xD800 <= code < 0xE000 else chr(code)  # half of a pair says nothing
    return sign or ("\n" if blank == "n" else " ")


def _decoded_parts(text: str) -> Iterator[str]:
    """Paragraphs of a mail or a piece of one; those behind the header of a coded part decoded."""
    header: Message | None = None
    for paragraph in BLANK_LINE.split(text):
        if ENCODED_PART in paragraph.lower():
            yield paragraph
            header = HeaderParser().parsestr(_header_of(paragraph))
        else:
            yield _decoded(paragraph, header) if header else paragraph


def _header_of(paragraph: str) -> str:
    """The lines of a header behind a boundary or the quotes of a reply."""
    lines = QUOTE.sub("", paragraph).splitlines()
    starts = (at for at, line in enumerate(lines) if PART_HEADER.match(line))
    first = next(starts, 0)
    return "\n".join(
        line if PART_HEADER.match(line) else f" {line.strip()}" for line in lines[first:]
    )


def _decoded(paragraph: str, header: Message) -> str:
    coding = str(header.get("content-transfer-encoding", "")).strip().lower()
    data = _bytes(paragraph, coding)
    if data is None:
        return paragraph
    try:
        return data.decode(header.get_content_charset("utf-8"), "replace").replace("\r\n", "\n")
    except LookupError:
        return data.decode("utf-8", "replace")


def _bytes(paragraph: str, coding: str) -> bytes | None:
    """What the paragraph stands for; None where it stands for itself."""
    if coding == "quoted-printable":
        return quopri.decodestring(paragraph.encode())
    body = QUOTE.sub("", paragraph).partition("\n--")[0]
    if coding != "base64" or not BASE64.fullmatch(body):
        return None
    body = "".join(body.split())
    try:
        # A part that was cut short is read as far as it goes.
        return binascii.a2b_base64(body[: len(body) // 4 * 4])
    except binascii.Error:
        return None
