"""Queries of an incident: all filled in, nothing that a name could run, and what is verified."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from models.incidents.response.hunting import (
    MOST_VALUES,
    TEMPLATES,
    HuntingFacts,
    HuntingQuery,
    hunting_queries,
)
from models.incidents.runbooks import STEPS

START = datetime(2026, 11, 24, 22, 15, tzinfo=UTC)
ID = "5c384d42-86c1-98c8-687f-4624daa8f888"


def facts(**changes: Any) -> HuntingFacts:
    usual: dict[str, Any] = {
        "incident": "a1b2c3",
        "account": "hr@contoso.com",
        "kind": "surge",
        "since": START,
        "until": START + timedelta(hours=3),
        "messages": [(ID, "ada@contoso.com"), (ID, "o'brien@contoso.com")],
        "sources": ["192.0.2.10", "2001:db8::25", "not an address"],
        "subjects": ['Confirm "now"'],
    }
    return HuntingFacts(**usual | changes)


def queries(**changes: Any) -> dict[str, HuntingQuery]:
    return {query.name: query for query in hunting_queries(facts(**changes))}


def test_account_times_ids_and_recipients_are_filled_in() -> None:
    found = queries()
    assert len(found) == len(TEMPLATES)
    mail = found["Every mail of the account in that time, and where it lies"]
    assert "(datetime(2026-11-24T21:15:00Z) .. datetime(2026-11-25T02:15:00Z))" in mail.text
    assert 'SenderFromAddress =~ "hr@contoso.com"' in mail.text
    clicks = found["Who clicked in these messages, and which were removed since"]
    assert f'dynamic(["{ID}"])' in clicks.text
    others = found["Who else sends from these addresses"]
    assert 'dynamic(["192.0.2.10", "2001:db8::25"])' in others.text
    assert "not an address" not in others.text
    content = found["The messages in the mailboxes, to look at and to remove"]
    assert "-ExchangeLocation 'ada@contoso.com','o''brien@contoso.com'" in content.text
    phrases = (
        'from:"hr@contoso.com" AND sent>=2026-11-24 AND sent<2026-11-26 AND (subject:"Confirm now")'
    )
    assert phrases in content.text
    details = found["What happened to single messages"]
    assert f"-MessageTraceId '{ID}' -RecipientAddress 'o''brien@contoso.com'" in details.text
    assert all("{" not in query.text for query in found.values())


def test_what_microsoft_does_not_document_of_hve_is_not_verified() -> None:
    for query in queries().values():
        is_certain = any(
            cmdlet in query.text for cmdlet in ("Get-MessageTrace", "Get-HVEAccountSettings")
        )
        assert query.verified is is_certain
        assert is_certain or "not verified" in query.note
        assert query.source.startswith("https://learn.microsoft.com/")


@pytest.mark.parametrize("kind", sorted(STEPS))
def test_a_hostile_account_stays_a_value(kind: str) -> None:
    hostile = "a@contoso.com'; Remove-Mailbox x\"\n| union Secrets"
    for query in hunting_queries(facts(kind=kind, account=hostile)):
        is_kusto = query.language == "kusto"
        assert is_kusto or "'; Remove" not in query.text.replace("''; Remove", "")
        assert "\n| union Secrets" not in query.text


def test_silence_asks_nothing_about_mail() -> None:
    found = queries(kind="silence", messages=[], sources=[], subjects=[])
    assert all("EmailEvents" not in query.text for query in found.values())
    assert any("SigninLogs" in query.text for query in found.values())


def test_pseudonyms_stay_out() -> None:
    hidden = f"p-{'0' * 32}@contoso.com"
    found = queries(messages=[(ID, hidden), (ID, "aggregate:12")], subjects=[f"s-{'0' * 32}"])
    assert not [query.name for query in found.values() if hidden[:6] in query.text]
    assert not [query.name for query in found.values() if "subject:" in query.text]
    assert "What its recipients got" not in found


def test_what_is_left_out_is_said() -> None:
    many = [(ID, f"p{n}@contoso.com") for n in range(MOST_VALUES + 1)]
    found = queries(messages=many)
    assert found["What its recipients got"].note.endswith("The first 100 of 101 recipients.")
    content = found["The messages in the mailboxes, to look at and to remove"]
    assert "-ExchangeLocation All" in content.text
    assert "101 are too many to name" in content.note


def test_a_trace_of_weeks_is_read_ten_days_at_a_time_and_ninety_back() -> None:
    name = "The message trace of that time, from the source"
    lines = queries(until=START + timedelta(days=25))[name].text.splitlines()
    assert len(lines) == 3
    assert "-StartDate '2026-12-04T21:15:00Z' -EndDate '2026-12-14T21:15:00Z'" in lines[1]
    assert len(queries(until=START + timedelta(days=200))[name].text.splitlines()) == 9


def test_a_sender_that_is_no_address_has_none() -> None:
    assert hunting_queries(facts(account="unknown")) == ()
