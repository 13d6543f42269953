"""Delivery by domain and list, failures by day and reason, and what is nearest to a limit."""

from __future__ import annotations

from datetime import date

import pytest

from models.delivery.breakdown import by_domain, by_list, failures_by_day
from models.delivery.headroom import RECIPIENTS, SIZE, nearest_limits
from models.delivery.outcomes import delivery_figures
from tests.unit.models.conftest import NOW, Workbench, at, trace
from warehouse.reading import read_published
from warehouse.records.trace_events import Pair, TraceEvent, record_events

FIRST = at("2026-11-01T00:00:00")


@pytest.fixture(scope="module")
def mail(shared_bench: Workbench) -> Workbench:
    """Two accounts, two domains, one list of three with a fourth beside it."""
    rows = [
        trace("l", "all@contoso.com", "2026-11-02T09:00:00", status="expanded"),
        *(
            trace("l", f"{name}@contoso.com", "2026-11-02T09:00:00", status=status)
            for name, status in (
                ("ada", "delivered"), ("bob", "failed"), ("cem", "delivered"), ("dee", "pending")
            )
        ),
        *(
            trace(f"f{n}", "eve@fabrikam.com", f"2026-11-0{n}T10:00:00", status="failed",
                  sender="it@contoso.com", size_bytes=9_000_000)
            for n in (2, 3)
        ),
        trace("g", "fay@fabrikam.com", "2026-11-03T10:00:00", sender="it@contoso.com"),
    ]  # fmt: skip
    shared_bench.land(*rows)
    events = {
        Pair("f2", "eve@fabrikam.com"): "550 5.1.10 no such recipient",
        Pair("f3", "eve@fabrikam.com"): "550 5.7.1 refused",
    }
    for pair, words in events.items():
        event = TraceEvent(*pair, at("2026-11-03T10:00:00"), "Fail", None, words)
        record_events(shared_bench.store, "contoso", {pair: [event]}, NOW)
    shared_bench.build(NOW)
    return shared_bench


def test_domains_with_low_rates_come_first(mail: Workbench) -> None:
    with read_published(mail.store.root, NOW) as published:
        rows = by_domain(published, FIRST, NOW)
        (own,) = by_domain(published, FIRST, NOW, ["hr@contoso.com"])
    found = {row.domain: (row.recipients, row.delivered, row.failed, row.pending) for row in rows}
    assert found == {"contoso.com": (4, 2, 1, 1), "fabrikam.com": (3, 1, 2, 0)}
    assert rows[0].domain == "fabrikam.com"
    assert rows[0].delivery_rate == pytest.approx(1 / 3)
    assert (own.domain, own.recipients) == ("contoso.com", 4)


def test_a_list_is_its_members_and_who_was_beside_it(mail: Workbench) -> None:
    with read_published(mail.store.root, NOW) as published:
        (row,) = by_list(published, FIRST, NOW)
        assert by_list(published, FIRST, NOW, ["it@contoso.com"]) == []
    assert (row.address, row.messages, row.recipients) == ("all@contoso.com", 1, 4)
    assert (row.delivered, row.failed, row.pending) == (2, 1, 1)
    assert row.delivery_rate == pytest.approx(2 / 3)


def test_failures_are_told_by_day_and_reason(mail: Workbench) -> None:
    with read_published(mail.store.root, NOW) as published:
        rows = failures_by_day(published, FIRST, NOW)
    assert [(row.day, row.reason, row.recipients) for row in rows] == [
        (date(2026, 11, 2), "550 5.1.10", 1),
        (date(2026, 11, 2), None, 1),
        (date(2026, 11, 3), "550 5.7.1", 1),
    ]


def test_the_nearest_account_is_named_first(mail: Workbench) -> None:
    with read_published(mail.store.root, NOW) as published:
        uses = nearest_limits(delivery_figures(published, FIRST, NOW))
    first = uses[0]
    assert (first.account, first.limit, first.used) == ("it@contoso.com", SIZE, 9_000_000)
    assert first.ratio == round(9_000_000 / first.of, 4)
    hr = next(use for use in uses if (use.account, use.limit) == ("hr@contoso.com", RECIPIENTS))
    assert (hr.used, hr.may_be, hr.of) == (1, 5, 50), "a list hides who stood in the envelope"
