"""Cards: what an incident's status says, and whom it reached."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cli.text.incidents import incidents as text_of
from hve_monitor.document import encoded
from models.incidents.cards import (
    IncidentReport,
    incident_card,
    incident_cards,
    is_unjudged_high,
    reach_words,
    status_words,
    with_reach,
)
from models.usage.coverage import coverage_report
from publish.alerts.candidates import incident_candidates
from publish.ocsf import findings
from publish.wording import title
from tests.unit.models.conftest import Workbench, trace
from tests.unit.publish.conftest import NOW, Desk, incident
from warehouse.reading import read_published
from warehouse.records.verdicts import Judged, record_verdict
from warehouse.store import open_store

DAY = timedelta(days=1)
ENDED = NOW - timedelta(minutes=10)
JUDGED = Judged(
    "a1b2c3", "contoso", "hr@contoso.com", "surge", NOW - timedelta(hours=1), ENDED, 4890
)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A store whose incidents are written by hand."""
    with open_store(tmp_path / "store", "500MB", 1) as store:
        yield Desk(store)


def status_at(desk: Desk, now: datetime) -> str:
    with read_published(desk.store.root, now) as published:
        (card,) = incident_cards(published)
        assert [card.id for card in incident_cards(published, status=card.status)] == [card.id]
    return card.status


def test_only_what_somebody_judged_is_closed(desk: Desk) -> None:
    desk.show(NOW, incident(ended_at=ENDED))
    assert status_at(desk, NOW + 2 * DAY) == "open"
    for later in (4 * DAY, 400 * DAY):
        assert status_at(desk, NOW + later) == "ended"
    record_verdict(desk.store.state, JUDGED, "planned", "known", "ada", NOW + 5 * DAY)
    assert status_at(desk, NOW + 6 * DAY) == "planned"
    assert status_at(desk, NOW + 40 * DAY) == "closed", "when the verdict has expired"


@pytest.mark.parametrize("severity", ["high", "medium", "low"])
def test_what_nobody_judged_is_called_so_everywhere(desk: Desk, severity: str) -> None:
    desk.show(NOW, incident(ended_at=ENDED, severity=severity))
    now = NOW + 10 * DAY
    with read_published(desk.store.root, now) as published:
        (card,) = incident_cards(published)
        (candidate,) = incident_candidates(published, desk.config())
        report = IncidentReport(incidents=[card], coverage=coverage_report(published))
    assert status_words(card) == "ended, not judged"
    assert is_unjudged_high(card) is (severity == "high")
    assert "(ended, not judged)" in text_of(report)
    assert (candidate.standing, candidate.status) == ("over", "ended")
    assert title(candidate.alert).startswith(f"[{severity}] ended, not judged: ")
    (finding,) = findings([card])
    assert (finding["activity_name"], finding["status"]) == ("Update", "New")


def mail() -> list[dict[str, Any]]:
    """Six people: two got a message, two did not, one may still, of one nothing is known."""
    outcomes = {
        "ada": ("delivered", "failed"),
        "bob": ("failed", "delivered"),
        "cem": ("failed", "quarantined"),
        "dee": ("filteredAsSpam",),
        "eve": ("pending", "failed"),
        "fay": (None,),
        "list": ("expanded",),
    }
    return [
        trace(f"{name}{at}", f"{name}@contoso.com", "2026-11-24T08:45:00", status=status)
        for name, statuses in outcomes.items()
        for at, status in enumerate(statuses)
    ]


def test_reached_are_those_with_a_delivered_message(desk: Desk) -> None:
    Workbench(desk.store).land(*mail())
    desk.show(NOW, incident())
    with read_published(desk.store.root, NOW) as published:
        card = incident_card(published, "a1b2c3", with_recipients=True)
        (listed,) = with_reach(published, incident_cards(published))
        (candidate,) = incident_candidates(published, desk.config())
        report = IncidentReport(incidents=[card], coverage=coverage_report(published))
    assert (card.addressed, card.reached, card.unsettled) == (6, 2, 2)
    assert reach_words(card) == ("reached 2 of 6 people it wrote to; of 2 the outcome is not known")
    assert reach_words(card) in text_of(report)
    assert candidate.alert.more.endswith(reach_words(card))
    assert encoded(card)["reached"] == 2
    (finding,) = findings([listed])
    assert finding["unmapped"]["reached"] == 2  # type: ignore[index]
    people = {row.recipient: row.is_reached for row in card.recipients or ()}
    assert people == {
        "ada@contoso.com": True,
        "bob@contoso.com": True,
        "cem@contoso.com": False,
        "dee@contoso.com": False,
        "eve@contoso.com": None,
        "fay@contoso.com": None,
    }


def test_without_a_status_nobody_knows_whom_it_reached(desk: Desk) -> None:
    rows = [
        trace(f"m{at}", f"p{at}@contoso.com", "2026-11-24T08:45:00", status=None) for at in range(3)
    ]
    Workbench(desk.store).land(*rows)
    desk.show(NOW, incident())
    with read_published(desk.store.root, NOW) as published:
        card = incident_card(published, "a1b2c3")
    assert (card.addressed, card.reached, card.unsettled) == (3, None, 3)
    assert reach_words(card) == "wrote to 3 people; whom it reached is unknown"


def test_an_incident_that_wrote_to_nobody_reached_nobody(desk: Desk) -> None:
    desk.show(NOW, incident(kind="silence"))
    with read_published(desk.store.root, NOW) as published:
        card = incident_card(published, "a1b2c3")
    assert (card.addressed, card.reached, reach_words(card)) == (0, 0, "")
