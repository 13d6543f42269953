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
    found = list(answers)
    return (
        next((each for each in found if each.holds), None)
        or next((each for each in found if each.holds is None), None)
        or NO
    )


def all_of(answers: Iterable[Decision]) -> Decision:
    """No when one is no, unknown when one of the rest is unknown; yes tells every reason."""
    found = list(answers)
    for wanted in (False, None):
        for each in found:
            if each.holds is wanted:
                return each
    return Decision(True, ", ".join(each.why for each in found if each.why))
