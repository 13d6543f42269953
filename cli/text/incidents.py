"""Text of incidents, verdicts and plans."""

from __future__ import annotations

from cli.text.tables import Document, clean, coverage, table_text


def incidents(document: Document) -> str:
    """One block per incident, newest first."""
    blocks = [
        f"{each['id']} {each['severity']} {each['kind']} {each['account']}"
        f" {each['started_at']} – {each['ended_at'] or 'going on'} ({each['status']}):"
        f" {each['observed']:,} recipients, {each['expected']:,} expected\n"
        + "\n".join(f"  {reason}" for reason in each["reasons"])
        + "".join(f"\n{line}" for line in _whole(each))
        for each in document["incidents"]
    ]
    return clean("\n".join([*(blocks or ["no incident"]), coverage(document["coverage"])]))


def _whole(card: Document) -> list[str]:
    """What is told of one incident alone: steps, limits, and whom it reached."""
    if "limits" not in card:
        return []
    lines = [f"  {number}. {step}" for number, step in enumerate(card["next_steps"], 1)]
    lines += [f"  {limit}" for limit in card["limits"]]
    lines += [
        f"  source {each['from_ip'] or 'unknown'}: {each['recipients']:,} recipients"
        for each in card["sources"]
    ]
    lines += [
        f"  subject {each['subject'] or 'unknown'}: {each['recipients']:,} recipients"
        for each in card["subjects"]
    ]
    lines += [
        f"  {each['recipient']} {' '.join(each['trace_ids'])}"
        f"{' (never mailed before)' if each['is_new'] else ''}"
        for each in card.get("recipients", [])
    ]
    return lines


def verdict(document: Document) -> str:
    """What is now said of an incident."""
    said = document["verdict"]
    return clean(f"{said['id']}: {said['status']}, by {said['author']}, until {said['expires_at']}")


def plan(document: Document) -> str:
    """The plan that was made."""
    said = document["plan"]
    return clean(
        f"{said['id']}: {said['recipients']:,} recipients of {said['account'] or said['scope']}"
        f" from {said['start']} to {said['end']}"
    )


def plans(document: Document) -> str:
    """A table of the plans."""
    names = ("id", "tenant", "scope", "account", "start", "end", "recipients", "sent", "author",
             "note")  # fmt: skip
    return table_text([{name: each[name] for name in names} for each in document["plans"]])


def removed(document: Document) -> str:
    """What was withdrawn."""
    return f"{document['removed']}: withdrawn"
