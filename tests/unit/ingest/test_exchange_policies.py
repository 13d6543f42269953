"""Exchange settings: which applications an account's settings name."""

from __future__ import annotations

import pytest

from ingest.exchange_policies import app_ids_of
from ingest.policy_part import document
from warehouse.policies import Policy

APP = "00000000-0000-0000-0000-0000000000b1"


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ({"AppIds": [APP.upper()]}, [APP]),
        ({"AllowedApps": APP}, [APP]),
        ({"AppIds": None}, []),
        ({"AppIds": ["HVE sender"]}, []),
        ({"ReplyTo": None, "ExchangeGuid": APP}, []),
    ],
)
def test_ids_are_found_under_any_name_that_speaks_of_applications(
    settings: dict[str, object], found: list[str]
) -> None:
    assert app_ids_of(Policy("account_settings", "hr", None, document(settings))) == found


def test_unknown_settings_name_nothing() -> None:
    assert app_ids_of(Policy("account_settings", "hr", unavailable_reason="HTTP 403")) == []
