"""The fix of an error with what is known of the message filled in."""

from __future__ import annotations

import re

from hve_monitor.quoting import powershell
from warehouse.protection.words import MARKED, PSEUDONYM

PLAIN = re.compile(r"\w[\w.+%-]*(@\w[\w.-]*)?")
PLACE = re.compile("<(account|recipient|domain)>")


def filled(fix: str, account: str | None = None, recipient: str | None = None) -> str:
    """The fix with `<account>`, `<recipient>` and `<domain>` (of the recipient) in their places.

    What is no plain address is quoted: it is pasted into a shell. What is not known stays open, and
    so does a pseudonym.
    """
    if recipient and (PSEUDONYM.fullmatch(recipient) or recipient.startswith(MARKED)):
        recipient = None
    domain = recipient.rpartition("@")[2] if recipient and "@" in recipient else None
    values = {"account": account, "recipient": recipient, "domain": domain}

    def shown(place: re.Match[str]) -> str:
        value = values[place[1]]
        if not value:
            return place[0]
        return value if PLAIN.fullmatch(value) else powershell(value)

    return PLACE.sub(shown, fix)
