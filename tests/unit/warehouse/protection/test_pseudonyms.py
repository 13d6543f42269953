"""Pseudonyms: stable within a tenant, different between tenants, never the name itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.unit.warehouse.conftest import NOW, traces
from warehouse.protection.mode import Protection
from warehouse.protection.pseudonyms import HIDDEN, Mask, hidden

ADA = "ada.lang@fabrikam.com"


def mask(mode: str = "pseudonymous", subjects: str = "hash", key: str = "a", **more: Any) -> Mask:
    return Mask(Protection(mode, subjects, b"o" * 32), key.encode() * 32, **more)


def test_a_person_has_one_pseudonym_in_a_tenant_and_another_elsewhere() -> None:
    here, there = mask(), mask(key="b")
    assert here.recipient(ADA) == here.recipient(ADA)
    assert here.recipient(ADA) != there.recipient(ADA)
    assert here.recipient(ADA).startswith("p-")
    assert here.recipient(ADA).endswith("@fabrikam.com")
    assert here.recipient(here.recipient(ADA)) == here.recipient(ADA)
    assert "@" not in here.recipient("postmaster")


def test_rows_are_masked_column_by_column() -> None:
    (row,) = mask().traces(traces({"recipient": ADA})).to_pylist()
    assert row["recipient"] == mask().recipient(ADA)
    assert row["message_id"].startswith("m-")
    assert row["subject"].startswith("s-")
    assert (row["sender"], row["trace_id"], row["status"]) == ("hr@contoso.com", "t1", "delivered")
    (same,) = mask("full", "keep").traces(traces({"recipient": ADA})).to_pylist()
    assert same["recipient"] == ADA
    (dropped,) = mask("full", "drop").traces(traces({"recipient": ADA})).to_pylist()
    assert (dropped["recipient"], dropped["subject"]) == (ADA, None)


def test_unknown_stays_unknown() -> None:
    rows = traces({"subject": None, "message_id": None}, {"subject": "A", "message_id": None})
    masked = mask().traces(rows)
    assert [subject is None for subject in masked["subject"].to_pylist()] == [True, False]
    assert masked["message_id"].null_count == 2


def test_in_aggregate_mode_no_two_rows_of_a_person_look_alike() -> None:
    rows = mask("aggregate", "drop").traces(
        traces({"recipient": ADA}, {"recipient": ADA, "trace_id": "t2"}, {"recipient": ADA})
    )
    first, second, again = rows["recipient"].to_pylist()
    assert first == again != second
    assert first.startswith("aggregate:")
    assert rows["subject"].null_count == 3


@pytest.mark.parametrize("mode", ["full", "pseudonymous"])
def test_rows_of_an_erased_person_lose_the_person_until_the_erasure(mode: str) -> None:
    plain = mask(mode)
    erased = mask(mode, erased={plain.erasure(plain.recipient(ADA)): NOW})
    later = NOW + timedelta(minutes=1)
    rows = erased.traces(
        traces({"recipient": ADA}, {"recipient": ADA, "received_at": later}, {"recipient": "b@x.y"})
    ).to_pylist()
    assert rows[0]["recipient"].startswith("erased:")
    assert (rows[0]["subject"], rows[0]["message_id"]) == (None, None)
    assert rows[1]["recipient"] == plain.recipient(ADA)
    assert rows[2]["recipient"] == plain.recipient("b@x.y")


def test_addresses_in_the_words_of_a_server_are_hidden_but_those_of_accounts() -> None:
    text = "550 <Ada.Lang@fabrikam.com>: refused; sender hr@contoso.com."
    said = mask().text(text, {"hr@contoso.com"})
    assert said == text.replace("Ada.Lang@fabrikam.com", mask().recipient(ADA))
    assert mask("full").text(text) == text
    assert mask("aggregate").text(text, {"hr@contoso.com"}) == text.replace(
        "Ada.Lang@fabrikam.com", HIDDEN
    )
    assert mask().text(None) is None


def test_what_stands_in_the_place_of_columns_is_hidden() -> None:
    assert hidden("is no known export (columns: Invoice for Ada)") == (
        "is no known export (columns: …"
    )
    assert hidden(f"refused for {ADA}") == f"refused for {HIDDEN}"


def test_a_key_is_in_no_repr() -> None:
    assert "aaaa" not in repr(mask())
    assert "oooo" not in repr(mask())


def test_numbered_subjects_are_one_behind_their_hashes_too() -> None:
    first, second, other = map(mask().subject, ("Invoice 4711", "invoice 4712", "Report 4711"))
    heads = [str(mask)[:18] for mask in (first, second, other)]
    assert heads[0] == heads[1] != heads[2]
    assert first != second
