"""One step of a dialogue: what was tried and how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

OLD_TLS = "4.7.66"
Status = Literal["ok", "warn", "failed", "skipped"]


@dataclass(frozen=True)
class SmtpStep:
    """`reply` is the server's reply, code first; `temporary` marks what may pass later."""

    step: str
    status: Status
    detail: str
    reply: str | None = None
    temporary: bool = False


class StepFailed(Exception):
    """Ends the dialogue; the steps say where and why."""


class Unanswered(StepFailed):
    """The whole message was handed over, and no answer came: it may be on its way or not."""


def is_temporary(reply: str | None) -> bool:
    """Whether a reply may be another one later: 4xx, except for a TLS version that is too old."""
    return reply is not None and reply.startswith("4") and OLD_TLS not in reply


def reply_text(code: int, answer: bytes | str) -> str:
    """A reply as it came over the wire: each line with its code, in any encoding."""
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    if code < 0:
        return f"no SMTP: {text}"
    lines = text.splitlines() or [""]
    marks = ["-"] * (len(lines) - 1) + [" "]
    pairs = zip(marks, lines, strict=True)
    return "\n".join(f"{code}{mark}{line}".rstrip() for mark, line in pairs)
