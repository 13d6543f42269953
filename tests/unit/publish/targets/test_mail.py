"""Alerts as mail: verified TLS, plain text, and no header that data could write."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import urlsplit

import pytest

from hve_monitor.errors import ConfigError
from publish.outgoing import Undelivered
from publish.targets import mail
from publish.targets.mail import letter, sender
from tests.endless import MAIL_SERVERS, Talk, endless
from tests.mailbox import Mailbox, mailbox
from tests.unit.publish.conftest import alert


def send(box: Mailbox, url: str, secret: str = "", ca: str | None = None, **changes: Any) -> None:
    place = urlsplit(url.replace("PORT", str(box.port)))
    sender(place, secret, str(box.ca_file) if ca is None else ca)(alert(**changes), "id-1", 1)


READERS = "?from=hve@contoso.com&to=soc@contoso.com,it@contoso.com"


def test_a_mail_arrives_over_starttls_and_over_tls() -> None:
    for tls, scheme in ((False, "smtp"), (True, "smtps")):
        with mailbox(tls=tls) as box:
            send(box, f"{scheme}://127.0.0.1:PORT/{READERS}")
            (mail,) = box.mails
        assert mail["Subject"] == "[high] surge: hr@contoso.com"
        assert mail["To"] == "soc@contoso.com, it@contoso.com"
        assert mail["Message-ID"] == "<id-1@hve-monitor.invalid>"
        assert mail.get_content_type() == "text/plain"
        assert "Money: 0.20538 USD" in mail.get_content()


def test_a_password_travels_inside_tls_alone() -> None:
    with mailbox() as box:
        send(box, f"smtp://hve:x@127.0.0.1:PORT/{READERS}", "s3cret")
        (login,) = box.logins
    assert base64.b64decode(login) == b"\0hve\0s3cret"
    with mailbox(starttls=False) as box:
        with pytest.raises(Undelivered, match="offers no STARTTLS"):
            send(box, f"smtp://hve@127.0.0.1:PORT/{READERS}", "s3cret")
        assert (box.logins, box.raw) == ([], [])


def test_without_tls_mail_goes_to_loopback_only() -> None:
    with mailbox(starttls=False) as box:
        send(box, f"smtp://127.0.0.1:PORT/{READERS}")
        assert len(box.raw) == 1


def test_a_certificate_that_is_not_trusted_ends_it() -> None:
    with mailbox(tls=True) as box, mailbox() as other:
        with pytest.raises(Undelivered):
            send(box, f"smtps://127.0.0.1:PORT/{READERS}", ca=str(other.ca_file))
        assert box.raw == []


@pytest.mark.parametrize(
    ("refusal", "is_passing", "is_of_target"),
    [("451 later", True, True), ("554 no", False, False)],
)
def test_a_refusal_says_what_it_means(refusal: str, is_passing: bool, is_of_target: bool) -> None:
    with mailbox() as box:
        box.refusals = [refusal]
        with pytest.raises(Undelivered, match=f"SMTP {refusal[:3]}") as caught:
            send(box, f"smtp://127.0.0.1:PORT/{READERS}")
    assert (caught.value.is_passing, caught.value.is_of_target) == (is_passing, is_of_target)


@pytest.mark.parametrize("talk", MAIL_SERVERS.values(), ids=MAIL_SERVERS)
@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_a_server_that_never_ends_leaves_the_mail_due(
    talk: Talk, scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail, "STEP_SECONDS", 0.1)
    monkeypatch.setattr(mail, "DIALOGUE_SECONDS", 0.2)
    with endless(talk, tls=scheme == "smtps") as server:
        url = urlsplit(f"{scheme}://{server.place}/{READERS}")
        with pytest.raises(Undelivered, match=r"127\.0\.0\.1: ") as caught:
            sender(url, "", str(server.ca_file))(alert(), "id-1", 1)
    assert caught.value.is_of_target


def test_data_writes_no_header() -> None:
    hostile = "x\r\nBcc: everyone@contoso.com\r\n\r\nbody\u2028\u202e"
    mail = letter(alert(title=hostile, what=hostile), "id-1", "hve@contoso.com", ["a@contoso.com"])
    text = mail.as_bytes().decode()
    assert "\nBcc:" not in text
    assert mail["Subject"] == "[high] x Bcc: everyone@contoso.com body"
    assert "\u202e" not in mail.get_content()


def test_a_target_without_readers_is_one_line() -> None:
    with pytest.raises(ConfigError, match="to=address"):
        sender(urlsplit("smtps://mail.contoso.com"), "", "")
