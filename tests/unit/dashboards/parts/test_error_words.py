"""Errors on a page name its fields, not the flags of a command."""

from __future__ import annotations

import pytest

from dashboards.parts.error_words import error_words


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("--until 2026-12-01: it is before --from 2026-12-02",
         "Until 2026-12-01: it is before from 2026-12-02"),
        ("--tenant: the tenants bill in EUR and USD; name one of them",
         "Tenant: the tenants bill in EUR and USD; name one of them"),
        ("plan add: give exactly one of --account, --cost-center, --all",
         "plan add: give exactly one of account, cost center, all"),
        ("--from-ip 999.1.1.1: is no address", "Source address 999.1.1.1: is no address"),
        ("a--b stays", "a--b stays"),
    ],
)  # fmt: skip
def test_flags_are_fields(message: str, words: str) -> None:
    assert error_words(ValueError(message)).replace("\\", "") == words
