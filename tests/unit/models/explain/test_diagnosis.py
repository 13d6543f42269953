"""What a text says: the most specific entry first, whatever the text is wrapped in."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hve_monitor.document import encoded
from models.explain.catalogue import read_catalogue
from models.explain.diagnosis import diagnose, explain
from tests.places import ROOT

NDR = """\
Your message to reader@fabrikam.com couldn't be delivered.

Diagnostic information for administrators:
Generating server: AM0PR00MB0670.eurprd00.prod.outlook.com

reader@fabrikam.com
Remote server returned '550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by
 SMTP address lookup'

Received: from a (198.51.100.7) by b with Microsoft SMTP Server (version=TLS1_2) id 15.20.5.1
"""
DSN = """\
Content-Type: message/delivery-status

Reporting-MTA: dns;contoso.com
Final-Recipient: rfc822;reader@fabrikam.com
Action: failed
Status: 5.7.240
Diagnostic-Code: smtp;550 5.7.240
\tThe application is not allowed
"""
MULTI_LINE = (
    "535-5.7.139 Authentication unsuccessful, the organization\r\n"
    "535 5.7.139 configuration does not allow this authentication request. [HOST 08DE6F]\r\n"
)
ORGANIZATION = "The organization does not allow this way of signing in"
VARIANTS = {
    "the organization configuration doesn't allow this authentication request.": ORGANIZATION,
    "the organization configuration does not allow this": ORGANIZATION,
    "basic auth is blocked": "Basic authentication is blocked for the account",
    "basic authentication is disabled.": "Basic authentication is switched off for this kind of"
    " account",
    "SmtpClientAuthentication is disabled for the Tenant. Visit"
    " https://aka.ms/smtp_auth_disabled": "SMTP AUTH is switched off for the tenant",
    "the user credentials were incorrect.": "User name or password is wrong",
}


def first(text: str) -> tuple[str, str]:
    best = diagnose(text)[0]
    return best.code, best.entry.meaning


@pytest.mark.parametrize(("words", "meaning"), VARIANTS.items())
def test_each_variant_of_5_7_139_has_its_own_answer(words: str, meaning: str) -> None:
    found = diagnose(f"535 5.7.139 Authentication unsuccessful, {words} [X.PROD.OUTLOOK.COM]")
    assert (found[0].code, found[0].entry.meaning) == ("535 5.7.139", meaning)
    assert [match.matched for match in found[:2]] == ["text", "code"]


def test_a_code_alone_gives_its_plain_row_and_then_what_it_could_mean() -> None:
    found = diagnose("535 5.7.139")
    assert found[0].matched == "code"
    assert {match.matched for match in found[1:]} == {"possible"}
    assert {match.code for match in found} == {"535 5.7.139"}
    assert len(found) > len(VARIANTS) - 1


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (NDR, "550 5.1.10"),
        (DSN, "550 5.7.240"),
        (MULTI_LINE, "535 5.7.139"),
        (MULTI_LINE.replace("\r\n", "\n> "), "535 5.7.139"),
        (NDR.replace("\n", "\r\n"), "550 5.1.10"),
        ("<p>Error:&nbsp;<b>550 5.7.240</b></p>", "550 5.7.240"),
        ("535 5.7.139 basic authen=\r\ntication is disabled", "535 5.7.139"),
        ("\u202e\u200f535 5.7.139 \u2067basic authentication is disabled\u2069", "535 5.7.139"),
        ("535 5.7.139 basic\x00authentication\x1b[31m is disabled", "535 5.7.139"),
        ("535 5.7.139 organization configuration doesn’t allow", "535 5.7.139"),
        ("Error: 535 5.7.57 Client not authenticated to send mail", "535 5.7.57"),
        ("421 4.3.2 Service not available", "421 4.3.2"),
        ("501 5.5.123 x", "501 5.5.123"),
        ("451 4.7.654 Access denied, please try again later", "451 4.7.654"),
        ("Access has been blocked by Conditional Access. AADSTS53003", "AADSTS53003"),
        ("POST https://x/InvokeCommand: HTTP 403: refused", "exchange.403-nul-bytes"),
        ("\0" * 4096, "exchange.403-nul-bytes"),
        ("Reason: 432 4.3.2 the recipient mailbox is busy", "432 4.3.2"),
        ("x" * 10_000 + " 550 5.7.240 " + "y" * 10_000, "550 5.7.240"),
        ("AADSTS53003 " * 900, "AADSTS53003"),
    ],
)  # fmt: skip
def test_a_code_is_found_inside_anything(text: str, code: str) -> None:
    assert first(text)[0] == code


def test_the_words_of_a_reply_count_across_its_lines() -> None:
    assert first(MULTI_LINE)[1] == ORGANIZATION


def test_several_failures_are_all_told_the_specific_ones_first() -> None:
    found = diagnose("hve: tenant 'contoso': no token for x: AADSTS70011: scope; 550 5.1.1 y")
    assert [(match.code, match.matched) for match in found] == [
        ("550 5.1.1", "code"),
        ("AADSTS70011", "code"),
        ("hve.auth.no-token", "own"),
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("450 4.9.99 odd", "temporary"),
        ("550 5.7.999 odd", "about security or policy"),
        ("555 5.1.250", "about an address"),
        ("499", "temporary"),
        ("599 odd", "permanent"),
    ],
)
def test_an_unknown_code_gets_what_its_class_says_marked_as_such(text: str, words: str) -> None:
    found = diagnose(text)
    assert {match.matched for match in found} == {"class"}
    assert not any(match.entry.verified for match in found)
    assert words in " ".join(match.entry.meaning for match in found)


def test_an_unknown_sign_in_code_is_told_with_where_to_look_it_up() -> None:
    (match,) = diagnose("AADSTS99999: odd")
    assert (match.code, match.matched, match.entry.verified) == ("AADSTS99999", "class", False)
    assert "login.microsoftonline.com/error" in match.entry.fix


@pytest.mark.parametrize("text", ["", " ", "all is well", "1.2.3", "version 5.7.3", "250"])
def test_nothing_recognised_is_an_empty_answer(text: str) -> None:
    assert diagnose(text) == []
    assert explain(text) is None


def test_a_bounce_text_is_explained_as_one_document() -> None:
    document = explain(NDR)
    assert document is not None
    assert document.code == "550 5.1.10"
    assert set(encoded(document)) >= {"meaning", "cause", "fix", "verified", "source", "audience"}
    assert explain(None) is None


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=400), st.sampled_from(read_catalogue().entries))
def test_no_text_breaks_it(noise: str, entry: object) -> None:
    assert isinstance(diagnose(noise + getattr(entry, "code", "") + noise), list)


def test_the_catalogue_is_part_of_what_is_installed() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert '"data/reference" = "data/reference"' in project


FIRST = {
    # An entry counts by its words only where no other code speaks against it.
    "530 5.7.57 SMTP; Client was not authenticated to send anonymous mail during MAIL FROM": (
        "530 5.7.57", "The client was not authenticated to send mail"),
    "550 5.2.251 Sender throttled due to continuous mailbox full errors": (
        "550 5.2.251", "The sender is slowed down for continuous mailbox-full errors"),
    "550 5.7.124 RESOLVER.RST.NotAuthorizedToGroup; x": (
        "550 5.7.124", "The sender is not among the senders that the list allows"),
    "450 4.4.316 Connection refused [Message=Socket error code 10061]": (
        "450 4.4.316", "The receiving server refused the connection"),
    # The reply number tells variants of an enhanced code apart.
    "554 5.2.252 SendAsDenied; a@contoso.com not allowed to send as b@contoso.com": (
        "554 5.2.252", "The account may not send with this From address"),
    "550 5.2.252 Sender throttled due to continuous send as denied errors": (
        "550 5.2.252", "The sender is slowed down for continuous send-as errors"),
    "550 5.2.252 SendAsDenied again and again": (
        "550 5.2.252", "The sender is slowed down for continuous send-as errors"),
    "432 4.3.2 Concurrent connections limit exceeded. [Hostname=X]": (
        "432 4.3.2", "The account has too many connections at the same moment"),
    "432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded": (
        "432 4.3.2", "The account has too many connections at the same moment"),
    "432 4.3.2 STOREDRV.Deliver; recipient thread limit exceeded": (
        "432 4.3.2", "The recipient's mailbox takes no more at the same moment"),
    "554 5.2.2 STOREDRV.Submission.Exception:QuotaExceededException.MapiExceptionQuotaExceeded": (
        "554 5.2.2", "The mailbox of the sender is full"),
    "552 5.2.2 mailbox is full": ("554 5.2.2", "The recipient's mailbox is full"),
    "550 5.2.2 mailbox full": ("554 5.2.2", "The recipient's mailbox is full"),
    "550 5.4.316 Message expired, connection refused": (
        "550 5.4.316", "The message expired: the receiving server refused the connection"),
    # A delay is no end.
    "Action: delayed\nStatus: 4.4.7": (
        "400 4.4.7", "The message is delayed; delivery is tried again"),
    "550 4.4.7 QUEUE.Expired; message expired": (
        "550 4.4.7", "The message expired in the queue"),
    # Words of programs come after a reply, and before what a bare reply says.
    "curl: (67) Login denied, 535 5.7.3 Authentication unsuccessful": (
        "535 5.7.3", "Authentication unsuccessful"),
    "550 mailbox is over quota, connection timed out": (
        "client.timed-out", "No answer in time"),
    # A code that says nothing hides no reply.
    "dsn=5.0.0, status=bounced (host x said: 554 Transaction failed)": (
        "554", "The transaction failed"),
    "404 NotFound": ("NotFound", "What the request names does not exist"),
    "Socket Error # 10061": ("client.connection-refused",
                             "Nothing listens there, or a firewall refuses"),
    "SocketException (11001): Der angegebene Host ist unbekannt": (
        "client.name-not-found", "The server's name cannot be resolved"),
    "Failure sending mail. ---> Unable to connect: ECONNREFUSED": (
        "client.connection-refused", "Nothing listens there, or a firewall refuses"),
    # Names of exceptions and constants are words, too.
    "kind: ConnectTimeoutException": ("client.timed-out", "No answer in time"),
    "X509_V_ERR_CERTIFICATE_HAS_EXPIRED": (
        "client.certificate-expired", "The server's certificate has expired"),
    # TLS that the sender left out is no failed sign-in, with the reply number or without.
    "451 5.7.3 STARTTLS is required to send mail [X.OUTLOOK.COM]": (
        "451 5.7.3", "The server wants STARTTLS first"),
    "The server response was: 5.7.3 STARTTLS is required to send mail": (
        "451 5.7.3", "The server wants STARTTLS first"),
    "5.7.3 Authentication unsuccessful": ("535 5.7.3", "Authentication unsuccessful"),
    # The numbers of curl, in whatever words.
    "curl: (6)": ("client.name-not-found", "The server's name cannot be resolved"),
    "cURL error 28": ("client.timed-out", "No answer in time"),
    "curl_easy_perform() failed with code 67": (
        "client.sign-in-other", "Signing in was refused"),
    # Numbers of Windows, CDO and OpenSSL.
    "CDO.Message.1: 0x80040217": ("client.sign-in-other", "Signing in was refused"),
    "0x80072EE7": ("client.name-not-found", "The server's name cannot be resolved"),
    "write EPROTO error:0A00010B": (
        "client.tls-from-first-byte", "TLS is spoken where STARTTLS is meant"),
    "{:error, {:network_failure, ~c'smtp.contoso.com', {:error, :timeout}}}": (
        "client.timed-out", "No answer in time"),
    "The remote server returned an error: (429) Too Many Requests.": (
        "429 Too Many Requests", "A service asks for fewer requests"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "answer"), FIRST.items())
def test_the_right_entry_comes_first(text: str, answer: tuple[str, str]) -> None:
    assert first(text) == answer


def meanings(text: str) -> list[str]:
    return [match.entry.meaning for match in diagnose(text)]


def test_another_meaning_of_a_proven_code_is_no_match() -> None:
    text = "Status: 5.2.2\nDiagnostic-Code: smtp;554 5.2.2 mailbox full; x"
    assert meanings(text) == ["The recipient's mailbox is full"]
    assert "The message expired in the queue" not in meanings("Action: delayed\nStatus: 4.4.7")


@pytest.mark.parametrize("code", ["550 5.7.61", "550 5.7.999 odd", "530 5.7.200"])
def test_a_bare_reply_says_nothing_of_a_policy(code: str) -> None:
    assert "The message was refused" not in meanings(code)


@pytest.mark.parametrize(
    "text",
    [
        "ErrorCode=80040115",
        "SQL Server error code: 18456",
        "error code 12345",
        "77777",
        "HTTP error: 503 Service Unavailable in the log of another program",
        "recipients: 500 sent",
        "postfix/smtp[10061]: connect from x",
        "the mailboxfull folder",
        "TLS connections: 12, failed: 0",
        "SMTP authentication: 40 sent, no failures",
        'level=debug msg="SMTP STARTTLS completed without error"',
        "maximum message size 10 MB",
        "check password policy",
        "curl 7.68.0 (x86_64-pc-linux-gnu) libcurl/7.68.0",
        "curl --retry 6 https://contoso.com",
        "HTTPError: 503 Server Error: Service Unavailable for url: https://contoso.com",
    ],
)
def test_numbers_and_words_of_others_are_left_alone(text: str) -> None:
    assert [match.code for match in diagnose(text) if match.matched != "own"] == []


@pytest.mark.parametrize("text", ["Sign-in error code 99999", "AADSTS error_codes: [99999]"])
def test_an_unknown_number_beside_words_about_signing_in_is_a_sign_in_code(text: str) -> None:
    assert first(text)[0] == "AADSTS99999"
