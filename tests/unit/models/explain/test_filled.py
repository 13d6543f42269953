"""A fix names the message it is about, and nothing that its sender wrote can run."""

from __future__ import annotations

import pytest

from models.explain.filled import filled

FIX = "Get-Recipient -Identity <recipient>\nhve trace --sender <account>\nResolve-DnsName <domain>"


def test_account_recipient_and_domain_are_filled_in() -> None:
    assert filled(FIX, "hr@contoso.com", "ada+1@fabrikam.com") == (
        "Get-Recipient -Identity ada+1@fabrikam.com\nhve trace --sender hr@contoso.com\n"
        "Resolve-DnsName fabrikam.com"
    )


def test_what_is_not_known_stays_open() -> None:
    assert filled(FIX) == FIX
    assert "<recipient>" in filled(FIX, "hr@contoso.com")
    assert "<domain>" in filled(FIX, None, "aggregate:12")
    assert "<recipient>" in filled(FIX, None, f"p-{'0' * 32}@contoso.com")


@pytest.mark.parametrize(
    "name", ["a; rm -rf ~", "$(id)@contoso.com", "o'hara@contoso.com", "-rf", "x<account>"]
)
def test_what_is_no_plain_address_is_quoted(name: str) -> None:
    line = filled("Get-Recipient -Identity <recipient>", "hr@contoso.com", name)
    assert line == "Get-Recipient -Identity '" + name.replace("'", "''") + "'"
