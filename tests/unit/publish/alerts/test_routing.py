"""Who is told what, and when."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from hve_monitor.clock import iso
from hve_monitor.config import Alerts
from publish.alerts.routing import concerns, may_page, message_id, named, page_bar, route, stage_of
from tests.unit.publish.conftest import NOW, candidate, target
from warehouse.records.outbox import Notice

ZONE = "Europe/Berlin"


def told(stage: str = "opened", severity: str = "high", size: int = 5200, **other: Any) -> Notice:
    return Notice(stage, severity, size, 1, other.get("paged_at"), {})


@pytest.mark.parametrize(
    ("changes", "before", "stage"),
    [
        ({}, None, "opened"),
        ({"severity": "low"}, None, None),
        ({"standing": "over"}, None, None),
        ({"standing": "judged"}, None, None),
        ({}, told(), None),
        ({"size": 10_399}, told(), None),
        ({"size": 10_400}, told(), "updated"),
        ({}, told(severity="medium"), "updated"),
        ({"severity": "medium"}, told(), None),
        ({"standing": "judged", "size": 99_999}, told(), None),
        ({"standing": "over"}, told(), "resolved"),
        ({"standing": "over"}, told(stage="resolved"), None),
        ({"size": 0}, told(size=0), None),
    ],
)
def test_each_stage_is_told_once(changes: Any, before: Notice | None, stage: str | None) -> None:
    assert stage_of(candidate(**changes), target(), before) == stage


@pytest.mark.parametrize(
    ("wanted", "heard"),
    [
        ({}, True),
        ({"audience": ("security",)}, True),
        ({"audience": ("finops",)}, False),
        ({"tenants": ("contoso",)}, True),
        ({"tenants": ("fabrikam",)}, False),
    ],
)
def test_a_target_hears_of_its_audience_and_tenants(wanted: Any, heard: bool) -> None:
    assert concerns(candidate(), target(**wanted)) is heard


def test_what_concerns_nobody_is_told_to_nobody() -> None:
    assert not concerns(candidate(audience=()), target())


def due(quiet: str = "", bar: float = 0.0, before: Notice | None = None, **changes: Any) -> Any:
    alerts = Alerts(quiet_hours=quiet)
    place = target(audience=changes.pop("reader", ()))
    stage = changes.pop("stage", "opened")
    now = changes.pop("now", NOW)
    return route(candidate(**changes), stage, place, before, alerts, ZONE, bar, now)


def test_high_severity_goes_out_at_once_also_in_quiet_hours() -> None:
    found = due(quiet="00:00-23:59")
    assert (found.due_at, found.is_page) == (NOW, True)


def test_everything_else_waits_for_the_digest_of_its_audience() -> None:
    assert iso(due(severity="medium").due_at) == "2026-11-25T07:00:00Z"
    weekly = due(severity="medium", audience=("finops", "security"), reader=("finops",))
    assert iso(weekly.due_at) == "2026-11-30T07:00:00Z"
    daily = due(severity="medium", audience=("finops", "security"))
    assert iso(daily.due_at) == "2026-11-25T07:00:00Z"


def test_a_digest_that_falls_into_quiet_hours_comes_after_them() -> None:
    assert iso(due(quiet="22:00-09:30", severity="medium").due_at) == "2026-11-25T08:30:00Z"


def test_the_end_of_a_page_wakes_nobody() -> None:
    night = NOW.replace(hour=23)
    paged = told(paged_at=iso(NOW))
    found = due(quiet="22:00-06:00", before=paged, stage="resolved", now=night)
    assert (iso(found.due_at), found.is_page) == ("2026-11-25T05:00:00Z", False)


def test_a_siem_gets_everything_at_once_and_is_no_page() -> None:
    place = target("splunk+https://token@splunk.contoso.com:8088")
    alerts = Alerts(quiet_hours="00:00-23:59")
    found = route(candidate(severity="medium"), "opened", place, None, alerts, ZONE, 0.0, NOW)
    assert (found.due_at, found.is_page) == (NOW, False)


def paged(number: int, days: int = 1) -> dict[tuple[str, str], Notice]:
    at = iso(NOW - timedelta(days=days))
    return {("soc", f"incident:{place}"): told(paged_at=at) for place in range(number)}


@pytest.mark.parametrize(
    ("pages", "status", "bar"),
    [
        (1, "false_positive", 0.0),
        (2, "false_positive", 5.0),
        (3, "closed", 10.0),
        (30, "closed", 40.0),
        (30, "open", 0.0),
        (30, "confirmed", 0.0),
    ],
)
def test_false_pages_raise_the_bar_within_bounds(pages: int, status: str, bar: float) -> None:
    standing = {f"incident:{number}": status for number in range(pages)}
    assert page_bar(paged(pages), standing, NOW, 2) == bar


def test_pages_of_last_month_are_forgotten_and_one_incident_counts_once() -> None:
    assert page_bar(paged(9, days=31), {}, NOW, 2) == 0.0
    twice = paged(1) | {("mail", "incident:0"): told(paged_at=iso(NOW))}
    assert page_bar(twice, {}, NOW, 2) == 0.0


def test_a_ceiling_pages_whatever_the_bar_says() -> None:
    assert may_page(candidate(strength=16.8), 10.0)
    assert not may_page(candidate(strength=16.8), 20.0)
    assert may_page(candidate(kind="ceiling", strength=1.1), 40.0)
    assert not may_page(candidate(severity="medium", strength=99.0), 0.0)


def test_what_may_not_page_goes_to_the_digest() -> None:
    found = due(bar=20.0)
    assert (iso(found.due_at), found.is_page) == ("2026-11-25T07:00:00Z", False)


def test_names_of_targets_hold_no_secret() -> None:
    urls = [
        "webhook+https://:s3cret@hooks.contoso.com/path-token?key=1",
        "webhook+https://hooks.contoso.com/other",
        "slack://TokenA/TokenB/TokenC/#soc",
        "smtps://user:s3cret@mail.contoso.com/?to=soc@contoso.com",
    ]
    names = list(named([*map(target, urls), target("slack://a/b/c", name="soc")]))
    assert names == [
        "webhook+https://hooks.contoso.com",
        "webhook+https://hooks.contoso.com#2",
        "slack",
        "smtps://mail.contoso.com",
        "soc",
    ]


def test_the_same_message_has_the_same_id_and_another_another() -> None:
    first = message_id("contoso", "soc", "incident:a", 1)
    assert first == message_id("contoso", "soc", "incident:a", 1)
    assert len({first, message_id("contoso", "soc", "incident:a", 2)}) == 2
