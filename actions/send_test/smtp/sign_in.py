"""Signing in: Basic (LOGIN or PLAIN) and XOAUTH2. Secrets go to the server and nowhere else."""

from __future__ import annotations

from base64 import b64encode

from actions.send_test.smtp.session import Session
from actions.send_test.smtp.step import reply_text

SIGNED_IN, GO_ON = 235, 334


def sign_in_basic(session: Session, user: str, password: str) -> None:
    """With LOGIN, which Exchange offers, else PLAIN. Raises: StepFailed."""
    with session.attempt("sign_in"):
        if "LOGIN" in session.mechanisms:
            answer = _login(session, user, password)
        elif "PLAIN" in session.mechanisms:
            proof = _coded("\0".join(("", user, password)))
            answer = session.client.docmd("AUTH", f"PLAIN {proof}")
        else:
            raise session.fail("sign_in", "the server offers no LOGIN or PLAIN authentication")
        _require(session, answer, f"{user} signed in with Basic")


def sign_in_oauth(session: Session, user: str, token: str) -> None:
    """With XOAUTH2. Raises: StepFailed."""
    with session.attempt("sign_in"):
        if "XOAUTH2" not in session.mechanisms:
            raise session.fail("sign_in", "the server offers no XOAUTH2 authentication")
        proof = _coded(f"user={user}\1auth=Bearer {token}\1\1")
        answer = session.client.docmd("AUTH", f"XOAUTH2 {proof}")
        if answer[0] == GO_ON:
            # The reason comes as a challenge first; an empty line asks for the reply behind it.
            answer = session.client.docmd("")
        _require(session, answer, f"{user} signed in with OAuth")


def _login(session: Session, user: str, password: str) -> tuple[int, bytes]:
    answer = session.client.docmd("AUTH", "LOGIN")
    for secret in (user, password):
        if answer[0] != GO_ON:
            return answer
        answer = session.client.docmd(_coded(secret))
    return answer


def _require(session: Session, answer: tuple[int, bytes], detail: str) -> None:
    reply = reply_text(*answer)
    if answer[0] != SIGNED_IN:
        raise session.fail("sign_in", "signing in was refused", reply)
    session.passed("sign_in", detail, reply)


def _coded(text: str) -> str:
    return b64encode(text.encode("utf-8")).decode("ascii")
