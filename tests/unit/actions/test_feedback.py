"""Verdicts and plans from the command line: at once, also while a run is going on."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from tests.unit.conftest import Ended, Hve, Prepared
from tests.unit.publish.conftest import NOW as SHOWN
from tests.unit.publish.conftest import Desk, incident
from warehouse.store import open_store

START, BURST = "2026-09-01T00:00:00", "2026-10-12T10"
NOW = ("--now", "2026-10-13T00:00:00Z")
IDS = FIRST, SECOND, THIRD = "1" * 12, "2" * 12, "3" * 12


@pytest.fixture
def stored(hve: Hve, prepared: Prepared, monkeypatch: pytest.MonkeyPatch) -> str:
    """A store with one surge; its id."""
    return prepared.enter("surge", monkeypatch, lambda: filled(hve))


def filled(hve: Hve) -> str:
    """The surge's id; its store is in the present folder."""
    rows = ["id,sender,recipient,received_at,status"]
    for day in range(42):
        for hour in range(24):
            stamp = f"2026-{9 + day // 30:02}-{day % 30 + 1:02}T{hour:02}:20:00Z"
            people = (f"r{(96 * day + 4 * hour + n) % 600}@fabrikam.com" for n in range(4))
            rows += [f"{day}-{hour}-{person},hr@contoso.com,{person},{stamp},delivered"
                     for person in people]  # fmt: skip
    rows += [f"b{n},hr@contoso.com,r{n}@fabrikam.com,{BURST}:30:00Z,delivered"
             for n in range(600)]  # fmt: skip
    Path("rows.csv").write_text("\n".join(rows), encoding="utf-8")
    assert hve("import", "rows.csv", "--json", *NOW).code == 0
    found = hve("incidents", "--json", *NOW).json["incidents"]
    (surge,) = [incident for incident in found if incident["kind"] == "surge"]
    assert surge["status"] == "open"
    assert surge["verdict"] is None
    return str(surge["id"])


def test_a_verdict_is_seen_at_once_and_for_thirty_days(hve: Hve, stored: str) -> None:
    with open_store(Path("data/local")) as store, store.build_lock(), store.tenant_lock("local"):
        said = hve("verdict", stored, "false-positive", "--reason", "payroll", "--author", "ada",
                   "--json", *NOW)  # fmt: skip
    assert said.code == 0
    assert said.json["verdict"]["status"] == "false_positive"
    (card,) = hve("incidents", stored, "--json", *NOW).json["incidents"]
    assert card["status"] == "false_positive"
    assert card["verdict"] == {
        "status": "false_positive",
        "reason": "payroll",
        "author": "ada",
        "at": "2026-10-13T00:00:00Z",
        "expires_at": "2026-11-12T00:00:00Z",
    }
    found = hve("incidents", "--status", "false_positive", "--json", *NOW).json["incidents"]
    assert [incident["id"] for incident in found] == [stored]
    later = hve("incidents", stored, "--json", "--now", "2026-11-12T00:00:00Z").json["incidents"]
    assert later[0]["status"] == "open"  # no run has seen its end
    hve("verdict", stored, "confirmed", "--reason", "a loop", *NOW)
    assert hve("incidents", stored, "--json", *NOW).json["incidents"][0]["status"] == "confirmed"


def test_an_incident_is_given_to_somebody_and_taken_back(hve: Hve, stored: str) -> None:
    given = hve("assign", stored, "Ada Lang", "--author", "eve", "--json", *NOW).json["assignment"]
    assert (given["assigned_to"], given["author"]) == ("Ada Lang", "eve")
    (card,) = hve("incidents", stored, "--json", *NOW).json["incidents"]
    assert card["assigned_to"] == "Ada Lang"
    assert ", assigned to Ada Lang)" in hve("incidents", "--wide", *NOW).out
    entry = hve("audit", "--json").json["entries"][0]
    assert (entry["who"], entry["what"], entry["target"]) == ("eve", "assign", stored)
    assert hve("assign", stored, "--author", "eve", "--json", *NOW).code == 0
    assert hve("assign", stored, "--nobody", *NOW).code == 0
    (card,) = hve("incidents", stored, "--json", *NOW).json["incidents"]
    assert card["assigned_to"] is None
    assert [row["assigned_to"] for row in card["assignments"]] == [None, "eve", "Ada Lang"]


def test_steps_are_ticked_with_who_and_when_and_unticked(hve: Hve, stored: str) -> None:
    said = hve("step", stored, "2", "1", "--author", "eve", "--json", *NOW).json["steps"]
    (card,) = hve("incidents", stored, "--json", *NOW).json["incidents"]
    first, second = card["next_steps"][:2]
    assert [(row["number"], row["step"], row["is_done"]) for row in said] == [
        (2, second, True), (1, first, True),
    ]  # fmt: skip
    at = "2026-10-13T00:00:00Z"
    assert card["steps_done"] == [
        {"step": first, "author": "eve", "at": at}, {"step": second, "author": "eve", "at": at},
    ]  # fmt: skip
    assert f"1. {first} [done by eve, 2026-10-13 00:00 UTC]" in hve("incidents", stored, *NOW).out
    entry = hve("audit", "--json").json["entries"][0]
    assert (entry["what"], entry["target"]) == ("step done", f"{stored} step 1")
    assert hve("step", stored, "1", "--undo", "--author", "ada", *NOW).code == 0
    (card,) = hve("incidents", stored, "--json", *NOW).json["incidents"]
    assert [row["step"] for row in card["steps_done"]] == [second]
    assert_one_line(hve("step", stored, "1", "99", *NOW), f"step 99: {stored} has steps 1 to ")
    assert_one_line(hve("step", "nothing", "1", *NOW), "nothing: no such incident")
    (card,) = hve("incidents", stored, "--json", *NOW).json["incidents"]
    assert [row["step"] for row in card["steps_done"]] == [second], "all or none"


def test_several_are_shown_judged_and_given_at_once(hve: Hve) -> None:
    with open_store(Path("data/local")) as store:
        Desk(store).show(SHOWN, *(incident(id=name) for name in IDS))
    at = ("--now", SHOWN.isoformat(), "--json")
    assert hve("verdict", FIRST, "nothing", "closed", "--reason", "x", *at).code == 2
    given = hve("verdict", FIRST, THIRD, "closed", "--reason", "drills", *at).json
    assert [verdict["id"] for verdict in given["verdicts"]] == [FIRST, THIRD]
    assert given["verdict"] == given["verdicts"][0]
    assert hve("assign", FIRST, SECOND, "--to", "night shift", *at).code == 0
    cards = hve("incidents", THIRD, FIRST, SECOND, FIRST, *at).json["incidents"]
    assert [(card["id"], card["status"], card["assigned_to"]) for card in cards] == [
        (THIRD, "closed", None), (FIRST, "closed", "night shift"), (SECOND, "open", "night shift"),
    ]  # fmt: skip
    assert all(card["next_steps"] and "hunting" in card for card in cards)
    taken = hve("assign", FIRST, THIRD, "--nobody", *at).json
    assert [row["assigned_to"] for row in taken["assignments"]] == [None, None]
    assert_one_line(
        hve("assign", FIRST, SECOND, THIRD, *at), "who gets several incidents with --to"
    )
    assert_one_line(
        hve("incidents", FIRST, SECOND, "--evidence", "x.zip", *at), "--evidence: name one incident"
    )


def test_an_evidence_file_is_written_once_and_noted(hve: Hve, stored: str) -> None:
    done = hve("incidents", stored, "--evidence", "case.zip", "--json", *NOW)
    (card,) = hve("incidents", stored, "--json", *NOW).json["incidents"]
    window = ("--since", card["started_at"], "--sender", card["account"])
    assert done.json["trace_rows"] == hve("trace", *window, "--json", *NOW).json["total"] > 600
    entry = hve("audit", "--json").json["entries"][0]
    assert (entry["what"], entry["target"]) == ("export", f"evidence {stored}")
    again = hve("incidents", stored, "--evidence", "case.zip", *NOW)
    assert_one_line(again, "--evidence case.zip: exists already")
    assert_one_line(hve("incidents", "--evidence", "x.zip", *NOW), "--evidence: name one incident")


def test_one_incident_is_shown_whatever_the_list_is_narrowed_to(hve: Hve, stored: str) -> None:
    for narrowed in (("--status", "closed"), ("--since", "2026-10-20"), ("--until", "2026-10-01")):
        (card,) = hve("incidents", stored, *narrowed, "--json", *NOW).json["incidents"]
        assert (card["id"], card["status"]) == (stored, "open")


def test_mistakes_are_one_line_each(hve: Hve, stored: str) -> None:
    for arguments, told in (
        (("nothing", "confirmed", "--reason", "x"), "nothing: no such incident"),
        ((stored, "wrong", "--reason", "x"), "wrong: no such verdict; use one of confirmed,"),
        ((stored, "confirmed"), "verdict: --reason is missing"),
        ((stored, "confirmed", "--reason", "  "), "verdict: --reason is missing"),
    ):
        assert_one_line(hve("verdict", *arguments, *NOW), told)
    for arguments, told in (
        (("nothing", "ada"), "nothing: no such incident"),
        ((stored, "ada\nlang"), "assign: the name must be one line"),
        ((stored, "ada", "--nobody"), "assign: give a name or --nobody"),
    ):
        assert_one_line(hve("assign", *arguments, *NOW), told)


def assert_one_line(ended: Ended, told: str) -> None:
    assert ended.code == 2
    assert told in ended.err
    assert len(ended.err.splitlines()) == 1


def test_a_plan_is_added_listed_and_removed(hve: Hve, stored: str) -> None:
    window = ("--start", f"{BURST}:00:00Z", "--end", "2026-10-12T11:00:00Z")
    added = hve("plan", "add", "--account", "HR@contoso.com", *window, "--recipients", "600",
                "--note", "staff mail", "--author", "grace", "--json",
                "--now", "2026-10-11T00:00:00Z")  # fmt: skip
    assert added.code == 0, added.err
    (listed,) = hve("plan", "list", "--json", *NOW).json["plans"]
    assert listed == added.json["plan"] | {
        "sent": 604,
        "usual": listed["usual"],
        "overspill": max(604 - listed["usual"] - 600, 0),
    }
    assert listed["account"] == "hr@contoso.com"
    hve("build", *NOW)
    kinds = [incident["kind"] for incident in hve("incidents", "--json", *NOW).json["incidents"]]
    assert not {"surge", "drift"} & set(kinds)
    assert hve("plan", "remove", listed["id"], *NOW).code == 0
    assert hve("plan", "list", "--json", *NOW).json == {"plans": []}
    again = hve("plan", "remove", listed["id"], *NOW)
    assert (again.code, again.err) == (
        2,
        f"hve: {listed['id']}: no such plan; see 'hve plan list'\n",
    )


def test_what_is_announced_is_part_of_the_projection(hve: Hve, stored: str) -> None:
    before = hve("cost", "--json", *NOW).json["projection"]["month_end"]
    added = hve("plan", "add", "--account", "hr@contoso.com", "--start", "2026-10-20", "--end",
                "2026-10-21", "--recipients", "100000", *NOW)  # fmt: skip
    assert added.code == 0, added.err
    after = hve("cost", "--json", *NOW).json["projection"]["month_end"]
    price = Decimal(hve("cost", "--json", *NOW).json["unit_price"])
    assert Decimal(after) - Decimal(before) > 90_000 * price


def test_a_plan_speaks_of_something_that_exists(hve: Hve, stored: str) -> None:
    usual = ("--start", "2026-10-12", "--end", "2026-10-13", "--recipients", "5", *NOW)
    for arguments, told in (
        (("--account", "hr@contos.com"), "did you mean 'hr@contoso.com'?"),
        (("--cost-center", "HR"), "no such cost center (known: none)"),
        (("--all", "--account", "hr@contoso.com"), "give exactly one of"),
        ((), "give exactly one of"),
    ):
        assert_one_line(hve("plan", "add", *arguments, *usual), told)


def test_a_plan_needs_a_window_and_a_size(hve: Hve) -> None:
    usual = ("plan", "add", "--all", "--start", "2026-10-13")
    empty = hve(*usual, "--end", "2026-10-13", "--recipients", "5", *NOW)
    assert (empty.code, "must be after --start" in empty.err) == (2, True)
    none = hve(*usual, "--end", "2026-10-14", "--recipients", "0", *NOW)
    assert (none.code, "must be at least 1" in none.err) == (2, True)
