"""The audit log is a keyed chain: whatever another hand does to its entries is told."""

from __future__ import annotations

import hmac
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.warehouse.conftest import NOW, land_rows
from warehouse.maintenance.verification import verify
from warehouse.privacy import audit
from warehouse.privacy.audit_chain import chain_faults, unsealed
from warehouse.privacy.erasure import erase_rows
from warehouse.protection.chain import seal_from
from warehouse.protection.mode import CHAIN_KEY, Protection, rotate, tenant_key
from warehouse.store import Store, open_store

ADA = "ada.lang@fabrikam.com"
HARM = {
    "deleted first": ["delete from audit where number = 1"],
    "deleted within": ["delete from audit where number = 3"],
    "deleted last": ["delete from audit where number = 5"],
    "deleted all": ["delete from audit"],
    "deleted, head too": ["delete from audit", "delete from audit_head"],
    "deleted, head and key too": ["delete from audit_head", "delete from pseudonym_keys"],
    "tail cut, head moved": [
        "delete from audit where number > 3",
        ("update audit_head set number = 3, entries = 3,"
        " chain = (select chain from audit where number = 3)"),
    ],
    "another actor": ["update audit set who = 'eve' where number = 2"],
    "another subject": ["update audit set subject = 'sub-9' where number = 2"],
    "another act": ["update audit set what = 'search' where number = 4"],
    "another time": ["update audit set at = '2020-01-01T00:00:00.000000Z' where number = 5"],
    "another reason": ["update audit set reason = '' where number = 1"],
    "another outcome": ["update audit set outcome = 'unknown' where number = 1"],
    "swapped": [
        "update audit set number = 9 where number = 2",
        "update audit set number = 2 where number = 3",
        "update audit set number = 3 where number = 9",
    ],
    "seals swapped too": [
        ("update audit set (digest, chain) = (select digest, chain from audit where number = 3)"
        " where number = 2")
    ],
    "renumbered": ["update audit set number = number + 1 where number = 5"],
    "added": [("insert into audit (at, recorded_at, who, what, target, reason, outcome)"
              " values ('a', 'b', 'eve', 'reveal', '', '', 'done')")],
    "seal taken away": ["update audit set digest = '', chain = '' where number = 5"],
    "a seal of another entry": [
        ("update audit set what = 'x', rewritten = (select digest from audit where number = 1)"
        " where number = 2")
    ],
    "two fields run together": ["update audit set what = what || target, target = ''"],
}  # fmt: skip


def recorded(store: Store, count: int = 5) -> None:
    for number in range(1, count + 1):
        who = f"person{number}"
        audit.record(store, NOW, who, "reveal", "p-1", f"reason {number}", "revealed", f"s{number}")


def audit_check(store: Store) -> tuple[str, str]:
    (check,) = (check for check in verify(store)[0] if check.check == "audit")
    return check.status, check.detail


def test_entries_as_they_were_written_pass(store: Store) -> None:
    assert audit_check(store)[0] == "pass"
    recorded(store)
    assert audit_check(store)[0] == "pass"
    newest = audit.entries(store.state, 1)[0]
    assert (newest.number, newest.who, newest.subject) == (5, "person5", "s5")


@pytest.mark.parametrize("harm", HARM)
def test_what_another_hand_did_is_told(store: Store, harm: str) -> None:
    recorded(store)
    for statement in HARM[harm]:
        store.state.connection.execute(statement)
    assert audit_check(store)[0] == "fail"
    recorded(store, 2)  # later entries cover nothing up
    status, detail = audit_check(store)
    assert status == "fail"
    assert detail.startswith("the audit log was changed by another hand: ")


def test_an_entry_is_named(store: Store) -> None:
    recorded(store)
    store.state.connection.execute("update audit set who = 'eve' where number = 2")
    assert chain_faults(store) == ["entry 2 was changed"]
    store.state.connection.execute("delete from audit where number = 2")
    assert chain_faults(store) == [
        "entries before 3 are missing, or it was moved",
        "4 of 5 sealed entries are there",
    ]


def test_an_erasure_changes_words_and_the_log_stays_sound(store: Store) -> None:
    land_rows(store, {"recipient": ADA})
    recorded(store)
    mention = f"mail of {ADA} is late"
    number = audit.record(store, NOW, "ada", "reveal", "p-1", "asked", "revealed")
    store.state.connection.execute(
        "update audit set reason = ? where number = ?", [mention, number]
    )
    assert chain_faults(store) == [f"entry {number} was changed"]
    _seal_as_it_stands(store)
    assert chain_faults(store) == []
    for _ in range(2):
        erase_rows(store, "contoso", ADA)
    assert ADA not in audit.entries(store.state, 1)[0].reason
    assert audit_check(store)[0] == "pass"
    store.state.connection.execute("update audit set reason = 'x' where number = ?", [number])
    assert chain_faults(store) == [f"entry {number} was changed"]


def test_an_erasure_covers_nothing_up(store: Store) -> None:
    recorded(store)
    store.state.connection.execute(
        "update audit set reason = ?, who = 'eve' where number = 2", [f"about {ADA}"]
    )
    erase_rows(store, "contoso", ADA)
    assert chain_faults(store) == ["entry 2 was changed"]


def _seal_as_it_stands(store: Store) -> None:
    """Makes the log of an earlier release, whose next entry seals all."""
    store.state.connection.execute("delete from audit_head")
    store.state.connection.execute("delete from pseudonym_keys where tenant = ?", [CHAIN_KEY])
    store.state.connection.execute("update audit set digest = '', chain = ''")
    recorded(store, 1)


def test_entries_of_an_earlier_release_are_sealed_by_the_next(store: Store) -> None:
    for number in range(3):
        store.state.connection.execute(
            "insert into audit (at, recorded_at, who, what, target, reason, outcome)"
            " values ('a', 'b', ?, 'export', '', '', 'done')",
            [f"p{number}"],
        )
    assert audit_check(store) == (
        "warn",
        "3 entries of an earlier release; the next entry seals what came before it",
    )
    recorded(store, 1)
    assert unsealed(store) == 0
    assert audit_check(store)[0] == "pass"
    store.state.connection.execute("update audit set who = 'eve' where number = 2")
    assert chain_faults(store) == ["entry 2 was changed"]


@pytest.fixture
def keys() -> Iterator[tuple[Protection, Protection]]:
    """An outside key and the next one."""
    return (
        Protection("pseudonymous", "hash", os.urandom(32)),
        Protection("pseudonymous", "hash", os.urandom(32)),
    )


def test_a_change_of_the_outside_key_keeps_the_log_sound(
    tmp_path: Path, keys: tuple[Protection, Protection]
) -> None:
    old, new = keys
    with open_store(tmp_path / "store", "500MB", 1, old) as store:
        land_rows(store, {})
        recorded(store)
        assert rotate(store.state, old, new) == 1  # the tenant's own; the log's is none
    with open_store(tmp_path / "store", "500MB", 1, new) as store:
        assert audit_check(store)[0] == "pass"
        recorded(store, 2)
        assert audit_check(store)[0] == "pass"


def test_the_key_of_the_log_lies_behind_the_outside_key(
    tmp_path: Path, keys: tuple[Protection, Protection]
) -> None:
    with open_store(tmp_path / "store", "500MB", 1, keys[0]) as store:
        recorded(store)
        key = tenant_key(store.state, store.protection, CHAIN_KEY)
    content = b"".join(file.read_bytes() for file in tmp_path.rglob("state.db*"))
    assert key not in content


def test_another_mode_of_an_empty_store_begins_anew(
    tmp_path: Path, keys: tuple[Protection, Protection]
) -> None:
    with open_store(tmp_path / "store", "500MB", 1) as store:
        recorded(store)
    with open_store(tmp_path / "store", "500MB", 1, keys[0]) as store:
        assert audit_check(store)[0] == "pass"
        store.state.connection.execute("update audit set who = 'eve' where number = 1")
        assert audit_check(store)[0] == "fail", "what was there is sealed at once"


DOWNGRADES = {
    "as by an earlier release": [
        "update audit set digest = '', chain = '', rewritten = ''",
        "delete from audit where number = 2",
        "delete from audit_head",
        "delete from pseudonym_keys where tenant = '*audit'",
    ],
    "as if nothing had been": [
        "delete from audit",
        "delete from audit_head",
        "delete from pseudonym_keys where tenant = '*audit'",
    ],
    "as before the migration": [
        "update audit set digest = '', chain = '', rewritten = ''",
        "delete from audit_head",
        "delete from pseudonym_keys where tenant = '*audit'",
        "pragma user_version = 2",
    ],
}


@pytest.mark.parametrize("harm", DOWNGRADES)
def test_behind_an_outside_key_no_log_looks_like_an_older_one(
    tmp_path: Path, keys: tuple[Protection, Protection], harm: str
) -> None:
    for key, before in ((keys[0], ()), (keys[1], ("rotated",))):
        root = tmp_path / f"store{len(before)}"
        with open_store(root, "500MB", 1, keys[0]) as store:
            land_rows(store, {})
            recorded(store)
            if before:
                rotate(store.state, keys[0], key)
        with open_store(root, "500MB", 1, key) as store:
            for statement in DOWNGRADES[harm]:
                store.state.connection.execute(statement)
        for _ in range(2):
            with open_store(root, "500MB", 1, key) as store:
                recorded(store, 1)  # seals nothing
                status, detail = audit_check(store)
                assert status == "fail"
                assert "its sealed end is gone" in detail


def test_behind_an_outside_key_nobody_chooses_the_key_of_the_log(
    tmp_path: Path, keys: tuple[Protection, Protection]
) -> None:
    root = tmp_path / "store"
    with open_store(root, "500MB", 1, keys[0]) as store:
        land_rows(store, {})
        recorded(store)
        for statement in DOWNGRADES["as by an earlier release"]:
            store.state.connection.execute(statement)
        forger = Store(
            root, store.delta, store.small, store.state, "500MB", 1
        )  # all but the outside key
        store.state.connection.execute("delete from audit where number = 2")
        seal_from(store.state, forger.protection, None, 0)
    with open_store(root, "500MB", 1, keys[0]) as store:
        recorded(store, 1)
        assert chain_faults(store) == ["its key is gone, or is another"]


def test_a_keyed_log_of_an_earlier_release_is_sealed_when_it_is_opened(
    tmp_path: Path, keys: tuple[Protection, Protection]
) -> None:
    root = tmp_path / "store"
    with open_store(root, "500MB", 1, keys[0]) as store:
        land_rows(store, {})
        recorded(store)
        for statement in DOWNGRADES["as before the migration"]:
            store.state.connection.execute(statement)
        noted = hmac.digest(keys[0].key or b"", b"hve-monitor: fingerprint", "sha256").hex()[:16]
        store.state.connection.execute("update protection set fingerprint = ?", [noted])
    with open_store(root, "500MB", 1, keys[0]) as store:
        assert unsealed(store) == 0
        assert audit_check(store)[0] == "pass"
        store.state.connection.execute("delete from audit where number = 5")
        assert audit_check(store)[0] == "fail"


def test_two_processes_add_to_one_chain(tmp_path: Path) -> None:
    root = tmp_path / "store"
    with open_store(root, "500MB", 1) as one, open_store(root, "500MB", 1) as other:
        for _ in range(3):
            recorded(one, 1)
            recorded(other, 1)
        assert audit_check(one)[0] == "pass"
