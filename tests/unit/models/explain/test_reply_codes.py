"""Codes in free text: found where servers put them, and nowhere else."""

from __future__ import annotations

import pytest

from models.explain.catalogue import read_catalogue
from models.explain.reply_codes import ReplyCode, reply_codes, sign_in_codes

FOUND = {
    "535 5.7.139": ("535", "5.7.139"),
    "5.7.139": (None, "5.7.139"),
    "550-5.1.10 first line": ("550", "5.1.10"),
    "SMTP550_5.2.253": (None, "5.2.253"),
    "#550 5.1.1": ("550", "5.1.1"),
    "Remote Server returned '550 5.7.708 Service unavailable'": ("550", "5.7.708"),
    "Diagnostic-Code: smtp;550 5.7.240 no": ("550", "5.7.240"),
    "Status: 5.1.1": (None, "5.1.1"),
    "dsn=4.4.7, status=deferred": (None, "4.4.7"),
    "Client not authenticated. Error: 535 5.7.57": ("535", "5.7.57"),
    "reason 5.7.57 client was not authenticated": (None, "5.7.57"),
    "421 too busy": ("421", None),
    "host x said: 450 busy": ("450", None),
    "535": ("535", None),
    "(535, b'5.7.3 no')": ("535", "5.7.3"),
    'got code "530", with message "530 5.7.57 no"': ("530", "5.7.57"),
    "535: 5.7.3 no": ("535", "5.7.3"),
    "Status: 5.2.2, smtp;554 5.2.2 full": ("554", "5.2.2"),
    "dsn=5.0.0 (host x said: 550 no)": ("550", None),
    "SERVER -> CLIENT: 535 no": ("535", None),
    "Invalid login: 535 no": ("535", None),
    "Net::SMTPAuthenticationError: 535 no": ("535", None),
    "SMTPSendFailedException: 554 no": ("554", None),
    "Data command failed: 421 no": ("421", None),
    "450 4.4.317 Cannot connect [Message=451 5.7.3 STARTTLS is required]": ("450", "4.4.317"),
    "[Message=451 5.7.3 STARTTLS is required]": ("451", "5.7.3"),
    "all recipients were rejected: 550 no": ("550", None),
}


@pytest.mark.parametrize(("text", "code"), FOUND.items())
def test_a_code_is_found_wherever_servers_write_it(
    text: str, code: tuple[str | None, str | None]
) -> None:
    assert reply_codes(text) == [ReplyCode(*code)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Python smtp 3.11",
        "library version 5.7.3 started",
        "updated to v5.7.3",
        "version: 5.7.139",
        "from 10.5.7.240 to 192.0.2.5",
        "5.7.139.1",
        "took 450 ms",
        "port 587",
        "at 4.5 seconds",
        "٥٣٥ ٥.٧.١٣٩",
        "recipients: 500 sent",
        "HTTP error: 503 Service Unavailable",
        "error: 502 Bad Gateway",
        "HTTPError: 503 Server Error",
        "jobs failed: 450 of 900",
        "HttpRequestException: 500 at GET /orders",
    ],
)
def test_versions_addresses_and_amounts_are_no_codes(text: str) -> None:
    assert reply_codes(text) == []


def test_all_codes_come_once_and_in_order() -> None:
    text = "550 5.1.1 a\n450 4.2.1 b\n550 5.1.1 a"
    assert [code.shown for code in reply_codes(text)] == ["550 5.1.1", "450 4.2.1"]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("AADSTS53003: blocked", ["AADSTS53003"]),
        ("aadsts50126 and AADSTS7000215", ["AADSTS50126", "AADSTS7000215"]),
        ('"status":{"errorCode":53003,', ["AADSTS53003"]),
        ('{"error_codes":[7000215]}', ["AADSTS7000215"]),
        ("53003", ["AADSTS53003"]),
        ("535", []),
        ("order 53003 was shipped", []),
        ("12345", []),
        ("error code: 18456", []),
        ("error code: 53003", ["AADSTS53003"]),
        ("Sign-in failed with error code 12345", ["AADSTS12345"]),
        ('{"error_codes":[50126, 53003]}', ["AADSTS50126", "AADSTS53003"]),
    ],
)
def test_sign_in_codes_come_from_messages_and_logs(text: str, codes: list[str]) -> None:
    assert sign_in_codes(text, read_catalogue().by_code) == codes
