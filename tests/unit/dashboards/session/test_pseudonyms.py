"""Names become pseudonyms in every shape a reading has, accounts and colleagues stay."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from msgspec.structs import replace

from dashboards.session.pseudonyms import Naming, naming
from hve_monitor.config import load_config
from models.delivery.search import DeliveryRow, DeliverySearch, SearchedWindow
from models.delivery.timeline import EventRequest
from models.overview.changes import ChangeNote
from models.usage.accounts import Sender
from models.usage.coverage import CoverageReport
from tests.unit.dashboards.conftest import HR, NEWS, NOW
from warehouse.protection.mode import Protection
from warehouse.protection.pseudonyms import Mask
from warehouse.protection.words import PSEUDONYM

ADA = "ada@fabrikam.com"
NAMES = ("contoso",)


@pytest.fixture
def hidden() -> Naming:
    """Two tenants with keys of their own."""
    plain = Protection("pseudonymous", "hash")
    masks = {"contoso": Mask(plain, b"1" * 32), "fabrikam": Mask(plain, b"2" * 32)}
    return Naming(masks, frozenset({HR, NEWS}))


def test_recipients_subjects_and_message_ids_are_hidden(hidden: Naming) -> None:
    row = {"tenant": "contoso", "account": HR, "recipient": ADA, "subject": "Your salary 1"}
    shown = hidden.shown(row | {"message_id": "<a@b>", "messages": 3, "status": "delivered"})
    assert PSEUDONYM.fullmatch(shown["recipient"])
    assert shown["subject"].startswith("s-")
    assert shown["message_id"].startswith("m-")
    assert (shown["account"], shown["messages"], shown["status"]) == (HR, 3, "delivered")


def test_addresses_in_sentences_are_hidden_and_accounts_stay(hidden: Naming) -> None:
    shown = hidden.shown([f"{HR} wrote to {ADA}, twice"], tenant="contoso")
    assert shown[0].startswith(f"{HR} wrote to p-")
    assert ADA not in shown[0]


def test_colleagues_keep_their_names(hidden: Naming) -> None:
    said = {"tenant": "contoso", "author": "grace@contoso.com", "reason": f"asked {ADA}"}
    shown = hidden.shown(said)
    assert shown["author"] == "grace@contoso.com"
    assert ADA not in shown["reason"]


def test_the_same_person_is_the_same_in_every_shape_but_not_in_another_tenant(
    hidden: Naming,
) -> None:
    frame = pd.DataFrame({"tenant": ["contoso", "fabrikam"], "recipient": [ADA, ADA]})
    table = hidden.shown(frame)
    row = hidden.shown({"tenant": "contoso", "recipient": ADA})
    assert table["recipient"].iloc[0] == row["recipient"]
    assert table["recipient"].iloc[1] != row["recipient"]
    assert frame["recipient"].tolist() == [ADA, ADA]


def test_what_is_a_pseudonym_already_stays(hidden: Naming) -> None:
    once = hidden.shown({"tenant": "contoso", "recipient": ADA, "subject": "hello"})
    assert hidden.shown(once) == once


def test_dataclasses_and_numbers_keep_their_shape(hidden: Naming) -> None:
    assert hidden.shown(Sender("contoso", HR)) == Sender("contoso", HR)
    change = ChangeNote(NOW, "contoso", HR, f"wrote to {ADA}")
    shown = hidden.shown([change, None, 1.5])
    assert shown[1:] == [None, 1.5]
    assert ADA not in shown[0].what


def test_documents_and_what_they_hold_are_hidden(hidden: Naming) -> None:
    row = DeliveryRow(
        tenant="contoso", id="m1", message_id="<a@b>", account=HR, sender=HR, recipient=ADA,
        received_at=NOW, subject="Your salary 1", status="failed", size_bytes=None, from_ip=None,
        to_ip=None, source="graph",
    )  # fmt: skip
    window = SearchedWindow(since=None, until=NOW)
    coverage = CoverageReport(complete=True, gaps=[], as_of=NOW)
    search = DeliverySearch(
        rows=[row], truncated=False, offset=0, next_offset=None, searched=window,
        coverage=coverage, total=1, by_status={"delivered": 1}, by_account={HR: 1}, looked_for="",
        meaning="",
    )  # fmt: skip
    shown = hidden.shown(search)
    assert shown.rows[0] == replace(
        row,
        recipient=hidden.shown({"tenant": "contoso", "recipient": ADA})["recipient"],
        subject=shown.rows[0].subject,
        message_id=shown.rows[0].message_id,
    )
    assert shown.rows[0].subject.startswith("s-")
    assert shown.rows[0].message_id.startswith("m-")
    assert (shown.searched, shown.coverage) == (window, coverage)


def test_named_tuples_are_hidden_by_their_fields(hidden: Naming) -> None:
    shown = hidden.shown([EventRequest("contoso", "m1", ADA)])
    assert PSEUDONYM.fullmatch(shown[0].recipient)
    assert (shown[0].tenant, shown[0].id) == ("contoso", "m1")


def test_lists_in_tables_stay(hidden: Naming) -> None:
    frame = pd.DataFrame({"trace_ids": [["a", "b"]], "recipient": [None]})
    assert hidden.shown(frame)["trace_ids"].tolist() == [["a", "b"]]


def test_the_key_is_the_stores_own(stored: Path) -> None:
    config = load_config(stored)
    root = config.warehouse.path
    first, again = naming(root, "1", NAMES, config), naming(root, "2", NAMES, config)
    row = {"tenant": "contoso", "recipient": ADA}
    assert first.shown(row) == again.shown(row)
    assert {HR, NEWS} <= first.accounts
