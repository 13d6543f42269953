"""The test message, and to whom it may go."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

from hve_monitor.errors import ConfigError

ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")


def compose(account: str, recipients: Sequence[str], now: datetime) -> EmailMessage:
    """A short message that says what it is and wants no automatic answer."""
    message = EmailMessage()
    message["From"] = account
    message["To"] = ", ".join(recipients)
    message["Subject"] = "hve-monitor: test of High Volume Email"
    message["Date"] = format_datetime(now)
    message["Message-ID"] = make_msgid(domain=domain_of(account))
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(
        "This message was sent by hve send-test to see whether High Volume Email works.\n"
        "It needs no answer.\n"
    )
    return message


def checked_recipients(
    recipients: Sequence[str], domains: Collection[str], most: int
) -> tuple[str, ...]:
    """The distinct recipients, all inside the domains. Raises: ConfigError before anything is sent.

    HVE takes `most` recipients a message and delivers inside the tenant only.
    """
    addresses = tuple(dict.fromkeys(checked_address(address, "--to") for address in recipients))
    if len(addresses) > most:
        raise ConfigError(
            f"--to: {len(addresses)} recipients, HVE takes at most {most}; use a distribution list"
        )
    outside = [address for address in addresses if domain_of(address) not in domains]
    if outside:
        listed = ", ".join(sorted(domains)) or "none"
        raise ConfigError(
            f"--to {outside[0]}: is outside the tenant's domains ({listed}), where HVE does not"
            " deliver; add its domain to tenants.accepted_domains if it is one of yours"
        )
    return addresses


def checked_address(text: str, flag: str) -> str:
    """The address in lower case. Raises: ConfigError naming the flag."""
    address = text.strip().lower()
    if not ADDRESS.fullmatch(address) or any(sign in address for sign in '<>,;"\\()[]:'):
        raise ConfigError(f"{flag} {text!r}: no address")
    return address


def domain_of(address: str) -> str:
    """What stands behind the last @."""
    return address.rpartition("@")[2].lower()
