"""Replies as they came over the wire."""

from __future__ import annotations

import pytest

from actions.send_test.smtp.step import is_temporary, reply_text


@pytest.mark.parametrize(
    ("code", "said", "text"),
    [
        (250, b"2.0.0 OK", "250 2.0.0 OK"),
        (535, b"5.7.139 one\n5.7.139 two", "535-5.7.139 one\n535 5.7.139 two"),
        (535, b"5.7.3 ung\xfcltig", "535 5.7.3 ung\ufffdltig"),
        (535, "5.7.3 ungültig".encode(), "535 5.7.3 ungültig"),
        (250, b"", "250"),
        (-1, b"HTTP/1.1 400", "no SMTP: HTTP/1.1 400"),
    ],
)
def test_each_line_has_its_code(code: int, said: bytes, text: str) -> None:
    assert reply_text(code, said) == text


@pytest.mark.parametrize(
    ("reply", "temporary"),
    [
        ("421 4.3.2 Service not active", True),
        ("421 4.7.66 TLS 1.0 and 1.1 are not supported", False),
        ("535 5.7.3 no", False),
        (None, False),
    ],
)
def test_only_what_may_change_is_temporary(reply: str | None, temporary: bool) -> None:
    assert is_temporary(reply) is temporary
