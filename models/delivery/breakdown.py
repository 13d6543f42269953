"""Delivery by recipient domain and by list, and failures by day and reason."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from msgspec import convert

from hve_monitor.document import Document
from hve_monitor.files import sql
from models.delivery.rate import delivery_rate, low_first, rate_range
from models.engine.sql import records
from warehouse.connection import Row
from warehouse.reading import Published


class DomainDelivery(Document):
    """What became of mail to a domain. Units: recipients; None is not known.

    domain: None where recipients are not kept. delivery_rate, rate_range: models.delivery.rate.
    """

    domain: str | None
    recipients: int
    delivered: int | None
    failed: int | None
    quarantined: int | None
    filtered_as_spam: int | None
    pending: int | None
    unknown_recipients: int
    delivery_rate: float | None
    rate_range: tuple[float, float] | None


class ListDelivery(Document):
    """What became of the messages to a list: its members, and whoever was beside it."""

    address: str
    messages: int
    recipients: int
    delivered: int
    failed: int
    quarantined: int
    filtered_as_spam: int
    pending: int
    unknown_recipients: int
    delivery_rate: float | None
    rate_range: tuple[float, float] | None


class FailureDay(Document):
    """Recipients that failed on a UTC day for a reason; None is one that nobody has read."""

    day: date
    reason: str | None
    recipients: int


def by_domain(
    published: Published, since: datetime, until: datetime, accounts: Sequence[str] | None = None
) -> list[DomainDelivery]:
    """Delivery by recipient domain, low rates first. Reads every message of the period."""
    rows = _rated(_rows(published, "domain_outcomes", since, until, accounts))
    return convert(rows, list[DomainDelivery])


def by_list(
    published: Published, since: datetime, until: datetime, accounts: Sequence[str] | None = None
) -> list[ListDelivery]:
    """Delivery by list, low rates first. Reads every message of the period."""
    return convert(
        _rated(_rows(published, "list_outcomes", since, until, accounts)), list[ListDelivery]
    )


def failures_by_day(
    published: Published, since: datetime, until: datetime, accounts: Sequence[str] | None = None
) -> list[FailureDay]:
    """Failed recipients by day and reason, the oldest day first."""
    return convert(_rows(published, "failure_days", since, until, accounts), list[FailureDay])


def _rows(
    published: Published,
    name: str,
    since: datetime,
    until: datetime,
    accounts: Sequence[str] | None,
) -> list[Row]:
    bounds: Row = {"since": since, "until": until, "tenant": published.tenant}
    bounds["accounts"] = None if accounts is None else list(accounts)
    return records(published.connection, sql(__file__, name), bounds)


def _rated(rows: list[Row]) -> list[Row]:
    """The rows with their rates, those that certainly deliver least first."""
    ordered = sorted(rows, key=low_first)
    return [
        row | {"delivery_rate": delivery_rate(row), "rate_range": rate_range(row)}
        for row in ordered
    ]
