"""What the pages answer: readiness, health, what-if, timelines and reasons of failures."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from dashboards.health.page import MOST_ACCOUNTS, least_read
from dashboards.parts.amounts import count, money
from dashboards.session.view import open_view
from dashboards.spend.downloads import focus_bytes
from hve_monitor.config import load_config
from hve_monitor.document import encoded
from models.cost.spend import planned_change
from models.cost.whatif import change_of
from models.delivery.outcomes import delivery_figures, latest_undelivered
from models.readiness.report import FindingFilter, readiness_report
from publish.exports.exports import Export, export
from tests.unit.dashboards.conftest import FIRST, HR, NEWS, NOW, Open, tiles, unfolded, words
from warehouse.reading import read_published
from warehouse.state import State

AHEAD = "Budgets and what-if"


def test_readiness_counts_what_the_command_counts(stored: Path, opened: Open) -> None:
    app = opened(stored, "readiness")
    with read_published(load_config(stored).warehouse.path, NOW) as published:
        report = readiness_report(published, FindingFilter())
    unknown = sum(finding.status == "unknown" for finding in report.findings)
    assert tiles(app)["? Unknown"] == count(unknown)
    assert tiles(app)["✕ Fail"] == count(report.failed)
    assert all(account in words(app) for account in (HR, NEWS))


def test_findings_are_chosen_by_the_address(stored: Path, opened: Open) -> None:
    text = words(opened(stored, "readiness", check="Billing policy", account=HR))
    assert "never read; needed: Exchange.ManageAsApp" in text
    assert "not here" not in text
    app = opened(stored, "readiness", check="Billing policy")
    assert app.selectbox(key="check").value == "Billing policy"
    assert "the address names check nonsense" in words(
        opened(stored, "readiness", check="nonsense")
    )
    chosen = opened(stored, "readiness", finding="fail")
    assert not chosen.exception


def test_health_names_what_is_not_read(gapped: Path, opened: Open) -> None:
    app = opened(gapped, "health")
    assert tiles(app)["Coverage"] == "incomplete"
    assert "2 accounts with unread hours on" in words(app)
    days = next(frame.value for frame in unfolded(app).dataframe if "share" in frame.value)
    hole = days[days["day"].astype(str) == "2026-11-10"]
    assert set(hole["state"]) == {"not read"}


def test_health_tells_runs_and_quota_from_the_state(stored: Path, opened: Open) -> None:
    assert "No run was made yet" in words(opened(stored, "health"))
    summary = {
        "sources": [{"source": "accounts", "tenant": "contoso", "status": "failed",
                     "requests": 3, "throttled": 1, "rows_new": 0, "error": "403: refused"}],
        "models": {"days_rebuilt": 2}, "incidents_opened": 1, "alerts": {"failed": []},
    }  # fmt: skip
    state = State(stored.with_name("store") / "state.db")
    state.record_run(FIRST, NOW, summary)
    state.close()
    app = opened(stored, "health")
    assert "1 source did not succeed" in words(app)
    runs = next(frame.value for frame in unfolded(app).dataframe if "throttled" in frame.value)
    assert runs["error"].tolist() == ["403: refused"]


def test_whatif_is_the_command(stored: Path, opened: Open) -> None:
    app = opened(stored, "spend", part=AHEAD, if_recipients="40000", if_sends="2",
                 if_every="week", if_account=NEWS)  # fmt: skip
    change = change_of(NEWS, 40_000, 2, "week", (None, None), NOW.date())
    found = encoded(planned_change(load_config(stored), NOW, None, change))
    text = words(app)
    assert f"40,000 recipients: {money(found['per_month']['cost'], 'USD')} a month" in text
    assert money(found["budgets"][0]["together"], "USD") in text


def test_the_slider_moves_the_number_and_a_wrong_day_is_a_sentence(
    stored: Path, opened: Open
) -> None:
    app = opened(stored, "spend", part=AHEAD)
    slider = next(slider for slider in app.slider if slider.key == "if_slide")
    slider.set_value(25_000).run()
    assert app.session_state["if_recipients"] == 25_000
    assert "1 send to 25,000 recipients" in words(app)
    wrong = opened(stored, "spend", part=AHEAD, if_from="2026-12-02", if_until="2026-12-01")
    assert "it is before" in words(wrong)


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_the_focus_download_is_the_export(
    stored: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setenv("HVE_CONFIG", str(stored))
    monkeypatch.setenv("HVE_DASHBOARD_NOW", NOW.isoformat())
    out = tmp_path / f"focus.{kind}"
    export(load_config(stored), NOW, "focus", Export(out, month="2026-11"))
    assert focus_bytes(open_view(), "2026-11", f"x.{kind}", invoiced=False) == out.read_bytes()


def test_a_linked_message_tells_its_way(stored: Path, opened: Open) -> None:
    with read_published(load_config(stored).warehouse.path, NOW) as published:
        row = latest_undelivered(published, FIRST, NOW)[0]
    text = words(opened(stored, "delivery", message=row.id, to=row.recipient))
    assert f"{row.recipient}: failed" in text
    assert "hold no events" in text


def test_a_message_that_is_not_stored_is_said(stored: Path, opened: Open) -> None:
    assert "This message is not stored" in words(opened(stored, "delivery", message="nowhere"))


def test_figures_are_read_when_asked_for(stored: Path, opened: Open) -> None:
    assert "only when asked" in words(opened(stored, "delivery"))
    app = opened(stored, "delivery", figures="true", period="Everything")
    with read_published(load_config(stored).warehouse.path, NOW) as published:
        rows = delivery_figures(published, FIRST, NOW)
    table = next(frame.value for frame in app.dataframe if "recipients_limit" in frame.value)
    assert table["account"].tolist() == [row.account for row in rows]


def test_every_tile_of_the_overview_leads_one_page_deeper(stored: Path, opened: Open) -> None:
    app = opened(stored)
    links = {link.proto.label for link in app.get("page_link")}
    assert {"What to fix", "Gaps, runs and quota", "Budgets and what-if"} <= links
    assert tiles(app)["What was read"] == "complete"


def test_the_least_read_accounts_are_charted() -> None:
    names = [f"account{n}@contoso.com" for n in range(MOST_ACCOUNTS + 10)]
    days = pd.DataFrame(
        {
            "tenant": "contoso",
            "account": names,
            "day": NOW.date(),
            "share": [1.0] * (len(names) - 1) + [0.5],
        }
    )
    shown = least_read(days)["account"].tolist()
    assert len(shown) == MOST_ACCOUNTS
    assert names[-1] in shown
    assert least_read(days.head(3))["account"].tolist() == names[:3]
