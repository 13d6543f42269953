"""The test message and to whom it may go."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from actions.send_test.smtp.message import checked_recipients, compose
from hve_monitor.errors import ConfigError

DOMAINS = {"contoso.com", "fabrikam.com"}


def test_the_message_says_what_it_is_and_wants_no_answer() -> None:
    at = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
    message = compose("hr@contoso.com", ["reader@contoso.com", "writer@fabrikam.com"], at)
    assert message["To"] == "reader@contoso.com, writer@fabrikam.com"
    assert message["Date"] == "Tue, 24 Nov 2026 08:00:00 +0000"
    assert message["Message-ID"].endswith("@contoso.com>")
    assert message["Auto-Submitted"] == "auto-generated"
    assert "hve send-test" in message.get_content()


def test_every_message_has_an_id_of_its_own() -> None:
    at = datetime(2026, 11, 24, tzinfo=UTC)
    ids = {compose("hr@contoso.com", ["a@contoso.com"], at)["Message-ID"] for _ in range(5)}
    assert len(ids) == 5


def test_recipients_are_taken_once_and_in_lower_case() -> None:
    asked = ["Reader@Contoso.com", "reader@contoso.com ", "w@fabrikam.com"]
    assert checked_recipients(asked, DOMAINS, 2) == ("reader@contoso.com", "w@fabrikam.com")


@pytest.mark.parametrize(
    "address",
    ["", "reader", "@contoso.com", "a b@contoso.com", "a@contoso.com,b@contoso.com",
     "<a@contoso.com>", "a@contoso.com\r\nBcc: b@contoso.com", "a@b@contoso.com\n",
     "a;b@contoso.com"],
)  # fmt: skip
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ConfigError, match="no address"):
        checked_recipients([address], DOMAINS, 50)


@pytest.mark.parametrize(
    "address", ["a@example.org", "a@sub.contoso.com", "a@contoso.com.example.org", "a@xcontoso.com"]
)
def test_another_domain_is_external_also_when_it_looks_alike(address: str) -> None:
    with pytest.raises(ConfigError, match="outside the tenant's domains"):
        checked_recipients(["reader@contoso.com", address], DOMAINS, 50)


def test_one_recipient_too_many_is_refused() -> None:
    asked = [f"reader{n}@contoso.com" for n in range(51)]
    assert len(checked_recipients(asked[:50], DOMAINS, 50)) == 50
    with pytest.raises(ConfigError, match="51 recipients, HVE takes at most 50"):
        checked_recipients(asked, DOMAINS, 50)
