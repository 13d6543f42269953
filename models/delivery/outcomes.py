"""How well an account's mail arrives: rates, reasons, lists, and room below Microsoft's limits."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd

from hve_monitor.clock import iso
from hve_monitor.files import sql
from models.engine.sql import records
from models.explain.diagnosis import explain
from models.reference.limits import Limit, limit, recipients_per_message
from warehouse.reading import Published

Row = dict[str, Any]
Key = tuple[str, str]
USUAL_WINDOW = timedelta(days=30)
ATTEMPTS = 3  # fewer failures in a row say little of a recipient


def undelivered(
    published: Published, since: datetime, until: datetime, account: str | None = None
) -> pd.DataFrame:
    """Recipients without delivery: account, status, recipient_domain, recipients, last_at (UTC).

    Largest first. Rows without a status are unknown and stay out.
    """
    parameters = {"since": since, "until": until, "tenant": published.tenant, "account": account}
    return published.connection.execute(sql(__file__, "undelivered"), parameters).df()


def latest_undelivered(
    published: Published,
    since: datetime,
    until: datetime,
    account: str | None = None,
    most: int = 200,
) -> list[Row]:
    """Mail that is not there, newest first: tenant, account, id, recipient, status, received_at."""
    asked = {
        "since": since,
        "until": until,
        "tenant": published.tenant,
        "account": account,
        "most": most,
    }
    rows = records(published.connection, sql(__file__, "latest_undelivered"), asked)
    return [row | {"received_at": iso(row["received_at"])} for row in rows]


def explained_failures(
    published: Published, since: datetime, until: datetime, account: str | None = None
) -> list[Row]:
    """Why recipients failed, the commonest reason first; one row for those nobody has read.

    JSON: reply, recipients, people (distinct addresses), last_at, example (the event's words),
    explanation (None where nothing is known). Reasons that the catalogue
    explains alike are one row.
    """
    asked = {"since": since, "until": until, "tenant": published.tenant, "account": account}
    found: dict[tuple[str | None, str | None], Row] = {}
    for row in records(published.connection, sql(__file__, "failure_reasons"), asked):
        told = explain(row["example"])
        key = row["reply"], told["meaning"] if told else row["word"]
        if key in found:
            _add(found[key], row)
        else:
            found[key] = _reason(row, told)
    for row in found.values():
        row["last_at"] = iso(row["last_at"])
    return sorted(found.values(), key=lambda row: -row["recipients"])


def _reason(row: Row, told: Row | None) -> Row:
    names = ("reply", "recipients", "people", "last_at", "example")
    return {name: row[name] for name in names} | {"explanation": told}


def _add(held: Row, row: Row) -> None:
    """Another spelling of the same reason; people of both may be the same, so the larger counts."""
    held["recipients"] += row["recipients"]
    held["people"] = max(held["people"], row["people"])
    held["last_at"] = max(held["last_at"], row["last_at"])


def delivery_figures(
    published: Published, since: datetime, until: datetime, account: str | None = None
) -> list[Row]:
    """One entry per account with rows in [since, until).

    delivery_rate: delivered of the recipients whose outcome is known, None without one. envelope:
    most recipients in one message as [low, high], equal where exact. Units: recipients, bytes.
    """
    asked = {"since": since, "until": until, "tenant": published.tenant, "account": account}
    day = published.now.date()
    failures = _grouped(records(published.connection, sql(__file__, "delivery_failures"), asked))
    outcomes = _grouped(
        records(
            published.connection,
            sql(__file__, "recipient_outcomes"),
            asked | {"attempts": ATTEMPTS},
        )
    )
    envelopes = _grouped(
        records(
            published.connection,
            sql(__file__, "envelopes"),
            asked | {"limit": recipients_per_message(day)},
        )
    )
    found = []
    for row in records(published.connection, sql(__file__, "delivery_figures"), asked):
        key = row["tenant"], row["account"]
        parts = failures.get(key, []), outcomes.get(key, []), envelopes[key][0]
        found.append(_figures(row, *parts, day))
    return found


def _grouped(rows: Iterable[Row]) -> dict[Key, list[Row]]:
    found: dict[Key, list[Row]] = {}
    for row in rows:
        found.setdefault((row.pop("tenant"), row.pop("account")), []).append(row)
    return found


def _figures(row: Row, failures: list[Row], outcomes: list[Row], envelope: Row, day: date) -> Row:
    known, most = row["known"], row.pop("most_bytes")
    return {
        **row,
        "delivery_rate": row["delivered"] / known if known else None,
        "failure_reasons": _reasons(failures),
        "failures": [each | {"last_at": iso(each["last_at"])} for each in failures],
        "always_failing": [
            {"recipient": each["recipient"], "failures": each["failures"],
             "last_at": iso(each["last_at"])}
            for each in outcomes
            if not each["expansions"]
        ],
        "lists": [
            {"recipient": each["recipient"], "expansions": each["expansions"],
             "last_at": iso(each["last_at"])}
            for each in outcomes
            if each["expansions"]
        ],
        "envelope": _envelope(envelope, recipients_per_message(day)),
        "size": _size(most, limit("message_size", day)),
    }  # fmt: skip


def _reasons(failures: list[Row]) -> list[Row]:
    """Failed recipients by reason, the commonest first; None is a reason nobody has read."""
    counts: dict[str | None, int] = {}
    for each in failures:
        counts[each["reason"]] = counts.get(each["reason"], 0) + each["messages"]
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0] or ""))
    return [{"reason": reason, "recipients": count} for reason, count in ordered]


def _envelope(row: Row, allowed: int) -> Row:
    exact, upper = row["exact_most"] or 0, row["range_most"] or 0
    low, high = max(exact, min(upper, 1)), max(exact, upper)
    return {
        "limit": allowed,
        "most": [low, high],
        "headroom": [allowed - high, allowed - low],
        "is_exact": row["range_messages"] == 0,
    }


def _size(most: int | None, allowed: Limit) -> Row:
    return {
        "limit_bytes": allowed.number,
        "is_limit_verified": allowed.verified,
        "most_bytes": most,
        "headroom_bytes": None if most is None else allowed.number - most,
    }
