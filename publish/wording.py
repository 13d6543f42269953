"""The text of an alert: what, how much more than expected, since when, money, why, what next, link.

Addresses, subjects and bounce texts are data of strangers: they stay one line, steer nothing, and
for places that render Markdown or HTML they lose every sign that means something there.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from msgspec import UNSET

from hve_monitor.plural import plural
from hve_monitor.text import printable
from models.incident import RANK
from publish.message import Alert, DigestMessage

LONGEST_LINE, LISTED = 500, 25
SUBJECT = "hve-monitor"
STAGES = {"opened": "", "updated": "update: ", "resolved": "resolved: "}
UNJUDGED = "ended, not judged: "
# The full-width twins read the same and start no link, mention, tag, list or emphasis.
TWINS = str.maketrans("<>[]*`~|#&\\{}", "＜＞［］＊｀～｜＃＆＼｛｝")
LINK = re.compile(r"(?i)\b(https?|ftp)(?=:)")
# Within a word it stays: addresses are to be copied.
UNDERSCORE = re.compile(r"(?<!\w)_+|_+(?!\w)")
MENTION = re.compile(r"@(?=(?:everyone|here|channel)\b)", re.IGNORECASE)


def plain(value: object) -> str:
    """One line of visible characters: no control, no format, no bidirectional override."""
    shown = "" if value is None else str(value)
    return " ".join(printable(shown).split())[:LONGEST_LINE]


def harmless(text: str) -> str:
    """Text of which no chat or mail program makes a link, a mention or markup."""
    unlinked = LINK.sub(lambda match: match[1].replace("t", "x").replace("T", "X"), text)
    quiet = UNDERSCORE.sub(lambda match: "\uff3f" * len(match[0]), unlinked)
    return MENTION.sub("@\u200b", quiet).translate(TWINS)


def title(message: Alert | DigestMessage) -> str:
    """One line: severity, stage, what and who."""
    if isinstance(message, DigestMessage):
        return plain(message.title)
    stage = STAGES[message.stage] if message.is_judged is UNSET else UNJUDGED
    return plain(f"[{message.severity}] {stage}{message.title}")


def lines(message: Alert | DigestMessage) -> list[str]:
    """The body without its link, one plain line each."""
    if isinstance(message, DigestMessage):
        return _digest_lines(message.entries)
    return [
        f"What: {plain(message.what)}",
        f"How much: {plain(message.more)}",
        f"Since: {_since(message)}",
        f"Money: {plain(message.money)}",
        *([f"Why: {plain(reason)}" for reason in message.why] or ["Why: no reason is known"]),
        *(f"Next {number}: {plain(step)}" for number, step in enumerate(message.next, 1)),
    ]


def body(message: Alert | DigestMessage, *, rendered: bool = False) -> str:
    """The whole text. `rendered`: for places that make more of text than text.

    The link is ours, from the configuration, and stays one.
    """
    shown = [harmless(line) if rendered else line for line in lines(message)]
    return "\n".join([*shown, *([f"Link: {message.link}"] if message.link else [])])


def heading(message: Alert | DigestMessage, *, rendered: bool = False) -> str:
    """The title for a subject line or a card."""
    text = title(message)
    return harmless(text) if rendered else text


def digest(alerts: Sequence[Alert], link: str) -> DigestMessage:
    """Several alerts of one tenant as one message, worst first."""
    ranked = sorted(alerts, key=lambda alert: -RANK[alert.severity])
    counts = Counter(alert.severity for alert in ranked)
    severities = ", ".join(f"{count} {severity}" for severity, count in counts.items())
    tenant = ranked[0].tenant
    return DigestMessage(
        type="digest",
        stage="opened",
        kind="digest",
        key="digest",
        tenant=tenant,
        severity=ranked[0].severity,
        audience=tuple(sorted({role for alert in alerts for role in alert.audience})),
        at=max(alert.at for alert in alerts),
        title=f"{SUBJECT} {tenant}: {plural(len(alerts), 'alert')} ({severities})",
        link=link,
        entries=tuple(ranked),
    )


def _digest_lines(alerts: Sequence[Alert]) -> list[str]:
    shown = [
        f"{title(alert)} - {plain(alert.more)}; since {_since(alert)}; {plain(alert.money)}"
        for alert in alerts[:LISTED]
    ]
    if len(alerts) > LISTED:
        shown.append(f"and {len(alerts) - LISTED} more: hve incidents")
    return shown


def _since(alert: Alert) -> str:
    since = alert.since
    start = _local(since.start, since.zone)
    if since.end:
        return f"{start}, until {_local(since.end, since.zone)}"
    return start if alert.kind == "budget" else f"{start}, going on"


def _local(moment: datetime, zone: str) -> str:
    utc = f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    return (
        utc
        if zone == "UTC"
        else f"{moment.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M} {zone} ({utc})"
    )
