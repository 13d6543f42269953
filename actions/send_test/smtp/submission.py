"""One message through an open session."""

from __future__ import annotations

from collections.abc import Sequence
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8

from actions.send_test.smtp.session import DONE, Session
from actions.send_test.smtp.step import reply_text

FORWARDED = 251


def submit(
    session: Session, account: str, recipients: Sequence[str], message: EmailMessage
) -> None:
    """Sends it to all recipients or to none. Raises: StepFailed."""
    international = not all(address.isascii() for address in (account, *recipients))
    with session.attempt("mail_from"):
        if international and not session.client.has_extn("smtputf8"):
            raise session.fail("mail_from", "the server offers no SMTPUTF8, which an address needs")
        options = ("SMTPUTF8", "BODY=8BITMIME") if international else ()
        _require(session, "mail_from", account, session.client.mail(account, options))
    for recipient in recipients:
        with session.attempt("rcpt_to"):
            _require(session, "rcpt_to", recipient, session.client.rcpt(recipient))
    with session.attempt("data"):
        data = message.as_bytes(policy=SMTPUTF8 if international else SMTP)
        _require(session, "data", f"{len(data):,} bytes", session.client.data(data))


def _require(session: Session, step: str, what: str, answer: tuple[int, bytes]) -> None:
    reply = reply_text(*answer)
    if answer[0] not in (DONE, FORWARDED):
        raise session.fail(step, f"{what} was refused; nothing was sent", reply)
    session.passed(step, f"{what} was accepted", reply)
