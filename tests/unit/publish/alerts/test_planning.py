"""What is due stands in the outbox once, whatever is repeated or crashes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from hve_monitor.config import Config
from publish.alerts.notify import candidates
from publish.alerts.planning import join, plan
from publish.alerts.routing import named
from tests.unit.publish.conftest import NOW, Desk, incident, target
from warehouse.records.outbox import Outbox, OutgoingMessage
from warehouse.records.verdicts import Judged, record_verdict

DAY = timedelta(days=1)
JUDGED = Judged(
    "a1b2c3", "contoso", "hr@contoso.com", "surge", NOW - timedelta(hours=1), None, 4890
)


def step(desk: Desk, config: Config, now: Any, *rows: dict[str, Any]) -> list[str]:
    """One run's planning over exactly these incidents."""
    desk.show(now, *rows)
    outbox = Outbox(desk.store.state)
    stages = plan(
        outbox, config, named(config.alerts.targets), candidates(desk.store, config, now), now
    )
    join(outbox, config, now)
    return stages


def due(desk: Desk) -> list[OutgoingMessage]:
    return Outbox(desk.store.state).due(0.0)


def test_an_incident_is_opened_grown_and_resolved_once_each(desk: Desk) -> None:
    config = desk.config(target())
    over = {"ended_at": NOW + timedelta(hours=2), "observed": 11_000}
    assert step(desk, config, NOW, incident()) == ["opened"]
    assert step(desk, config, NOW, incident()) == []
    later = NOW + timedelta(hours=1)
    assert step(desk, config, later, incident(observed=11_000)) == ["updated"]
    assert step(desk, config, later, incident(observed=11_000)) == []
    assert step(desk, config, NOW + 2 * DAY, incident(**over)) == []
    assert step(desk, config, NOW + 5 * DAY, incident(**over)) == ["resolved"]
    assert step(desk, config, NOW + 6 * DAY, incident(**over)) == []
    assert [alert.message["type"] for alert in due(desk)] == [
        "incident.opened",
        "incident.updated",
        "incident.resolved",
    ]
    assert len({alert.id for alert in due(desk)}) == 3


@pytest.mark.parametrize("verdict", ["confirmed", "false_positive", "planned", "acknowledged"])
def test_a_judged_incident_is_told_again_only_when_it_is_over(desk: Desk, verdict: str) -> None:
    config = desk.config(target())
    assert step(desk, config, NOW, incident()) == ["opened"]
    record_verdict(desk.store.state, JUDGED, verdict, "known", "ada", NOW)
    assert step(desk, config, NOW + timedelta(hours=1), incident(observed=99_000)) == []
    over = incident(ended_at=NOW + timedelta(hours=2), observed=99_000)
    assert step(desk, config, NOW + DAY, over) == []
    assert step(desk, config, NOW + 4 * DAY, over) == ["resolved"]
    assert step(desk, config, NOW + 5 * DAY, over) == []
    assert step(desk, config, NOW + 60 * DAY, over) == [], "when the verdict has expired"
    assert [alert.message["type"] for alert in due(desk)] == [
        "incident.opened",
        "incident.resolved",
    ]


def test_closing_an_incident_by_hand_resolves_it(desk: Desk) -> None:
    config = desk.config(target())
    step(desk, config, NOW, incident())
    record_verdict(desk.store.state, JUDGED, "closed", "done", "ada", NOW)
    assert step(desk, config, NOW + timedelta(hours=1), incident()) == ["resolved"]


def test_incidents_that_were_over_before_anybody_was_told_stay_untold(desk: Desk) -> None:
    old = incident(started_at=NOW - 9 * DAY, ended_at=NOW - 8 * DAY, detected_at=NOW - 9 * DAY)
    assert step(desk, desk.config(target()), NOW, old) == []


def test_an_incident_that_later_rows_explain_away_is_resolved(desk: Desk) -> None:
    config = desk.config(target())
    step(desk, config, NOW, incident())
    assert step(desk, config, NOW + timedelta(hours=1)) == ["resolved"]
    assert "later rows no longer show" in due(desk)[-1].message["why"][0]
    assert step(desk, config, NOW + timedelta(hours=2)) == []


def test_what_is_not_urgent_comes_as_one_digest(desk: Desk) -> None:
    config = desk.config(target())
    first = incident(id="m1", severity="medium")
    second = incident(id="m2", severity="medium", account="it@contoso.com")
    step(desk, config, NOW, first, second)
    assert due(desk) == []
    grown = first | {"observed": 20_000}
    step(desk, config, NOW + timedelta(hours=2), grown, second)
    assert step(desk, config, NOW + DAY, grown, second) == []
    (one,) = due(desk)
    told = [(entry["account"], entry["details"]["observed"]) for entry in one.message["entries"]]
    assert sorted(told) == [("hr@contoso.com", 20_000), ("it@contoso.com", 5200)]
    step(desk, config, NOW + 2 * DAY, grown, second)
    assert len(due(desk)) == 1


def test_a_digest_of_one_is_that_alert(desk: Desk) -> None:
    config = desk.config(target())
    step(desk, config, NOW, incident(severity="medium"))
    step(desk, config, NOW + DAY, incident(severity="medium"))
    assert [alert.message["type"] for alert in due(desk)] == ["incident.opened"]


def test_a_raised_severity_pages_at_once(desk: Desk) -> None:
    config = desk.config(target())
    step(desk, config, NOW, incident(severity="medium"))
    step(desk, config, NOW + timedelta(hours=1), incident())
    assert [alert.message["type"] for alert in due(desk)] == ["incident.updated"]


def test_many_pages_of_one_run_are_one_message(desk: Desk) -> None:
    rows = [incident(id=f"i{number}", account=f"a{number}@contoso.com") for number in range(7)]
    step(desk, desk.config(target()), NOW, *rows)
    (one,) = due(desk)
    assert one.message["type"] == "digest"
    assert len(one.message["entries"]) == 7


def test_each_target_is_told_apart(desk: Desk) -> None:
    config = desk.config(
        target(name="soc", audience=("security",)),
        target(name="money", audience=("finops",)),
        target(name="loud", min_severity="low"),
    )
    step(desk, config, NOW, incident(), incident(id="low", severity="low"))
    assert [alert.target for alert in due(desk)] == ["soc", "loud"]


def test_false_pages_are_capped_and_the_rest_waits(desk: Desk) -> None:
    config = desk.config(target())
    done = {"ended_at": NOW - timedelta(minutes=5)}
    rows = [incident(id=f"i{number}", account=f"a{number}@contoso.com") for number in range(2)]
    step(desk, config, NOW, *rows)
    over = [row | done for row in rows]
    later = NOW + 5 * DAY
    fresh = {"started_at": later - timedelta(hours=1), "detected_at": later, "id": "late"}
    mild = incident(**fresh, expected=1600.0)  # 3.25 times
    assert sorted(step(desk, config, later, *over, mild)) == ["opened", "resolved", "resolved"]
    assert not [alert for alert in due(desk) if alert.key == "incident:late"]
    gross = incident(**fresh | {"id": "gross"}, expected=100.0)  # 52 times
    step(desk, config, later + timedelta(hours=1), *over, mild, gross)
    assert [alert.key for alert in due(desk)][-1] == "incident:gross"


def test_a_failed_transaction_leaves_neither_mark_nor_message(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("power is gone")

    config = desk.config(target())
    with monkeypatch.context() as patched:
        patched.setattr(Outbox, "add", broken)
        with pytest.raises(RuntimeError, match="power is gone"):
            step(desk, config, NOW, incident())
    assert Outbox(desk.store.state).notices("contoso") == {}
    assert step(desk, config, NOW, incident()) == ["opened"]
