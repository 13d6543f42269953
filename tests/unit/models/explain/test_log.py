"""Logs: counts and first lines, in any encoding and any size, with flat memory."""

from __future__ import annotations

import io
import tracemalloc

import pytest

from models.explain.catalogue import read_catalogue
from models.explain.log import (
    BLOCK,
    LONGEST_LINE,
    LogDiagnosis,
    _screens,
    _suspicious,
    diagnose_log,
)

OK = "2026-11-24 to=<reader@contoso.com>, relay=smtp.hve.mx.microsoft[192.0.2.5]:587, 250 2.0.0 OK"
BASIC = "said: 535 5.7.139 Authentication unsuccessful, basic authentication is disabled. [X]"
LIST = "to=<all@contoso.com>: 550 5.7.124 not in allowed-senders list"
LOG = "\n".join([OK, BASIC, OK, LIST, BASIC, "AADSTS50126: wrong", OK]) + "\n"


def counts(found: LogDiagnosis) -> list[tuple[str, int, int]]:
    return [(seen.match.code, seen.count, seen.first_line) for seen in found.ranked()]


def read(text: str | bytes, encoding: str = "utf-8") -> LogDiagnosis:
    return diagnose_log(io.BytesIO(text if isinstance(text, bytes) else text.encode(encoding)))


WANTED = [("535 5.7.139", 2, 2), ("550 5.7.124", 1, 4), ("AADSTS50126", 1, 6)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_codes_are_counted_with_their_first_lines(encoding: str, newline: str) -> None:
    found = read(LOG.replace("\n", newline), encoding)
    assert counts(found) == WANTED
    assert found.lines == 7


def test_each_line_counts_as_its_most_specific_entry() -> None:
    (seen,) = read(BASIC).ranked()
    assert seen.match.matched == "text"
    assert seen.explanation().count == 1


def test_lines_of_iis_exchange_and_json_are_read() -> None:
    text = (
        "2026-11-24 09:13:40 203.0.113.7 SMTPSVC1 - 587 - -"
        " 535+5.7.139+Authentication+unsuccessful,+basic+authentication+is+disabled. 0 0 SMTP\n"
        "2026-11-24 09:13:41 203.0.113.7 SMTPSVC1 - 587 - - 550+5.1.10+<reader@contoso.com>+x 0\n"
        "2026-11-24T09:13:42.123Z,HVE,08DE6F,12,198.51.100.2:51234,<,550 5.7.60 SMTP; no\n"
        '{"time":"2026-11-24T09:13:43Z","error":"read: connection reset by peer"}\n'
    )
    assert counts(read(text)) == [
        ("535 5.7.139", 1, 1),
        ("550 5.1.10", 1, 2),
        ("550 5.7.60", 1, 3),
        ("client.connection-lost", 1, 4),
    ]


def test_every_wording_passes_the_screen_of_a_log() -> None:
    wordings = ["; ".join(words) for entry in read_catalogue().worded for words in entry.words]
    lines = [f"at 09:13: {words}.".encode() for words in wordings]
    assert len(_suspicious(lines)) == len(lines) > 1000
    for joint in (b"+", b"_"):
        assert len(_suspicious([line.replace(b" ", joint) for line in lines])) == len(lines)


def test_no_screen_is_too_large_for_the_memory_of_its_automaton() -> None:
    assert max(map(len, _screens())) < 20_000


def test_folded_lines_and_multi_line_replies_count_once() -> None:
    text = (
        "535-5.7.139 Authentication unsuccessful, the organization\n"
        "535 5.7.139 configuration does not allow this authentication request.\n"
        "535 5.7.3 Authentication unsuccessful\n"
        "Diagnostic-Code: smtp;550 5.1.10\n RESOLVER.ADR.RecipientNotFound\n"
        "550 5.1.1 one\n550 5.1.1 two\n"
    )
    assert sorted(counts(read(text))) == [
        ("535 5.7.139", 1, 1),
        ("535 5.7.3", 1, 3),
        ("550 5.1.1", 2, 6),
        ("550 5.1.10", 1, 4),
    ]


def test_our_own_errors_count_only_in_our_own_lines() -> None:
    assert counts(read("nothing is stored yet\nunknown key\n")) == []
    assert counts(read("hve: data/local: nothing is stored yet\n")) == [("hve.store.empty", 1, 1)]


@pytest.mark.parametrize("text", [b"", b"\n\n", b"all is well\n" * 50, bytes(range(256)) * 20])
def test_a_log_without_failures_has_none(text: bytes) -> None:
    found = diagnose_log(io.BytesIO(text))
    assert found.ranked() == []
    assert found.lines == text.count(b"\n") + (not text.endswith(b"\n") and bool(text))


def test_bad_bytes_long_lines_and_right_to_left_text_lose_nothing() -> None:
    long = b"\xff\xfe x" * 3_000 + b" 550 5.1.1 " + "שלום".encode() * 3_000
    data = b"start\n" + long + b"\n\x1b[31m 550 5.7.124 \xe2\x80\xae\n"
    assert counts(read(data)) == [("550 5.1.1", 1, 2), ("550 5.7.124", 1, 3)]


def test_a_line_without_end_is_read_in_pieces() -> None:
    data = (b"x" * LONGEST_LINE * 40 + b" 550 5.1.1 ") * 4
    assert sum(seen.count for seen in read(data).ranked()) == 4


def test_failures_at_the_borders_of_blocks_are_seen() -> None:
    line = b"x" * 92 + b"\n"
    full = BLOCK // len(line)
    data = line * (full - 1) + b"550 5.1.1 a\n" + line * 3 + b"550 5.1.1 b"
    assert counts(read(data)) == [("550 5.1.1", 2, full)]


class Endless:
    """Many times the same block, held once."""

    def __init__(self, times: int) -> None:
        self.block = (LOG + (OK + "\n") * (BLOCK // len(OK) - 10)).encode()
        self.left = times

    def read(self, size: int, /) -> bytes:
        self.left -= 1
        return self.block[:size] if self.left >= 0 else b""


def peak(times: int) -> int:
    tracemalloc.start()
    diagnose_log(Endless(times))
    try:
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_log() -> None:
    assert peak(6) < 1.2 * peak(3)


def test_a_log_of_invented_codes_does_not_grow_the_answer_without_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("models.explain.log.MOST_CODES", 100)
    found = read("\n".join(f"550 5.9.{n} x" for n in range(600)))
    assert 100 <= len(found.failures) < 110
    assert sum(seen.count for seen in found.ranked()) == 600
