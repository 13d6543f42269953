"""The text of an alert: what, how much more than expected, since when, money, why, what next, link.

Addresses, subjects and bounce texts are data of strangers: they stay one line, steer nothing, and
for places that render Markdown or HTML they lose every sign that means something there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from hve_monitor.text import printable

Parts = dict[str, Any]
LONGEST_LINE, LISTED = 500, 25
SUBJECT = "hve-monitor"
STAGES = {"opened": "", "updated": "update: ", "resolved": "resolved: "}
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
    unlinked = LINK.sub(lambda found: found[1].replace("t", "x").replace("T", "X"), text)
    quiet = UNDERSCORE.sub(lambda found: "\uff3f" * len(found[0]), unlinked)
    return MENTION.sub("@\u200b", quiet).translate(TWINS)


def title(parts: Parts) -> str:
    """One line: severity, stage, what and who."""
    if parts["type"] == "digest":
        return plain(parts["title"])
    return plain(f"[{parts['severity']}] {STAGES[parts['stage']]}{parts['title']}")


def lines(parts: Parts) -> list[str]:
    """The body without its link, one plain line each."""
    if parts["type"] == "digest":
        return _digest_lines(parts["entries"])
    why, following = parts["why"], parts["next"]
    found = [f"What: {plain(parts['what'])}", f"How much: {plain(parts['more'])}"]
    found += [f"Since: {_since(parts)}", f"Money: {plain(parts['money'])}"]
    found += [f"Why: {plain(each)}" for each in why] or ["Why: no reason is known"]
    found += [f"Next {number}: {plain(each)}" for number, each in enumerate(following, 1)]
    return found


def body(parts: Parts, *, rendered: bool = False) -> str:
    """The whole text. `rendered`: for places that make more of text than text.

    The link is ours, from the configuration, and stays one.
    """
    shown = [harmless(line) if rendered else line for line in lines(parts)]
    link = parts.get("link")
    return "\n".join([*shown, *([f"Link: {link}"] if link else [])])


def heading(parts: Parts, *, rendered: bool = False) -> str:
    """The title for a subject line or a card."""
    text = title(parts)
    return harmless(text) if rendered else text


def digest(entries: Sequence[Parts], link: str) -> Parts:
    """Several alerts as one message, worst first."""
    order = {"high": 0, "medium": 1, "low": 2}
    ranked = sorted(entries, key=lambda each: order[each["severity"]])
    counts = {name: sum(each["severity"] == name for each in entries) for name in order}
    told = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
    tenant = entries[0]["tenant"]
    return {
        "type": "digest",
        "stage": "opened",
        "kind": "digest",
        "key": "digest",
        "tenant": tenant,
        "severity": ranked[0]["severity"],
        "audience": sorted({each for one in entries for each in one["audience"]}),
        "at": max(each["at"] for each in entries),
        "title": f"{SUBJECT} {tenant}: {len(entries)} alerts ({told})",
        "link": link,
        "entries": ranked,
    }


def _digest_lines(entries: Sequence[Parts]) -> list[str]:
    found = [
        f"{title(each)} - {plain(each['more'])}; since {_since(each)}; {plain(each['money'])}"
        for each in entries[:LISTED]
    ]
    if len(entries) > LISTED:
        found.append(f"and {len(entries) - LISTED} more: hve incidents")
    return found


def _since(parts: Parts) -> str:
    since = parts["since"]
    start = _local(since["from"], since["zone"])
    if since["to"]:
        return f"{start}, until {_local(since['to'], since['zone'])}"
    return start if parts["kind"] == "budget" else f"{start}, going on"


def _local(text: str, zone: str) -> str:
    moment = datetime.fromisoformat(text)
    utc = f"{moment:%Y-%m-%d %H:%M} UTC"
    return (
        utc
        if zone == "UTC"
        else f"{moment.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M} {zone} ({utc})"
    )
