"""Stores that nobody is served from any more, when people act on all shards."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.unit.conftest import CSV, Hve, Prepared
from warehouse.fleet import FILE

MAP = "--map=id=id,sender=sender,recipient=recipient,received_at=received_at,status=status"
AT = "--now=2026-11-24T08:00:00Z"
TENANT = '[[tenants]]\nname = "{}"\naccounts = "files"\nshard = "{}"\n'
PERSON = "reader@fabrikam.com"


@pytest.fixture
def fleet(hve: Hve, prepared: Prepared, monkeypatch: pytest.MonkeyPatch) -> Hve:
    """Two shards with a tenant each, of which only the one in the south is served still."""

    def fill() -> str:
        Path("traces.csv").write_text(CSV, encoding="utf-8")
        south = TENANT.format("adatum", "south")
        Path("hve.toml").write_text(TENANT.format("contoso", "north") + south, encoding="utf-8")
        for tenant in ("contoso", "adatum"):
            assert hve("import", "traces.csv", MAP, AT, "--tenant", tenant).code == 0
        Path("hve.toml").write_text(south, encoding="utf-8")
        return ""

    prepared.enter("left", monkeypatch, fill)
    return hve


def test_a_person_is_erased_from_a_store_that_nobody_is_served_from(fleet: Hve) -> None:
    assert fleet("tenants", AT).code == 0
    assert Path("data/local", FILE).exists()
    ended = fleet("erase", PERSON, "--reason=asked", AT, "--json")
    assert ended.code == 0, ended.err
    removed = {part["tenant"]: part["removed"] for part in ended.json["erased"]}
    assert set(removed) == {"adatum", "contoso"}
    assert "facts.message_traces" in {table["table"] for table in removed["contoso"]}
    assert not Path("data/local", FILE).exists(), "it may say of a reading whose it was"
    assert fleet("verify", AT).code == 0
    shards = {entry["shard"] for entry in fleet("audit", "--json").json["entries"]}
    assert shards == {"north", "south"}


def test_a_shard_that_cannot_be_read_stands_in_what_was_examined(fleet: Hve) -> None:
    Path("data/local/shards/north/state.db").write_bytes(b"no database at all" * 100)
    ended = fleet("verify", AT, "--json")
    assert ended.code == 3
    (failed,) = [check for check in ended.json["findings"] if check["status"] == "fail"]
    assert failed["detail"].startswith("shard north: ")
    Path("data/local/shards/south/state.db").write_bytes(b"no database at all" * 100)
    ended = fleet("doctor", AT, "--json")
    assert ended.code == 3
    failed = [check for check in ended.json["checks"] if check["status"] == "fail"]
    assert "cannot be opened" in {check["check"]: check["detail"] for check in failed}["store"]
    ended = fleet("tenants", AT, "--json")
    assert (ended.code, ended.json["unread_shards"]) == (3, ["south"])


def test_the_files_of_a_backup_of_shards_are_erased_too(fleet: Hve) -> None:
    assert fleet("backup", "--out=copies", AT).code == 0
    ended = fleet("erase", PERSON, "--reason=asked", "--backup=copies", AT, "--json")
    assert ended.code == 0, ended.err
    stores = {Path(part["store"]).name for part in ended.json["erased"]}
    assert stores == {"north", "south", "north.hve", "south.hve"}


def test_a_backup_of_the_store_around_the_shards_comes_back_beside_them(hve: Hve) -> None:
    Path("hve.toml").write_text(
        TENANT.format("adatum", "south") + TENANT.format("contoso", ""), encoding="utf-8"
    )
    Path("traces.csv").write_text(CSV, encoding="utf-8")
    for tenant in ("contoso", "adatum"):
        assert hve("import", "traces.csv", MAP, AT, "--tenant", tenant).code == 0
    assert hve("backup", "--out=copies", AT).code == 0
    left = Path("data/local/shards/left")
    left.mkdir()
    for flags in (("--replace",), ()):
        if not flags:
            shutil.rmtree("data/local")
        ended = hve("restore", "copies", *flags, AT)
        assert ended.code == 0, ended.err
        rows = hve("usage", "--by=tenant", AT, "--json").json["rows"]
        assert [(row["tenant"], row["recipients"]) for row in rows] == [
            ("adatum", 2),
            ("contoso", 2),
        ]
        assert left.exists() is bool(flags)
