"""Texts out of what they are wrapped in: mail parts, logs of IIS, addresses, JSON, HTML."""

from __future__ import annotations

import base64
import quopri
import time

import pytest

from models.explain.diagnosis import diagnose
from models.explain.plain_text import plain_text

REPLY = "550 5.2.121 Recipient's per hour message receive limit from specific sender exceeded"
GERMAN = f"Ihre Nachricht an größe@contoso.com: {REPLY}"


def part(text: str, coding: str, charset: str = "utf-8") -> str:
    data = text.encode(charset)
    coded = base64.encodebytes(data) if coding == "base64" else quopri.encodestring(data)
    return (
        f'Content-Type: text/plain; charset="{charset}"\n'
        f"Content-Transfer-Encoding: {coding}\n\n{coded.decode()}"
    )


def multipart(*parts: str) -> str:
    head = 'MIME-Version: 1.0\nContent-Type: multipart/report; boundary="b"\n\nThis is a report.\n'
    return head + "".join(f"\n--b\n{part}" for part in parts) + "\n--b--\n"


NOTE = "Content-Type: text/plain\nContent-Transfer-Encoding: 7bit\n\nUndeliverable.\n"
WRAPPED = {
    "base64": part(GERMAN, "base64"),
    "base64 in latin 1": part(GERMAN, "base64", "iso-8859-1"),
    "quoted-printable": part(GERMAN, "quoted-printable"),
    "quoted-printable in latin 1": part(GERMAN, "quoted-printable", "iso-8859-1"),
    "a part of several": multipart(NOTE, part(GERMAN, "base64"), NOTE),
    "a quoted mail": "> " + part(GERMAN, "base64").replace("\n", "\n> "),
    "base64 with CR LF": part(GERMAN, "base64").replace("\n", "\r\n"),
    "headers in another order": part(GERMAN, "base64").replace(
        "Content-Transfer", "X-Other: 1\ncontent-transfer"
    ),
    "an encoded HTML part": part(f"<p>{REPLY.replace(' ', '&nbsp;', 2)}</p>", "base64"),
    "a log of IIS": f"RELAY01 - 587 - - {REPLY.replace(' ', '+')} 0 0 100",
    "an address": f"https://contoso.com/?error={REPLY.replace(' ', '%20')}",
    "JSON": '{"error":"line\\n' + REPLY.replace("'", "\\u0027") + '"}',
    "JSON in JSON": '{"error":"{\\"m\\":\\"' + REPLY + '\\"}"}',
}


@pytest.mark.parametrize("text", WRAPPED.values(), ids=WRAPPED)
def test_a_reply_is_read_out_of_its_wrapping(text: str) -> None:
    assert REPLY in plain_text(text).replace("\u00a0", " ")
    assert [match.code for match in diagnose(text)] == ["550 5.2.121"]


def test_words_keep_their_language() -> None:
    assert "größe@contoso.com" in plain_text(WRAPPED["quoted-printable in latin 1"])


@pytest.mark.parametrize(
    "text",
    [
        part(REPLY, "base64")[:-30],
        part(REPLY, "base64").replace('charset="utf-8"', 'charset="no-such"'),
    ],
)
def test_a_part_that_is_cut_or_of_an_unknown_charset_is_read_as_far_as_it_goes(text: str) -> None:
    assert "550 5.2.121 Recipient's per hour" in plain_text(text)


@pytest.mark.parametrize(
    "text",
    [
        "Content-Transfer-Encoding: base64\n\nno base64 at all: ü",
        "user+tag@contoso.com a+b",
        "100% done, 50%20",
        "C:\\mail\\x",
        "\\ud83d half a pair",
        "",
    ],
)
def test_what_is_not_wrapped_is_left_readable(text: str) -> None:
    assert diagnose(text) == []
    assert "tag@contoso.com a+b" in plain_text("user+tag@contoso.com a+b")


@pytest.mark.parametrize("sign", ["+", "%", "\\", "a+", "x", "<a ", "="])
def test_long_lines_cost_no_more_than_their_length(sign: str) -> None:
    began = time.perf_counter()
    plain_text(sign * (300_000 // len(sign)))
    assert time.perf_counter() - began < 2
