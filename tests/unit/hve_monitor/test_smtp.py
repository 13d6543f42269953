"""Every dialogue with a mail server has an end."""

from __future__ import annotations

import smtplib
import ssl
import time

import pytest

from hve_monitor.smtp import Dialogue, SecureDialogue
from tests.endless import GREETING, MAIL_SERVERS, Talk, drip, endless
from tests.mailbox import mailbox

STEP, SECONDS = 0.2, 0.4
LONG = 10.0  # a busy machine is slow, a dialogue without end takes for ever


def talk_to(dialogue: Dialogue) -> None:
    dialogue.ehlo()
    dialogue.quit()


@pytest.mark.parametrize("talk", MAIL_SERVERS.values(), ids=MAIL_SERVERS)
def test_no_server_is_listened_to_without_end(talk: Talk) -> None:
    with endless(talk, tls=False) as server:
        began = time.monotonic()
        with pytest.raises((OSError, smtplib.SMTPException)):
            talk_to(Dialogue("127.0.0.1", server.port, STEP, SECONDS))
        assert time.monotonic() - began < LONG


@pytest.mark.parametrize("talk", MAIL_SERVERS.values(), ids=MAIL_SERVERS)
def test_neither_is_one_behind_tls(talk: Talk) -> None:
    with endless(talk) as server:
        context = ssl.create_default_context(cafile=str(server.ca_file))
        began = time.monotonic()
        with pytest.raises((OSError, smtplib.SMTPException)):
            talk_to(SecureDialogue("127.0.0.1", server.port, STEP, SECONDS, context=context))
        assert time.monotonic() - began < LONG


def test_a_drip_and_a_flood_are_told() -> None:
    offers = drip(GREETING, b"250-X\r\n", listens=False)
    with endless(offers, tls=False) as server:
        dialogue = Dialogue("127.0.0.1", server.port, STEP, SECONDS)
        with pytest.raises(smtplib.SMTPServerDisconnected, match=r"no end after 0\.4 s"):
            dialogue.ehlo()
    with (
        endless(MAIL_SERVERS["a greeting without end"], tls=False) as server,
        pytest.raises(smtplib.SMTPServerDisconnected, match="words have no end"),
    ):
        Dialogue("127.0.0.1", server.port, STEP, 10)


def test_a_server_that_behaves_is_heard_over_both_kinds_of_tls() -> None:
    with mailbox() as box:
        context = ssl.create_default_context(cafile=str(box.ca_file))
        dialogue = Dialogue("127.0.0.1", box.port, 2, 10)
        dialogue.starttls(context=context)
        assert dialogue.ehlo() == (250, b"mail.contoso.com\nSTARTTLS\nAUTH PLAIN")
        dialogue.quit()
    with mailbox(tls=True) as box:
        context = ssl.create_default_context(cafile=str(box.ca_file))
        secure = SecureDialogue("127.0.0.1", box.port, 2, 10, context=context)
        assert secure.ehlo()[0] == 250
        secure.quit()
