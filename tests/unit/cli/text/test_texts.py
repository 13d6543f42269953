"""Text for people: nothing in the data may steer the terminal, and nothing may get lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from msgspec import structs

from actions.import_files import ImportSummary
from actions.ingest import IngestSummary
from actions.rebuild import ModelsPart
from cli.text import money as money_text
from cli.text.delivery import readiness, tenants, usage
from cli.text.incidents import incidents
from cli.text.lines import fitted
from cli.text.runs import imported, ingest
from cli.text.tables import coverage, table_text
from ingest.files.imported import ImportResult
from ingest.source import SourceResult
from models.cost.documents import ChangeCost, CostReport
from models.incidents.cards import IncidentCard, IncidentReport
from models.overview.tenants import TenantsReport, TenantSummary
from models.readiness.report import ReadinessReport
from models.usage.coverage import CoverageGap, CoverageReport
from models.usage.usage import UsageReport
from tests.unit.documents import filled

AT = datetime(2026, 11, 24, 8, tzinfo=UTC)
COMPLETE = CoverageReport(complete=True, gaps=[], as_of=AT)


def report(*accounts: str) -> IncidentReport:
    """An open surge of every account."""
    return IncidentReport(incidents=[card(account) for account in accounts], coverage=COMPLETE)


def card(account: str) -> IncidentCard:
    return IncidentCard(
        tenant="contoso",
        id="i1",
        account=account,
        kind="surge",
        audience=("security",),
        severity="high",
        started_at=AT,
        ended_at=None,
        detected_at=AT,
        observed=5200,
        expected=310.4,
        reasons=("5,012 recipients were never mailed before",),
        signals=(),
        extra_recipients=4890,
        extra_cost=None,
        currency="USD",
        next_steps=(),
        learning=False,
        status="open",
        verdict=None,
        interval=(180.0, 520.0),
    )


def table(*found: dict[str, Any]) -> str:
    return usage(UsageReport(rows=list(found), coverage=COMPLETE))


def test_coverage_tells_complete_unknown_and_the_first_gap() -> None:
    hr, end = "hr@contoso.com", AT + timedelta(hours=1)
    gap = CoverageGap(tenant="contoso", account=hr, address=hr, start=AT, end=end)
    assert coverage(COMPLETE) == "coverage: complete, as of 2026-11-24 08:00 UTC"
    assert "unknown" in coverage(structs.replace(COMPLETE, complete=None))
    assert coverage(structs.replace(COMPLETE, complete=False)) == (
        "coverage: incomplete, nothing was read of some tenant"
    ), "others, or other shards, may have been read"
    assert coverage(structs.replace(COMPLETE, complete=False, gaps=[gap, gap])) == (
        "coverage: 2 gaps, the first for hr@contoso.com from 2026-11-24 08:00 UTC"
        " to 2026-11-24 09:00 UTC"
    )


def test_a_table_has_its_columns_rows_and_coverage() -> None:
    lines = table({"account": "hr@contoso.com", "messages": 12}).splitlines()
    assert lines[0].split() == ["account", "messages"]
    assert lines[1].split() == ["hr@contoso.com", "12"]
    assert lines[2].startswith("coverage: ")


def test_no_rows_are_said() -> None:
    assert table().startswith("no rows\n")


def test_unknown_values_are_empty_cells() -> None:
    assert "None" not in table({"a": None, "b": 0})
    assert "0" in table({"a": None, "b": 0})


@pytest.mark.parametrize("sign", ["\x1b", "\x07", "\r", "\x9b", "\u202e", "\x00"])
def test_control_characters_of_data_are_replaced(sign: str) -> None:
    shown = table({"subject": f"a{sign}[31mb"})
    assert sign not in shown
    assert "a�[31mb" in shown


@pytest.mark.parametrize("text", ["[red]alarm[/red]", "[/]", "[link=https://contoso.com]x", "a]b["])
def test_markup_of_data_is_shown_as_it_is(text: str) -> None:
    assert text in table({"subject": text})


def test_a_backslash_before_markup_hides_nothing() -> None:
    assert "\\[red]alarm" in table({"subject": "\\[red]alarm"})


def test_words_between_colons_stay_words() -> None:
    assert ":warning: due" in table({"subject": ":warning: due"})


def test_long_addresses_of_wide_tables_are_not_cut() -> None:
    row = {f"column{n}": f"account{n}.of.department@contoso.com" for n in range(12)}
    shown = table(row)
    assert "…" not in shown


def test_an_incident_is_a_block_with_its_reasons() -> None:
    block = incidents(report("hr@contoso.com")).splitlines()
    assert block[0].startswith("i1 high surge hr@contoso.com 2026-11-24 08:00 UTC – going on")
    assert block[0].endswith("(open): 5,200 recipients, 310 expected")
    assert block[1] == "  5,012 recipients were never mailed before"
    assert incidents(report()).startswith("no incident\n")


def test_control_characters_of_an_imported_sender_do_not_reach_the_terminal() -> None:
    assert "\x1b" not in incidents(report("hr\x1b[2J@contoso.com"))


def test_a_run_tells_every_source_and_its_error() -> None:
    result = SourceResult("accounts", "contoso", requests=2, rows_read=1234)
    result.status, result.error = "failed", "no token"
    assert ingest(IngestSummary(sources=[result.summary()], coverage=COMPLETE)) == (
        "contoso: accounts: failed, 2 requests, 1,234 rows read, 0 new, 0 changed: no token\n"
        "coverage: complete, as of 2026-11-24 08:00 UTC"
    )
    assert ingest(IngestSummary(sources=[], coverage=COMPLETE)) == "nothing to do"


def test_an_import_tells_every_count() -> None:
    names = ("read", "new", "changed", "unchanged", "rejected", "skipped")
    counts = {f"rows_{name}": number * 1000 for number, name in enumerate(names)}
    summary = ImportSummary(
        tenant="local",
        **counts,
        files=[ImportResult("a.csv"), ImportResult("b.csv")],
        models=ModelsPart(days_rebuilt=0, seconds=0.0),
        incidents_opened=0,
    )
    assert imported(summary) == (
        "local: 2 files: 0 read, 1,000 new, 2,000 changed, 3,000 unchanged, 4,000 rejected,"
        " 5,000 skipped"
    )


def test_an_import_tells_the_status_words_that_it_does_not_know() -> None:
    words = {name: count for count, name in enumerate(("aa", "b", "c", "d", "e", "Teleported"), 1)}
    file = ImportResult("a.csv", unknown_statuses=words, error="b.csv: is empty")
    counts = dict.fromkeys(
        (f"rows_{name}" for name in ("read", "new", "changed", "unchanged", "rejected", "skipped")),
        0,
    )
    models = ModelsPart(days_rebuilt=0, seconds=0.0)
    summary = ImportSummary(
        tenant="local", **counts, files=[file], models=models, incidents_opened=0
    )
    unknown = "a.csv: 21 rows with a status word that is not known, so that their outcome is"
    assert imported(summary).splitlines()[1:] == [
        f"{unknown} unknown: Teleported; e; d; c; b; …",
        "b.csv: is empty",
    ]


def change(**other: Any) -> ChangeCost:
    usual = {
        "account": "hr@contoso.com",
        "currency": "USD",
        "recipients_per_send": 40000,
        "cost_per_send": "1.68",
        "per_month": {"sends": 8.7, "recipients": 347857, "cost": "14.61"},
        "months": [{"month": "2026-12"}, {"month": "2027-11"}],
        "total": {"sends": 105, "recipients": 4200000, "cost": "176.4"},
        "messages": {"recipients_per_message": 50, "per_send": 800},
        "budgets": [],
    }
    return filled(ChangeCost, **(usual | other))


def test_a_planned_change_tells_its_money_and_messages() -> None:
    lines = money_text.whatif(change()).splitlines()
    assert lines[0].startswith("hr@contoso.com: 1.68 USD each send of 40,000 recipients, in 800")
    assert lines[1:] == [
        "a month: 14.61 USD, 347,857 recipients",
        "2026-12 to 2027-11: 176.40 USD, 105 sends, 4,200,000 recipients",
    ]
    assert len(money_text.whatif(change(per_month=None)).splitlines()) == 2


def test_a_budget_that_the_change_passes_is_named() -> None:
    budget = {
        "name": "all",
        "period": "month",
        "amount": "20",
        "usual": "12",
        "added": "14.61",
        "together": "26.61",
        "passes": True,
        "from": "2026-12-01",
        "to": "2026-12-31",
    }
    assert money_text.whatif(change(budgets=[budget])).splitlines()[-1] == (
        "budget all: 12.00 + 14.61 = 26.61 of 20.00 USD a month (2026-12-01 to 2026-12-31);"
        " the change passes it"
    )
    unknown = budget | {"usual": None, "together": None, "passes": None}
    text = money_text.whatif(change(budgets=[unknown]))
    assert "unknown + 14.61 = unknown" in text
    assert text.endswith("; unknown whether it is passed")


@pytest.mark.parametrize(
    ("effect", "words"),
    [
        ({"passes": False, "passes_without": False}, ""),
        ({"passes": True}, "; the change passes it"),
        ({"passes": False, "passes_without": True}, "; expected to be passed without it"),
        (
            {"passes": False, "passes_without": True, "passed_on": "2026-12-03"},
            "; already passed without it on 2026-12-03",
        ),
        (
            {"passes": False, "range": ["1", "20"]},
            "; may be passed: recipients without a status would pass it",
        ),
    ],
)
def test_what_a_change_does_to_a_budget(effect: dict[str, Any], words: str) -> None:
    budget = {"amount": "20", "to": "2026-12-31", **effect}
    line = money_text.whatif(change(budgets=[budget])).splitlines()[-1]
    assert line.partition("2026-12-31)")[2] == words


def test_a_backtest_is_told_when_it_was_asked_for() -> None:
    document = filled(CostReport)
    assert "backtest" not in money_text.cost(document)
    short = filled(CostReport, backtest={"unavailable": "58 whole days are needed; 3 known"})
    assert "backtest: unavailable: 58 whole days" in money_text.cost(short)
    known = {
        "unavailable": None,
        "periods": ["2026-09-01"],
        "period_days": 30,
        "rows": [{"scope": "total", "day": 0, "projection_error": 0.07}],
    }
    shown = money_text.cost(filled(CostReport, backtest=known))
    assert "backtest: 1 period of 30 days" in shown
    assert "0.07" in shown


def test_an_empty_list_of_findings_passes_nothing() -> None:
    nothing = ReadinessReport(
        findings=[], accounts=[], failed=None, checked_at=AT, policies_read_at={}
    )
    assert readiness(nothing) == (
        "unknown: no finding of this choice; nothing was checked;"
        " checked at 2026-11-24 08:00 UTC; policies read: never"
    )


@pytest.mark.parametrize(
    ("complete", "words"),
    [(True, "no incident"), (False, "no incident is known of what was read")],
)
def test_no_incident_is_said_of_what_was_read(complete: bool, words: str) -> None:
    read = CoverageReport(complete=complete, gaps=[], as_of=AT)
    text = incidents(IncidentReport(incidents=[], coverage=read))
    assert text.splitlines()[0] == words


def tenant(**known: Any) -> TenantSummary:
    """A tenant that was never read, with these fields."""
    unread = {
        "tenant": "contoso",
        "read_at": None,
        "fresh": None,
        "error": None,
        "coverage": {"complete": False, "gaps": None},
        "recipients_24h": None,
        "recipients_7d": None,
        "whole_24h": False,
        "whole_7d": False,
        "month_end": None,
        "open_incidents": None,
        "highest": None,
        "unjudged_high": None,
        "budget": None,
    }
    return filled(TenantSummary, **unread | known)


def test_tenants_say_what_was_not_read_and_why() -> None:
    unread = tenant(error="no token for contoso", recipients_7d=9)
    text = tenants(TenantsReport(tenants=[unread]))
    assert "never" in text
    assert "≥ 9" in text
    assert "nothing read" in text
    assert text.endswith("contoso: no token for contoso")


def test_of_a_tenant_that_was_never_read_nothing_is_counted() -> None:
    read = tenant(
        read_at="2026-11-24T08:00:00Z", fresh=True, recipients_7d=12_345, open_incidents=0,
        unjudged_high=0,
    )  # fmt: skip
    never, known = (
        tenants(TenantsReport(tenants=[row]), wide=True).splitlines()[-1]
        for row in (tenant(), read)
    )
    # Recipients of day and week, the month so far and its end, both incidents, the budget.
    assert never.count("unknown") == 7
    assert known.count("unknown") == 3
    assert "≥ 12,345" in known


def test_the_next_period_of_a_change_that_goes_on_has_its_own_line() -> None:
    later = {"usual": "3", "added": "3", "together": "6", "from": "2027-01-01", "to": "2027-01-31"}
    budget = {"amount": "5", "passes": False, "next": later | {"passes": True}}
    assert money_text.whatif(change(budgets=[budget])).splitlines()[-1] == (
        "  the next: 3.00 + 3.00 = 6.00 (2027-01-01 to 2027-01-31); the change passes it"
    )


def test_a_table_fits_a_terminal_and_names_what_it_leaves_out() -> None:
    rows = [
        {"account": f"{'long' * 8}{n}@contoso.com", "cost": Decimal("1234.5"), "p80": ["0.8", None]}
        | {f"count_of_{letter * 9}": 12_345 for letter in "abcdef"}
        for n in range(2)
    ]
    narrow = table_text(rows, first=("account", "count_of_fffffffff"))
    assert max(map(len, narrow.splitlines())) <= 100
    assert narrow.index("fffffffff") < narrow.index("cost")
    assert narrow.splitlines()[-1].startswith("not shown: ")
    assert "[" not in narrow
    wide = table_text(rows, wide=True)
    assert "not shown" not in wide
    assert "0.8 to unknown" in wide
    assert "1,234.50" in wide


def test_an_address_longer_than_a_terminal_is_folded() -> None:
    text = table_text([{"account": "a" * 150, "count": 1}])
    assert max(map(len, text.splitlines())) <= 100
    assert text.replace("\n", "").count("a") > 150


def test_a_long_line_goes_on_further_in_and_loses_no_word() -> None:
    words = [f"word{number}" for number in range(60)]
    text = f"short\n  - {' '.join(words)}\n\nend"
    lines = fitted(text).splitlines()
    assert max(map(len, lines)) <= 100
    assert (lines[0], lines[-2], lines[-1]) == ("short", "", "end")
    assert lines[1].startswith("  - word0 word1 ")
    assert all(line.startswith("      word") for line in lines[2:-2])
    assert " ".join(" ".join(lines[1:-2]).split()) == f"- {' '.join(words)}"


def test_what_fits_stays_as_it_is_also_its_spaces() -> None:
    text = "pass    clock    ok\n" + "x" * 100 + "\n  fix: a  # b"
    assert fitted(text) == text


def test_a_line_with_a_cmdlet_stays_whole() -> None:
    command = "Set-HVEAccountSettings -Identity alerts@contoso.com -Reply to-nobody@contoso.com"
    assert (
        fitted(f"     fix: {command} {'-Confirm ' * 9}") == f"     fix: {command} {'-Confirm ' * 9}"
    )
    assert len(fitted(f"{'Set-up first, ' * 9}then send").splitlines()) == 2


def test_a_long_word_stays_whole_and_wide_signs_count_twice() -> None:
    address = f"https://learn.microsoft.com/{'a' * 150}"
    assert fitted(f"source: {address}") == f"source:\n    {address}"
    lines = fitted(" ".join(["件名"] * 30)).splitlines()
    assert [line.count("件名") for line in lines] == [20, 10]
