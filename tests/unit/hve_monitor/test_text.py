"""Characters that nobody sees steer nothing."""

from __future__ import annotations

import sys

from hve_monitor.text import LONGEST_WORDS, one_line, printable

UNSEEN = "\x00\x07\t\r\n\x1b\x7f\x85\u00a0\u00ad\u200b\u2028\u202e\u2066\ufeff\ud800"


def test_unseen_characters_are_replaced() -> None:
    assert printable(f"a{UNSEEN}b") == f"a{' ' * len(UNSEEN)}b"
    assert printable(f"a{UNSEEN}b", "") == "ab"
    assert printable("a\r\nb\x1b[31m", "", "\n") == "a\nb[31m"


def test_whatever_comes_is_printable() -> None:
    text = "".join(map(chr, range(sys.maxunicode + 1)))
    assert printable(text).isprintable()
    assert printable("é ｟日本｠ 👩") == "é ｟日本｠ 👩"


def test_words_of_a_service_are_one_short_line() -> None:
    assert one_line("refused\r\nhve: all is well\n\n now") == "refused hve: all is well now"
    long = one_line("word " * 100_000)
    assert len(long) == LONGEST_WORDS + 1
    assert long.endswith("…")
