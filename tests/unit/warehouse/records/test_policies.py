"""Policies: one row per change, a row for what is gone, and reasons that end."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.unit.warehouse.conftest import NOW
from warehouse.records.policies import Policy, newest_policies, record_policies
from warehouse.store import Store

KIND = "conditional_access"
RULE = Policy(KIND, "r1", "Block", '{"state":"enabled"}')
OTHER = Policy(KIND, "r2", "Require", '{"state":"disabled"}')
REFUSED = Policy(KIND, None, unavailable_reason="HTTP 403")


def record(store: Store, *policies: Policy, complete: tuple[str, ...] = (KIND,)) -> tuple[int, ...]:
    return record_policies(store, "contoso", policies, complete, NOW)


def test_only_changes_are_written(store: Store) -> None:
    assert record(store, RULE, OTHER) == (2, 0, 0)
    assert record(store, replace(RULE, document='{"state":"disabled"}'), OTHER) == (0, 1, 1)
    newest = newest_policies(store, "contoso")
    assert newest[KIND, "r1"].content == {"state": "disabled"}


def test_what_a_complete_read_lacks_is_gone_once(store: Store) -> None:
    record(store, RULE, OTHER)
    assert record(store, RULE) == (0, 1, 1)
    assert record(store, RULE) == (0, 0, 1)
    gone = newest_policies(store, "contoso")[KIND, "r2"]
    assert (gone.is_gone, gone.name, gone.content) == (True, "Require", {})


def test_a_failed_read_keeps_what_was_known_beside_its_reason(store: Store) -> None:
    record(store, RULE)
    assert record(store, REFUSED, complete=()) == (1, 0, 0)
    newest = newest_policies(store, "contoso")
    assert newest[KIND, "r1"] == RULE
    assert newest[KIND, None].unavailable_reason == "HTTP 403"
    record(store, RULE)
    assert newest_policies(store, "contoso")[KIND, None].is_gone


def test_other_kinds_are_left_alone(store: Store) -> None:
    record(store, RULE)
    assert record(store, complete=("security_defaults",)) == (0, 0, 0)


APP = "00000000-0000-0000-0000-0000000000b1"


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ({"AppIds": [APP.upper()]}, (APP,)),
        ({"AllowedApps": APP}, (APP,)),
        ({"AppIds": None}, None),
        ({"AppIds": []}, ()),
        ({"AppIds": ["HVE sender"]}, ()),
        ({"ReplyTo": None, "ExchangeGuid": APP}, None),
    ],
)
def test_ids_are_found_under_any_name_that_speaks_of_applications(
    settings: dict[str, object], found: tuple[str, ...] | None
) -> None:
    assert Policy("account_settings", "hr", None, json.dumps(settings)).app_ids == found


def test_unknown_settings_name_nothing() -> None:
    assert Policy("account_settings", "hr", unavailable_reason="HTTP 403").app_ids is None
