"""Every page over stored rows: the numbers are those of the commands."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from starlette.responses import FileResponse

from dashboards.delivery import search
from dashboards.parts.amounts import count, money
from dashboards.session.large_files import PLACE, large_files
from hve_monitor.clock import midnight
from hve_monitor.config import load_config
from hve_monitor.document import encoded
from models.cost.spend import spend
from models.delivery.conditions import TraceFilter
from models.delivery.search import search_traces
from models.incidents.cards import incident_cards
from models.usage.usage import daily_usage
from tests.unit.dashboards.conftest import HR, NEWS, NOW, Open, tiles, words
from warehouse.reading import read_published

PAGES = ("overview", "spend", "senders", "delivery", "readiness", "health")


@pytest.mark.parametrize("page", PAGES)
def test_every_page_says_how_fresh_and_complete_it_is(
    stored: Path, opened: Open, page: str
) -> None:
    app = opened(stored, page)
    assert not app.exception
    assert "fresh: as of 2026-11-24 12:00 UTC" in words(app)
    assert "coverage complete" in words(app)
    assert "not the invoice" in words(app)


def test_overview_equals_the_commands(stored: Path, opened: Open) -> None:
    app = opened(stored)
    report, config = encoded(spend(load_config(stored), NOW)), load_config(stored)
    with read_published(config.warehouse.path, NOW) as published:
        day = daily_usage(published, since=NOW - timedelta(days=1), until=NOW)
        cards = incident_cards(published, status="open")
    assert tiles(app)["Spent this month"] == money(report["month_to_date"]["cost"], "USD")
    assert tiles(app)["Expected by month end"] == money(report["projection"]["month_end"], "USD")
    assert tiles(app)["Recipients, last 24 h"] == count(int(day["recipients"].sum()))
    assert tiles(app)["Open incidents"] == str(len(cards))
    assert f"{len(cards)} incident" in words(app)


def test_spend_shows_exact_money_by_account(stored: Path, opened: Open) -> None:
    app = opened(stored, "spend")
    report = encoded(spend(load_config(stored), NOW))
    assert tiles(app)["Spent in the month"] == money(report["month_to_date"]["cost"], "USD")
    table = next(frame.value for frame in app.dataframe if "month_to_date" in frame.value)
    shown = dict(zip(table["account"], table["month_to_date"], strict=True))
    assert shown.pop("total") == float(report["month_to_date"]["cost"])
    assert shown == {
        share["account"]: float(share["month_to_date"]) for share in report["by_account"]
    }


def test_another_month_is_in_the_url(stored: Path, opened: Open) -> None:
    app = opened(stored, "spend", month="2026-10")
    report = encoded(spend(load_config(stored), NOW, month="2026-10"))
    spent = money(report["month_to_date"]["cost"], "USD")
    assert tiles(app)["Spent in the month"] == f"≥ {spent}"  # files begin in its middle
    assert "2026-10 cost" in words(app)


def test_the_incident_of_the_url_is_explained(stored: Path, opened: Open) -> None:
    with read_published(load_config(stored).warehouse.path, NOW) as published:
        card = incident_cards(published)[0]
    app = opened(stored, "senders", incident=card.id)
    text = words(app)
    assert f"{count(card.observed)} recipients" in text
    assert all(reason.split("'")[0] in text for reason in card.reasons)
    assert card.id in text
    assert "Next steps" in text


def test_the_chosen_account_is_profiled(stored: Path, opened: Open) -> None:
    app = opened(stored, "senders", account=HR)
    assert f"Account {HR}" in words(app)
    assert "Europe/Berlin" in words(app)


def test_search_finds_what_the_command_finds(stored: Path, opened: Open) -> None:
    app = opened(stored, "delivery", account=NEWS, status="failed", subject="urgent")
    with read_published(load_config(stored).warehouse.path, NOW) as published:
        wanted = TraceFilter(sender=NEWS, status="failed", subject="urgent")
        rows = search_traces(published, wanted, 1000).rows
    table = next(frame.value for frame in app.dataframe if "subject" in frame.value)
    assert list(table["id"]) == [row.id for row in rows]
    assert f"{len(rows)} rows, all that match" in words(app)


def test_a_cut_result_says_so(stored: Path, opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "LIMIT", 5)
    app = opened(stored, "delivery", period="Everything", status="delivered")
    with read_published(load_config(stored).warehouse.path, NOW) as published:
        total = search_traces(published, TraceFilter(status="delivered"), 1).total
    assert f"The newest 5 of {total:,} rows: {total:,} delivered" in words(app)


def test_nothing_found_in_a_complete_window_is_a_finding(stored: Path, opened: Open) -> None:
    text = words(opened(stored, "delivery", recipient="nobody@contoso.com"))
    assert "Nothing found" in text
    assert "The whole window was read" in text
    assert "so there was no such message" in text


@pytest.mark.parametrize(
    "wanted",
    [{"recipient": "obody"}, {"recipient": "@nowhere.example"}, {"from_ip": "10.0.0.0/8"}],
)
def test_a_part_that_is_not_there_is_no_finding(
    stored: Path, opened: Open, wanted: dict[str, str]
) -> None:
    text = words(opened(stored, "delivery", **wanted))
    assert "Nothing found" in text
    assert "no row of it matches" in text
    assert "no such message" not in text


def test_a_source_that_is_none_is_one_line(stored: Path, opened: Open) -> None:
    app = opened(stored, "delivery", from_ip="mail.contoso.com")
    assert not app.exception
    assert "Source address mail.contoso.com: is no address" in words(app)


@pytest.mark.parametrize("page", ["overview", "senders", "delivery"])
def test_subjects_are_text(stored: Path, opened: Open, page: str) -> None:
    app = opened(stored, page, account=NEWS)
    assert not app.exception
    assert "<script" not in words(app)
    assert not [markdown for markdown in app.markdown if "click" in markdown.value]


def test_a_file_of_many_rows_is_written_to_the_disk(
    stored: Path, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "MOST_IN_MEMORY", 0)
    app = opened(stored, "delivery", sender=HR)
    (button,) = [button for button in app.button if "into a CSV file" in button.label]
    button.click().run(timeout=60)
    assert not app.exception
    (link,) = app.get("link_button")
    files = large_files()
    lines = files.response(link.proto.url.removeprefix(f"{PLACE}/"))
    assert isinstance(lines, FileResponse)
    with read_published(load_config(stored).warehouse.path, NOW) as published:
        since = midnight(NOW) - timedelta(days=29)
        answer = search_traces(published, TraceFilter(sender=HR, since=since), 10_000)
    assert link.proto.label == f"All {count(answer.total)} rows as CSV"
    written = Path(lines.path).read_text(encoding="utf-8-sig").splitlines()
    assert len(written) == answer.total + 1
    files.folder.cleanup()
    large_files.cache_clear()
