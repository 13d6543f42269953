"""Yes, no or unknown, with a reason: what cannot be decided is never taken for a no."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Decision(NamedTuple):
    """Whether something holds; `holds` is None where it cannot be decided."""

    holds: bool | None
    why: str = ""


YES, NO = Decision(True), Decision(False)


def any_of(answers: Iterable[Decision]) -> Decision:
    """Yes when one is yes, unknown when one of the rest is unknown."""
    known = list(answers)
    return (
        next((answer for answer in known if answer.holds), None)
        or next((answer for answer in known if answer.holds is None), None)
        or NO
    )


def all_of(answers: Iterable[Decision]) -> Decision:
    """No when one is no, unknown when one of the rest is unknown; yes tells every reason."""
    known = list(answers)
    for wanted in (False, None):
        for answer in known:
            if answer.holds is wanted:
                return answer
    return Decision(True, ", ".join(answer.why for answer in known if answer.why))
