"""Numbers that conclude something: the page, the command and the raw rows say the same."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboards.parts.amounts import count, percent
from hve_monitor.plural import plural
from tests.unit.dashboards.conftest import bodies, tiles
from tests.unit.dashboards.conftest import words as words_of
from tests.unit.stores.conftest import Ask, FilledStore, Page, Run
from tests.unit.stores.five_stores import NIGHT, NOW
from tests.unit.stores.truth import PRICE, STATUSES, Truth, by_account, truth

MONTH = datetime(2026, 11, 1, tzinfo=UTC)
WEEK = NOW - timedelta(days=7)
PERIOD = datetime(2026, 10, 26, tzinfo=UTC)  # the 30 days that pages show
CELL = re.compile(r"<t[dh][^>]*>(?:<[^>]*>)*([^<]*)")
INCIDENTS = {
    "none": [("surge", "app@contoso.com", 400)],
    # The storm of sixty, and what the office sent in its hours; not the echoes of the afternoon.
    "mixed": [("failure_storm", "app@contoso.com", 68)],
    "aggregate": [("failure_storm", "hr@contoso.com", 64)],
    "many": [],
    "three": [],
}


def shown(app: AppTest, label: str) -> list[list[str]]:
    """Rows of a table of the page, its head first."""
    (body,) = (body for body in bodies(app) if f'aria-label="{label}"' in body)
    return [CELL.findall(row) for row in re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL)]


def rate_of(rows: Truth) -> str:
    """The rate as a table shows it: a range where statuses are unknown."""
    if rows.rate is None:
        return "unknown"
    if not rows.unknown:
        return percent(rows.rate)
    most = rows.settled + rows.unknown
    delivered = rows.delivered or 0
    return f"{percent(delivered / most)} to {percent((delivered + rows.unknown) / most)}"


def counts_of(rows: Truth) -> dict[str, Any]:
    """What a usage row says of some rows."""
    known = rows.delivered or 0
    return {
        "messages": rows.messages,
        "recipients": rows.recipients,
        **{status: rows.of_status(status) for status in STATUSES},
        "billable_recipients": rows.delivered,
        "unknown_recipients": rows.unknown,
        "range": [known, known + rows.unknown],
    }


def test_usage_says_the_known_part_the_unknown_rows_and_the_range(
    store: FilledStore, ask: Ask
) -> None:
    rows = ask("usage", "--by", "account,day")["rows"]
    told = {
        (row["account"], row["day_utc"]): {name: row[name] for name in counts_of(Truth([]))}
        for row in rows
    }
    days = sorted({(row.sender, row.received_at[:10]) for row in store.rows})
    assert told == {
        (account, day): counts_of(
            Truth(
                [row for row in store.rows if (row.sender, row.received_at[:10]) == (account, day)]
            )
        )
        for account, day in days
    }


def test_the_month_costs_what_was_delivered(store: FilledStore, ask: Ask, page: Page) -> None:
    month = truth(store.rows, MONTH)
    report = ask("cost")
    spent = report["month_to_date"]
    assert spent["billable_recipients"] == month.delivered
    assert spent["unknown_recipients"] == month.unknown
    assert amount(spent["cost"]) == month.cost
    if not spent["unread_days"]:
        known = month.cost or Decimal(0)
        assert [amount(end) for end in spent["range"]] == [known, known + month.unknown * PRICE]
    values = tiles(page("overview"))
    if month.cost is None:
        assert values["Spent this month"] == "unknown"
        assert report["projection"]["month_end"] is None
    else:
        is_whole = not (month.unknown or spent["unread_days"])
        assert values["Spent this month"].startswith("≥ ") is not is_whole
        assert values["Spent this month"].split()[-1] == "USD"


def amount(text: str | None) -> Decimal | None:
    """Money of a document."""
    return None if text is None else Decimal(text)


def test_accounts_pay_what_was_delivered(store: FilledStore, ask: Ask) -> None:
    accounts = by_account(store.rows, MONTH)
    told = {row["account"]: row for row in ask("cost")["by_account"]}
    assert set(told) <= set(accounts)
    for account, row in told.items():
        assert amount(row["month_to_date"]) == accounts[account].cost, account
        assert row["unknown_recipients"] == accounts[account].unknown
    assert {name for name, rows in accounts.items() if rows.cost} <= set(told)


def test_budgets_are_used_by_what_is_known(store: FilledStore, ask: Ask) -> None:
    for budget in ask("cost")["budgets"]:
        name = None if budget["name"] == "all" else "hr@contoso.com"
        own = truth(store.rows, MONTH, name)
        known = own.cost if own.rows else None
        if own.rows:
            assert amount(budget["used"]) == known, budget["name"]
            assert budget["unknown_recipients"] == own.unknown


def test_delivery_rates_are_one(store: FilledStore, ask: Ask, page: Page) -> None:
    since = WEEK.isoformat().replace("+00:00", "Z")
    week, accounts = truth(store.rows, WEEK), by_account(store.rows, PERIOD)
    summary = ask("trace", "--summary", "--since", since)["accounts"]
    for figures in summary:
        own = truth(store.rows, WEEK, figures["account"])
        assert figures["recipients"] == own.recipients
        assert (figures["known"], figures["unknown_recipients"]) == (own.settled, own.unknown)
        assert figures["delivery_rate"] == own.rate
        assert [figures[name] for name in STATUSES[:4]] == [
            own.of_status(name) for name in STATUSES[:4]
        ]
    overview, delivery = page("overview"), page("delivery")
    assert tiles(overview)["Delivery rate, 7 days"] == percent(week.rate)
    if week.unknown:
        assert f"{count(week.unknown)} " in words_of(overview)
    largest = {row[0]: row for row in shown(overview, "Largest accounts")[1:]}
    rates = {row[0]: row for row in shown(delivery, "Delivery rates")[1:]}
    for account in {*largest, *rates} & set(accounts):
        for row in (places[account] for places in (largest, rates) if account in places):
            assert rate_of(accounts[account]) in row, account
    for account, row in largest.items():
        own = accounts[account]
        least = "≥ " if own.unknown and own.delivered is not None else ""
        assert row[-1] == least + count(own.delivered)


def test_the_delivery_page_counts_what_did_not_arrive(store: FilledStore, page: Page) -> None:
    period, text = truth(store.rows, PERIOD), words_of(page("delivery"))
    lost = {name: period.of_status(name) for name in STATUSES[1:]}
    number = sum(value or 0 for value in lost.values())
    if number:
        (heading,) = re.findall(r"([\d,]+) recipients? without delivery: ([^<]*)<", text)
        assert heading[0] == f"{number:,}"
        parts = {f"{value:,} {name.replace('_', ' ')}" for name, value in lost.items() if value}
        assert set(heading[1].split(", ")) == parts
    if period.unknown:
        assert f"status of {period.unknown:,} recipients is unknown" in text
    assert ("Everybody got their mail" in text) is (not number and not period.unknown)


def test_volume_is_all_that_was_sent(store: FilledStore, ask: Ask, page: Page) -> None:
    overview = page("overview")
    values, period = tiles(overview), truth(store.rows, PERIOD)
    days = len({row.received_at[:10] for row in period.rows})
    assert f"{period.recipients:,} recipients in {days} days" in words_of(overview)
    (row,) = ask("tenants")["tenants"]
    for label, name, since in (
        ("Recipients, last 24 h", "recipients_24h", NOW - timedelta(days=1)),
        ("Recipients, last 7 days", "recipients_7d", WEEK),
    ):
        sent = truth(store.rows, since).recipients
        if row[name] is None:  # nothing was seen in a window that no file covers
            assert (sent, values[label]) == (0, "unknown")
        else:
            assert row[name] == sent
            least = "" if row[name.replace("recipients", "whole")] else "≥ "
            assert values[label] == f"{least}{sent:,}"


def test_incidents_are_the_same_everywhere(store: FilledStore, ask: Ask, page: Page) -> None:
    cards = ask("incidents")["incidents"]
    assert [(card["kind"], card["account"], card["observed"]) for card in cards] == INCIDENTS[
        store.name
    ]
    still_open = ask("incidents", "--status", "open")["incidents"]
    (row,) = ask("tenants")["tenants"]
    overview = tiles(page("overview"))
    assert row["open_incidents"] == len(still_open)
    assert overview["Open incidents"] == str(len(still_open))


def test_an_incident_reached_whom_it_was_delivered_to(
    store: FilledStore, ask: Ask, page: Page
) -> None:
    for card in ask("incidents")["incidents"]:
        (whole,) = ask("incidents", card["id"], "--recipients")["incidents"]
        start = datetime.fromisoformat(card["started_at"])
        assert start >= NIGHT
        written = truth(store.rows, start, card["account"])
        if card["ended_at"]:
            end = card["ended_at"]
            written = Truth([row for row in written.rows if row.received_at < end])
        people = {row.recipient for row in written.rows}
        reached = {row.recipient for row in written.rows if row.status == "delivered"}
        if store.name == "aggregate":  # a mark for each row stands for its recipient: no people
            assert [whole[name] for name in ("addressed", "reached", "unsettled")] == [None] * 3
            got = f"{written.delivered:,} of {plural(written.recipients, 'recipient')}"
            assert f"{got} got their mail" in words_of(page("senders"))
            continue
        assert whole["addressed"] == len(people)
        assert whole["reached"] == (len(reached) if written.settled else None)


def test_readiness_and_coverage_are_the_same_everywhere(
    store: FilledStore, ask: Ask, page: Page
) -> None:
    findings = ask("readiness")["findings"]
    failing = sum(finding["status"] == "fail" for finding in findings)
    overview = tiles(page("overview"))
    assert overview["Checks that fail"] == str(failing)
    assert ask("usage")["coverage"]["complete"] is None
    assert overview["What was read"] == "unknown"
    accounts = len({row.sender for row in store.rows})
    assert f"of {accounts:,} account" in words_of(page("health"))


def test_metrics_leave_out_what_is_unknown(store: FilledStore, run: Run, tmp_path: Path) -> None:
    assert run("export", "openmetrics", "--out", "metrics.txt").code == 0
    lines = (tmp_path / "metrics.txt").read_text().splitlines()
    values = {
        line.split("{")[0]: float(line.rsplit(" ", 1)[1])
        for line in lines
        if line.startswith("hve_") and "_month_to_date{" in line
    }
    month = truth(store.rows, MONTH)
    expected = {
        "hve_messages_month_to_date": month.messages,
        "hve_recipients_month_to_date": month.recipients,
        "hve_delivered_month_to_date": month.delivered,
        "hve_failed_month_to_date": month.of_status("failed"),
        "hve_billable_recipients_month_to_date": month.delivered,
        "hve_unknown_recipients_month_to_date": month.unknown,
        "hve_cost_month_to_date": None if month.cost is None else float(month.cost),
    }
    told = {name: values.get(name) for name in expected}
    assert told == pytest.approx(expected)
