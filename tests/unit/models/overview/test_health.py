"""Health: shares of days that were read, refused lines, runs and quota."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from hve_monitor.config import Config, Limits, Tenant, Warehouse
from models.delivery.outcomes import explained_failures, undelivered
from models.overview.changes import changes_since
from models.overview.health import (
    RefusedSetting,
    coverage_days,
    health_report,
    last_runs,
    quota_use,
)
from models.usage.coverage import SOURCE
from models.usage.usage import daily_usage, window_usage
from tests.unit.models.conftest import NOW, Workbench, at, trace
from warehouse.reading import Published
from warehouse.records.accounts import Account, record_accounts
from warehouse.records.billing import BillingPolicy, record_billing
from warehouse.records.coverage import plan_backfill, record_coverage
from warehouse.records.trace_events import Pair, TraceEvent, record_events
from warehouse.windows import Window

HR = "hr@contoso.com"


def test_a_day_is_read_as_far_as_its_addresses_are(bench: Workbench) -> None:
    bench.accounts(Account(HR, (HR, "jobs@contoso.com")))
    bench.store.state.record_now("contoso", NOW)
    noon, addresses = at("2026-11-22T12:00:00"), (HR, "jobs@contoso.com")
    plan_backfill(bench.store.state, "contoso", SOURCE, addresses, at("2026-11-20T00:00:00"))
    record_coverage(bench.store.state, "contoso", SOURCE, HR, Window(noon - timedelta(days=2), NOW))
    record_coverage(bench.store.state, "contoso", SOURCE, "jobs@contoso.com", Window(noon, NOW))
    bench.build()
    with bench.reader() as connection:
        days = coverage_days(Published(connection, NOW), date(2026, 11, 20))
    assert days["share"].tolist() == [0.25, 0.5, 0.75, 1.0, 1.0]
    assert set(days["account"]) == {HR}


def test_days_before_a_reading_was_planned_are_not_judged(bench: Workbench) -> None:
    """The same as the list of gaps: none is missing since the first reading at noon."""
    bench.accounts(Account(HR, (HR,)))
    bench.store.state.record_now("contoso", NOW)
    record_coverage(
        bench.store.state, "contoso", SOURCE, HR, Window(at("2026-11-22T12:00:00"), NOW)
    )
    bench.build()
    with bench.reader() as connection:
        days = coverage_days(Published(connection, NOW), date(2026, 11, 20))
    assert list(zip(days["day"], days["share"], strict=True)) == [
        (date(2026, 11, 22), 1.0), (date(2026, 11, 23), 1.0), (date(2026, 11, 24), 1.0)
    ]  # fmt: skip


def test_minutes_since_the_last_run_are_no_unread_hours(bench: Workbench) -> None:
    """Built nine minutes after it was read: the chart and the list of gaps agree."""
    bench.accounts(Account(HR, (HR,)))
    bench.store.state.record_now("contoso", NOW)
    record_coverage(
        bench.store.state, "contoso", SOURCE, HR, Window(at("2026-11-22T00:00:00"), NOW)
    )
    later = NOW + timedelta(minutes=9)
    bench.build(later)
    with bench.reader() as connection:
        published = Published(connection, later)
        assert coverage_days(published, date(2026, 11, 22))["share"].tolist() == [1.0, 1.0, 1.0]
        assert health_report(published).coverage.complete is True


def test_only_what_names_a_permission_is_a_refusal() -> None:
    reasons = {
        "HTTP 403: no; needed: Microsoft Graph application permission Policy.Read.All": True,
        "HTTP 403: Tenant does not have a premium license": True,
        "GET https://127.0.0.1: ConnectError: refused; try again later": False,
    }
    assert {
        reason: RefusedSetting(
            tenant="contoso", kind="x", reason=reason, objects=1, since=NOW
        ).is_refusal
        for reason in reasons
    } == reasons


def test_a_store_without_accounts_has_no_day_to_judge(bench: Workbench) -> None:
    bench.land(trace("m1", "a@contoso.com", "2026-11-20T07:00:00"))
    bench.build()
    with bench.reader() as connection:
        report = health_report(Published(connection, NOW))
        assert coverage_days(Published(connection, NOW), date(2026, 11, 20)).empty
    assert report.waiting_days == 0
    assert report.rejected == report.settings == report.signals == []
    newest = {mart.mart: mart.newest for mart in report.marts}
    assert newest["usage by day"] == date(2026, 11, 20)


def test_runs_are_those_of_the_asked_tenant_newest_first(bench: Workbench) -> None:
    config = Config(warehouse=Warehouse(path=bench.store.root))
    for number in range(2):
        sources = [{"source": "accounts", "tenant": name} for name in ("contoso", "fabrikam")]
        summary: dict[str, Any] = {"sources": sources, "models": {}, "alerts": {},
                                   "incidents_opened": number}  # fmt: skip
        start = NOW + timedelta(hours=number)
        bench.store.state.record_run(start, start + timedelta(seconds=30), summary)
    runs = last_runs(config, "fabrikam")
    assert [run.incidents_opened for run in runs] == [1, 0]
    assert [source.tenant for source in runs[0].sources] == ["fabrikam"]
    assert runs[0].seconds == 30.0


def test_quota_counts_the_running_window(bench: Workbench) -> None:
    login = {"tenant_id": "1", "client_id": "2", "managed_identity": True}
    tenants = (
        Tenant.model_validate({"name": "contoso", "accounts": ["hr@contoso.com"], **login}),
        Tenant(name="local", accounts="files"),
    )
    limits = Limits(message_trace_requests=100, share=0.5, message_trace_window_seconds=300)
    config = Config(warehouse=Warehouse(path=bench.store.root), tenants=tenants, limits=limits)
    for second in (0.0, 900.0, 1000.0):
        bench.store.state.use_quota("contoso", second, 5000)
    (row,) = quota_use(config, at=1100.0)
    assert (row.used, row.allowed, row.published) == (2, 50, 100)
    assert row.tenant == "contoso", "files need no requests"
    assert quota_use(config, "elsewhere", at=1100.0) == []


@pytest.fixture(scope="module")
def failing(shared_bench: Workbench) -> Workbench:
    """Three failures, two of them with the same reason in other words, and one delivery."""
    moment = "2026-11-20T07:10:00"
    people = ["a", "b", "c"]
    shared_bench.land(
        *(trace("m1", f"{name}@contoso.com", moment, status="failed") for name in people),
        trace("m1", "d@contoso.com", moment),
        trace("m2", "all@contoso.com", moment, status="expanded"),
        trace("m3", "e@contoso.com", "2026-11-20T08:00:00", status=None),
    )
    events = {
        Pair("m1", "a@contoso.com"): "Reason: 550 5.1.10 RESOLVER.ADR.RecipientNotFound; a",
        Pair("m1", "b@contoso.com"): "Reason: 550 5.1.10 RESOLVER.ADR.RecipientNotFound; b",
    }
    told = {
        pair: [TraceEvent(pair.trace_id, pair.recipient, NOW, "Fail", None, words, None)]
        for pair, words in events.items()
    }
    record_events(shared_bench.store, "contoso", told, NOW)
    shared_bench.build()
    return shared_bench


def test_reasons_are_counted_and_explained(failing: Workbench) -> None:
    with failing.reader() as connection:
        known, unknown = explained_failures(
            Published(connection, NOW), at("2026-11-01T00:00:00"), NOW
        )
        rows = undelivered(Published(connection, NOW), at("2026-11-01T00:00:00"), NOW)
    assert (known.recipients, known.people, known.reply) == (2, 2, "550 5.1.10")
    assert "does not exist" in known.explanation.meaning
    assert (unknown.recipients, unknown.explanation) == (1, None)
    assert rows[["status", "recipients"]].values.tolist() == [["failed", 3]]


def test_whole_hours_add_up_to_the_day(failing: Workbench) -> None:
    with failing.reader() as connection:
        hour = window_usage(
            Published(connection, NOW), at("2026-11-20T07:00:00"), at("2026-11-20T08:00:00")
        )
        day = window_usage(
            Published(connection, NOW), at("2026-11-20T00:00:00"), at("2026-11-21T00:00:00")
        )
        usage = daily_usage(Published(connection, NOW))
    assert hour["recipients"].tolist() == [4]
    assert day["recipients"].tolist() == usage["recipients"].tolist() == [5]


def test_a_finding_that_turns_is_a_change_and_a_first_one_is_not(bench: Workbench) -> None:
    then = NOW - timedelta(days=2)
    policy = ("P1", "Mail", "BillingPolicyValid"), ("P1", "Mail", "SubscriptionIsNotActive")
    for moment, state in zip((then, NOW), policy, strict=True):
        record_accounts(bench.store, "contoso", [Account(HR, (HR,))], moment, "exchange")
        record_billing(bench.store, "contoso", [BillingPolicy(HR, *state)], moment)
        bench.build(moment)
    with bench.reader() as connection:
        first = changes_since(Published(connection, then), then - timedelta(days=1))
        (turned,) = changes_since(Published(connection, NOW), then)
    assert first == []
    assert (turned.account, turned.check) == (HR, "billing_policy")
    assert turned.what == "billing policy: fail, pass before"
