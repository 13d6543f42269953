"""Verdicts, plans and revealed names from the pages: the same as the commands would store."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from actions.feedback import announce, give_verdict, give_verdicts, planned, tick
from actions.reveal import reveal_shown
from dashboards.senders.evidence import LONGEST, shortened
from dashboards.session import acts, readings
from dashboards.session.access import LOCAL, RefusedError, User
from dashboards.session.login import hides_names
from dashboards.session.pseudonyms import naming
from dashboards.session.view import View, open_view
from hve_monitor.config import load_config
from hve_monitor.errors import ConfigError
from models.incidents.cards import IncidentCard, incident_card, incident_cards
from models.incidents.overspill import PlanFor
from tests.unit.dashboards.conftest import HR, NEWS, NOW, Open, words
from tests.unit.publish.conftest import Desk, incident
from warehouse.configured import store_of
from warehouse.privacy.audit import entries
from warehouse.reading import read_published
from warehouse.store import open_store

DAY = timedelta(days=1)


def incident_of(file: Path) -> IncidentCard:
    with read_published(load_config(file).warehouse.path, NOW) as published:
        return incident_cards(published)[0]


def press(app: AppTest, label: str) -> AppTest:
    """The page after a button."""
    return next(button for button in app.button if button.label == label).click().run()


def field(app: AppTest, label: str) -> Any:
    """The text field of a label."""
    return next(field for field in app.text_input if field.label.startswith(label))


def test_a_verdict_of_the_page_is_that_of_the_command(own: Path, opened: Open) -> None:
    card = incident_of(own)
    app = opened(own, "senders", incident=card.id)
    field(app, "What was it").set_value("a <b>drill</b>")
    app = press(app, "False positive")
    assert not app.exception
    said = incident_of(own).verdict
    assert said is not None
    assert (said.status, said.reason) == ("false_positive", "a <b>drill</b>")
    assert said.author == LOCAL.name
    assert "Recorded: false positive" in app.success[0].value.replace("\\", "")
    assert "a &lt;b&gt;drill&lt;/b&gt;" in words(app)


def test_several_are_judged_and_given_at_once(own: Path, opened: Open) -> None:
    before = ("i1", "i2", "i3")
    with open_store(load_config(own).warehouse.path) as store:
        Desk(store).show(NOW, *(incident(id=name, account=NEWS) for name in before))
    app = opened(own, "senders", period="Everything")
    field(app, "Give them to").set_value("night shift")
    app = press(app, "Assign all")
    assert "3 incidents given to night shift" in app.success[0].value
    field(app, "What were they").set_value("a drill")
    app = press(app, "All false positive")
    assert not app.exception
    with read_published(load_config(own).warehouse.path, NOW) as published:
        after = {card.id: card for card in incident_cards(published)}
    assert {(after[identity].status, after[identity].assigned_to) for identity in before} == {
        ("false_positive", "night shift")
    }


def test_of_several_all_are_judged_or_none(own: Path) -> None:
    known = incident_of(own).id
    with pytest.raises(ConfigError, match="no such incident"):
        give_verdicts(load_config(own), [known, "nothing"], "closed", "x", "ada", NOW)
    assert incident_of(own).verdict is None


def test_an_incident_is_given_to_who_takes_it(own: Path, opened: Open) -> None:
    app = press(opened(own, "senders", incident=incident_of(own).id), "Take it")
    assert incident_of(own).assigned_to == LOCAL.name
    assert f"assigned to {LOCAL.name}" in words(app)
    field(app, "Assigned to").set_value("")
    press(app, "Assign")
    assert incident_of(own).assigned_to is None


def test_a_step_is_ticked_on_the_page_as_by_the_command(own: Path, opened: Open) -> None:
    card = incident_of(own)
    app = opened(own, "senders", incident=card.id)
    app.checkbox[1].check().run()
    assert not app.exception
    assert f"done by {LOCAL.name}, 2026-" in words(app)
    assert f"1 of {len(card.next_steps)} done" in words(app)
    tick(load_config(own), card.id, [1], "ada", NOW)
    assert "done by ada" in words(app.run())
    assert [box.value for box in app.checkbox[:3]] == [True, True, False]
    app.checkbox[1].uncheck().run()
    with read_published(load_config(own).warehouse.path, NOW) as published:
        done = incident_card(published, card.id).steps_done
    assert [(row.step, row.author) for row in done] == [(card.next_steps[0], "ada")]


def test_a_verdict_without_a_reason_is_not_stored(own: Path, opened: Open) -> None:
    app = press(opened(own, "senders", incident=incident_of(own).id), "Confirmed")
    assert "Say why first" in words(app)
    assert not incident_of(own).verdict


def test_a_plan_of_the_page_is_that_of_the_command(own: Path, opened: Open) -> None:
    app = opened(own, "plan", account=HR)
    assert "No send is announced" in words(app)
    app.number_input[0].set_value(250)
    field(app, "What it is").set_value("=1+1 <script>")
    app = press(app, "Announce")
    assert not app.exception
    (plan,) = planned(load_config(own), None, NOW)
    assert (plan.account, plan.recipients, plan.author) == (HR, 250, LOCAL.name)
    assert "1 announced send, 1 still to come" in words(app)
    assert "<script" not in words(app)
    app = press(app, "Withdraw")
    assert planned(load_config(own), None, NOW) == []
    assert "No send is announced" in words(app)


def test_an_empty_window_is_one_sentence(own: Path, opened: Open) -> None:
    app = opened(own, "plan")
    for name, at in (("plan-from", "10:00"), ("plan-to", "09:00")):
        app.time_input(key=name).set_value(at_time(at))
    app = press(app, "Announce")
    assert not app.exception
    assert "must be after" in words(app)
    assert planned(load_config(own), None, NOW) == []


def at_time(text: str) -> Any:
    from datetime import time

    return time.fromisoformat(text)


def test_overspill_is_what_came_beyond_the_usual_and_the_announced(
    own: Path, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = viewed(own, monkeypatch)
    start = NOW.replace(hour=1, minute=0)
    window = (start.replace(day=23, hour=0), start.replace(day=23, hour=6))
    tenant = view.config.served[0]
    for account, size in ((NEWS, 100), (HR, 100)):
        acts.announce(view, tenant, PlanFor(account), window, size, "")
    plans = {plan.account: plan for plan in readings.plans(view)}
    assert plans[NEWS].sent == 400
    assert plans[NEWS].overspill == 400 - plans[NEWS].usual - 100 > 200
    assert plans[HR].overspill == 0
    text = words(opened(own, "plan"))
    assert "1 announced send went beyond what was said" in text
    assert f"▲ {plans[NEWS].overspill} more" in text


def viewed(file: Path, monkeypatch: pytest.MonkeyPatch) -> View:
    monkeypatch.setenv("HVE_CONFIG", str(file))
    monkeypatch.setenv("HVE_DASHBOARD_NOW", NOW.isoformat())
    monkeypatch.setattr("dashboards.session.access.claims", dict)
    return open_view()


def test_who_may_not_see_incidents_may_not_judge_them(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = viewed(own, monkeypatch).narrowed(user=User("a@contoso.com", frozenset({"finops"})))
    with pytest.raises(RefusedError):
        acts.judge(view, [incident_of(own).id], "closed", "because")
    assert not incident_of(own).verdict


def test_acts_bear_the_number_of_who_is_logged_in(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    grace = User("grace@contoso.com", frozenset({"admin"}), subject="o-1")
    view = viewed(own, monkeypatch).narrowed(user=grace)
    incident = incident_of(own).id
    acts.judge(view, [incident], "acknowledged", "called the owner")
    window = (NOW, NOW + DAY)
    plan = acts.announce(view, view.config.served[0], PlanFor(HR), window, 10, "")
    acts.withdraw(view, plan.id)
    with store_of(view.config) as store:
        noted = [(entry.what, entry.target) for entry in entries(store.state, 3)]
        assert {(entry.who, entry.subject) for entry in entries(store.state, 3)} == {
            ("grace@contoso.com", "o-1")
        }
    assert noted == [("plan remove", plan.id), ("plan add", plan.id), ("verdict", incident)]


def test_a_shown_pseudonym_is_revealed_and_audited(own: Path) -> None:
    config = load_config(own)
    person = "person7@contoso.com"
    names = naming(config.warehouse.path, "1", ("contoso",), config)
    shown = names.shown({"tenant": "contoso", "recipient": person})["recipient"]
    revealed = reveal_shown(config, shown, f"mail of {person} is late", "grace@contoso.com", NOW)
    assert revealed.address == person
    with pytest.raises(ConfigError, match="nobody is known"):
        reveal_shown(config, "p-" + "0" * 32 + "@contoso.com", "why", "grace", NOW)
    with pytest.raises(ConfigError, match="is no pseudonym"):
        reveal_shown(config, person, "why", "grace", NOW)
    with store_of(config) as store:
        missed, done = entries(store.state, 2)
    assert (done.who, done.target, done.outcome) == (
        "grace@contoso.com",
        shown,
        "revealed",
    )
    assert person not in done.reason
    assert missed.outcome == "unknown"


def test_a_banner_says_where_names_are_pseudonyms(own: Path) -> None:
    config = load_config(own)
    finops, admin = (User("a", frozenset({role})) for role in ("finops", "admin"))
    assert hides_names(finops, config)
    assert not hides_names(admin, config)
    hashed = config.model_copy(
        update={"privacy": config.privacy.model_copy(update={"mode": "pseudonymous"})}
    )
    assert hides_names(admin, hashed)


def test_long_subjects_are_cut_in_lists() -> None:
    assert shortened("a" * 10_000) == "a" * LONGEST + "…"
    assert shortened("short") == "short"


def test_a_verdict_of_the_command_shows_at_the_next_rerun(own: Path, opened: Open) -> None:
    card = incident_of(own)
    app = opened(own, "senders", incident=card.id)
    assert "said at the prompt" not in words(app)
    config = load_config(own)
    give_verdict(config, card.id, "confirmed", "said at the prompt", "ada", NOW)
    assert "said at the prompt" in words(app.run())


def test_what_is_said_within_a_quarter_hour_counts_at_once(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HVE_CONFIG", str(own))
    monkeypatch.delenv("HVE_DASHBOARD_NOW", raising=False)
    before, config = open_view(), load_config(own)
    at = datetime.now(UTC)
    give_verdict(config, incident_of(own).id, "confirmed", "seen just now", "ada", at)
    after = open_view()
    assert after.now >= at
    assert after.identity() != before.identity()
    said = [card.verdict for card in readings.incidents(after) if card.verdict]
    assert [reason.reason for reason in said] == ["seen just now"]
    later = datetime.now(UTC)
    announce(config, config.served[0], PlanFor(HR), (later, later + DAY), 10, "", "ada", later)
    assert open_view().now >= later
    assert [plan.recipients for plan in readings.plans(open_view())] == [10]
