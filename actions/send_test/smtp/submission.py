"""One message through an open session."""

from __future__ import annotations

import re
from collections.abc import Sequence
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8

from actions.send_test.smtp.session import DONE, Session
from actions.send_test.smtp.step import StepFailed, Unanswered, reply_text

FORWARDED, GO_ON = 251, 354
LEADING_DOT, END_OF_MESSAGE = re.compile(rb"^\.", re.MULTILINE), b".\r\n"


def submit(
    session: Session, account: str, recipients: Sequence[str], message: EmailMessage
) -> None:
    """Sends it to all recipients or to none. Raises: StepFailed; Unanswered when nobody knows."""
    international = not all(address.isascii() for address in (account, *recipients))
    with session.attempt("mail_from"):
        if international and not session.client.has_extn("smtputf8"):
            raise session.fail("mail_from", "the server offers no SMTPUTF8, which an address needs")
        options = ("SMTPUTF8", "BODY=8BITMIME") if international else ()
        _require(session, "mail_from", account, session.client.mail(account, options))
    for recipient in recipients:
        with session.attempt("rcpt_to"):
            _require(session, "rcpt_to", recipient, session.client.rcpt(recipient))
    _send(session, message.as_bytes(policy=SMTPUTF8 if international else SMTP))


def _send(session: Session, data: bytes) -> None:
    what = f"{len(data):,} bytes"
    with session.attempt("data"):
        answer = session.client.docmd("DATA")
        if answer[0] != GO_ON:
            raise _refused(session, "data", what, answer)
        session.client.send(LEADING_DOT.sub(b"..", data) + END_OF_MESSAGE)
    try:
        with session.attempt("data"):
            answer = session.client.getreply()
    except StepFailed as error:
        raise Unanswered(str(error)) from None
    _require(session, "data", what, answer)


def _require(session: Session, step: str, what: str, answer: tuple[int, bytes]) -> None:
    if answer[0] not in (DONE, FORWARDED):
        raise _refused(session, step, what, answer)
    session.passed(step, f"{what} was accepted", reply_text(*answer))


def _refused(session: Session, step: str, what: str, answer: tuple[int, bytes]) -> StepFailed:
    return session.fail(step, f"{what} was refused; nothing was sent", reply_text(*answer))
