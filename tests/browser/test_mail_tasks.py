"""Tasks of mail administrators: at most three clicks, and the answer of the command."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from dashboards.parts.amounts import count, percent
from tests.browser.conftest import Dashboard, Visit, drawn, served
from tests.unit.dashboards.conftest import gapped_tenant

pytestmark = pytest.mark.browser


def open_page(page: Page, name: str) -> None:
    """One click in the menu."""
    page.get_by_role("link", name=name, exact=True).first.click()
    page.wait_for_url(f"**/{name.lower()}**")
    drawn(page)


def search(page: Page, **fields: str) -> None:
    """Fills fields of the search and presses its button: one click."""
    for label, text in fields.items():
        page.get_by_label(label.replace("_", " "), exact=True).fill(text)
    page.get_by_test_id("stBaseButton-primaryFormSubmit").click()
    drawn(page)


def findings(dashboard: Dashboard, *arguments: str) -> list[dict[str, Any]]:
    """Findings of the readiness command, which ends with 3 where a check fails."""
    return list(dashboard.command("readiness", *arguments, codes=(0, 3))["findings"])


@pytest.mark.parametrize("kind", ["part", "domain", "list"])
def test_did_it_reach_somebody_of_whom_a_part_is_known(
    dashboard: Dashboard, visit: Visit, kind: str
) -> None:
    """Two clicks: the page, the search."""
    person = dashboard.command("trace", "--limit", "1")["rows"][0]["recipient"]
    name, _, domain = person.partition("@")
    text = {"part": name, "domain": f"@{domain}", "list": f"{person}; nobody@{domain}"}[kind]
    since = "2026-10-26T00:00:00Z"
    found = dashboard.command("trace", "--recipient", text, "--since", since)
    page = visit(dashboard.url)
    open_page(page, "Delivery")
    search(page, Recipient=text)
    panel = page.locator(".st-key-search-panel")
    expect(panel.get_by_text(f"{count(found['total'])} row").first).to_be_visible()
    for status, number in found["by_status"].items():
        shown = {"filtered_as_spam": "filtered as spam"}.get(status, status)
        expect(panel.get_by_text(f"{count(number)} {shown}").first).to_be_visible()


def test_a_part_that_finds_nothing_is_no_proof(dashboard: Dashboard, visit: Visit) -> None:
    """Two clicks; the sentence is that of the command."""
    page = visit(dashboard.url)
    open_page(page, "Delivery")
    search(page, Recipient="*zzz*")
    since = "2026-10-26T00:00:00Z"
    found = dashboard.command("trace", "--recipient", "*zzz*", "--since", since)
    assert "no such message" not in found["meaning"]
    assert "…zzz…" in found["meaning"]
    expect(page.get_by_text(found["meaning"])).to_be_visible()


def test_a_file_of_all_rows_of_a_search(dashboard: Dashboard, visit: Visit, tmp_path: Path) -> None:
    """Three clicks: the page, the search, the file."""
    account = dashboard.command("usage", "--by", "account")["rows"][0]["account"]
    page = visit(dashboard.url)
    open_page(page, "Delivery")
    search(page, Sender_address=account)
    ours, since = tmp_path / "ours.csv", "2026-10-26T00:00:00Z"
    asked = ("--sender", account, "--since", since)
    rows = dashboard.command("trace", *asked, "--out", str(ours))["rows"]
    with page.expect_download() as download:
        page.get_by_role("button", name=f"All {count(rows)} rows as CSV").click()
    assert Path(download.value.path()).read_bytes() == ours.read_bytes()


def test_are_we_near_a_limit(dashboard: Dashboard, visit: Visit) -> None:
    """Two clicks: the page, the figures; the nearest account is named first."""
    since = "2026-10-26T00:00:00Z"
    summary = dashboard.command("trace", "--summary", "--since", since)
    use = summary["nearest_limits"][0]
    page = visit(dashboard.url)
    open_page(page, "Delivery")
    page.get_by_text("Read them").click()
    panel = page.locator(".st-key-figures-panel")
    nearest = f"Nearest to a limit: {use['account']}, {percent(use['ratio'])} of the {use['limit']}"
    expect(panel.get_by_text(nearest)).to_be_visible()
    drawn(page)
    lists = summary["by_list"]
    words = f"By list: {lists[0]['address']} has the lowest delivery rate"
    expect(panel.get_by_text(words)).to_be_visible()
    domain = summary["by_domain"][0]
    if domain["delivery_rate"] is not None:
        rate = percent(domain["delivery_rate"])
        expect(
            panel.get_by_text(f"{domain['domain']} has the lowest delivery rate, {rate}")
        ).to_be_visible()


def test_who_delivers_least(dashboard: Dashboard, visit: Visit) -> None:
    """One click; the ranking is that of the command."""
    since = "2026-10-26T00:00:00Z"
    accounts = dashboard.command("trace", "--summary", "--since", since)["accounts"]
    page = visit(dashboard.url)
    open_page(page, "Delivery")
    cells = page.locator(".st-key-rates tbody th").all_inner_texts()
    assert cells == [row["account"] for row in accounts][:12]


def test_failures_over_time_by_reason(dashboard: Dashboard, visit: Visit) -> None:
    """One click."""
    since = "2026-10-26T00:00:00Z"
    days = dashboard.command("trace", "--summary", "--since", since)["failures_by_day"]
    numbers: dict[str, int] = {}
    for row in days:
        if row["reason"]:
            numbers[row["reason"]] = numbers.get(row["reason"], 0) + row["recipients"]
    reason = max(numbers, key=lambda name: numbers[name])
    page = visit(dashboard.url)
    open_page(page, "Delivery")
    words = f"Failures by reason: most of them {reason}, {count(numbers[reason])} recipient"
    expect(page.get_by_text(words)).to_be_visible()


def test_why_can_an_account_not_send(dashboard: Dashboard, visit: Visit) -> None:
    """Two clicks: the page, the account; evidence and a fix that names it."""
    failing = [row for row in findings(dashboard) if row["status"] == "fail" and row["account"]]
    first = failing[0]
    page = visit(dashboard.url)
    open_page(page, "Readiness")
    page.get_by_role("combobox", name="Account").click()
    page.get_by_role("option", name=first["account"]).click()
    drawn(page)
    panel = page.locator(".st-key-findings")
    expect(panel.get_by_text(first["evidence"]).first).to_be_visible()
    command = first["fix"].splitlines()[-1].partition("  # ")[0]
    assert first["account"] in command
    commands = " ".join(" ".join(panel.locator("[data-testid=stCode]").all_inner_texts()).split())
    assert " ".join(command.split()) in commands


def test_which_window_was_not_read(tmp_path: Path, visit: Visit) -> None:
    """One click: the tile; of this tenant 10 November was not read."""
    with served(gapped_tenant(tmp_path)) as own:
        gaps = own.command("usage")["coverage"]["gaps"]
        page = visit(own.url)
        page.get_by_text("Gaps, runs and quota", exact=True).first.click()
        page.wait_for_url("**/health**")
        drawn(page)
        page.get_by_text(f"{len(gaps)} windows not read").click()
        drawn(page)
        with page.expect_download() as download:
            page.get_by_role("button", name="CSV: windows not read").first.click()
    lines = csv.DictReader(io.StringIO(Path(download.value.path()).read_text("utf-8-sig")))
    rows = [(row["address"], row["from (UTC)"], row["to (UTC)"]) for row in lines]
    assert rows == [(gap["address"], gap["from"], gap["to"]) for gap in gaps]
    assert {start for _, start, _ in rows} >= {"2026-11-10T00:00:00Z"}


def test_who_still_uses_passwords(dashboard: Dashboard, visit: Visit) -> None:
    """One click."""
    rows = findings(dashboard, "--check", "oauth_migration")
    basic = {row["account"] for row in rows if row["state"] == "basic_seen"}
    page = visit(dashboard.url)
    open_page(page, "Readiness")
    lines = page.locator(".st-key-migration li").all_inner_texts()
    shown = {account for account in basic for line in lines
             if account in line and "password seen" in line}  # fmt: skip
    assert shown == basic
