"""Every command of a configuration with shards: of all, of one tenant, or refused in one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.main import get_command

from cli.main import app
from hve_monitor.config import load_config
from tests.unit.actions.shards.conftest import AT, MAP, TWO
from tests.unit.conftest import CSV, NOW, Hve
from warehouse.configured import store_of
from warehouse.records.accounts import Account, record_accounts

NORTH, SOUTH = Path("data/local/shards/north"), Path("data/local/shards/south")
LATER = "--now=2026-11-24T09:00:00Z"


@pytest.mark.parametrize(
    "words",
    ["cost", "trace", "whatif --account hr@contoso.com --recipients 1",
     "export showback --out out", "import traces.csv",
     "plan add --all --start 2026-12-01 --end 2026-12-02 --recipients 9"],
)  # fmt: skip
def test_what_is_about_one_store_asks_for_a_tenant(fleet: Hve, words: str) -> None:
    ended = fleet(*words.split(), AT)
    assert ended.code == 2
    assert ended.err.startswith("hve: --tenant: name one")
    assert ended.err.count("\n") == 1
    if not words.startswith(("import", "export", "plan")):
        assert fleet(*words.split(), AT, "--tenant", "contoso").code == 0


def test_usage_lists_the_tenants_of_all_shards(fleet: Hve) -> None:
    ended = fleet("usage", "--by", "account", AT, "--json")
    assert ended.code == 0
    rows = [(row["tenant"], row["account"], row["recipients"]) for row in ended.json["rows"]]
    assert rows == [("adatum", "hr@contoso.com", 2), ("contoso", "hr@contoso.com", 2)]
    assert ended.json["coverage"]["complete"] is None
    assert len(fleet("usage", "--tenant", "contoso", AT, "--json").json["rows"]) == 1


def test_a_shard_that_cannot_be_read_leaves_the_answer_incomplete(fleet: Hve) -> None:
    (SOUTH / "hve.duckdb").unlink()
    ended = fleet("usage", AT, "--json")
    assert ended.code == 3
    assert [row["tenant"] for row in ended.json["rows"]] == ["contoso"]
    assert ended.json["coverage"]["complete"] is False
    incidents = fleet("incidents", AT, "--json")
    assert (incidents.code, incidents.json["coverage"]["complete"]) == (3, False)
    (NORTH / "hve.duckdb").unlink()
    assert fleet("usage", AT).code == 1


def test_a_tenant_that_is_not_there_is_refused(fleet: Hve) -> None:
    for words in ("usage", "incidents", "cost", "readiness", "trace", "plan list", "doctor"):
        ended = fleet(*words.split(), AT, "--tenant", "contosso")
        assert ended.code == 2
        assert "did you mean 'contoso'" in ended.err


def test_plans_and_findings_of_all_shards_stand_together(fleet: Hve) -> None:
    window = ["--start", "2026-12-01", "--end", "2026-12-02", "--recipients", "9", "--all"]
    plans = {
        tenant: fleet("plan", "add", *window, AT, "--tenant", tenant, "--json").json["plan"]["id"]
        for tenant in ("contoso", "adatum")
    }
    listed = fleet("plan", "list", LATER, "--json").json["plans"]
    assert {plan["tenant"]: plan["id"] for plan in listed} == plans
    assert fleet("plan", "remove", plans["adatum"], LATER).code == 0
    assert [p["tenant"] for p in fleet("plan", "list", LATER, "--json").json["plans"]] == [
        "contoso"
    ]
    assert fleet("plan", "remove", "nothing", LATER).code == 2
    readiness = fleet("readiness", AT, "--json").json
    assert {row["tenant"] for row in readiness["accounts"]} <= {"contoso", "adatum"}


def test_a_search_by_an_account_finds_its_shard(fleet: Hve) -> None:
    rows = CSV.replace("hr@contoso.com", "news@adatum.com").replace("t1", "t3").replace("t2", "t4")
    Path("more.csv").write_text(rows, encoding="utf-8")
    assert fleet("import", "more.csv", MAP, AT, "--tenant", "adatum").code == 0
    rows = fleet("trace", "--sender", "news@adatum.com", AT, "--json").json["rows"]
    assert {(row["tenant"], row["id"]) for row in rows} == {("adatum", "t3"), ("adatum", "t4")}
    for sender in ("hr@contoso.com", "nobody@contoso.com"):  # in both, in none
        ended = fleet("trace", "--sender", sender, AT)
        assert (ended.code, ended.err.count("\n")) == (2, 1)
    (NORTH / "hve.duckdb").unlink()
    assert fleet("trace", "--sender", "news@adatum.com", AT).code == 2


@pytest.mark.parametrize(
    "words",
    ["verdict {} planned --reason x", "assign {} ada", "step {} 1", "incidents {}",
     "incidents {} --evidence it.zip"],
)  # fmt: skip
def test_an_incident_that_is_in_no_shard_is_told_in_one_line(fleet: Hve, words: str) -> None:
    ended = fleet(*words.format("0" * 12).split(), AT)
    assert ended.code == 2
    assert "no such incident" in ended.err
    assert ended.err.count("\n") == 1


def test_a_person_is_erased_from_every_shard(fleet: Hve) -> None:
    rehearsed = fleet("erase", "reader@fabrikam.com", "--dry-run", AT, "--json")
    assert rehearsed.code == 0
    ended = fleet("erase", "reader@fabrikam.com", "--reason", "asked", AT, "--json")
    assert ended.code == 0
    parts = {part["tenant"]: part for part in ended.json["erased"]}
    assert set(parts) == {"contoso", "adatum"}
    for tenant, part in parts.items():
        assert part["removed"], tenant
        assert part["remaining_rows"] == 0
        rows = fleet(
            "trace", "--recipient", "reader@fabrikam.com", "--tenant", tenant, LATER, "--json"
        )
        assert rows.json["total"] == 0
    acts = [(entry["shard"], entry["what"]) for entry in fleet("audit", "--json").json["entries"]]
    assert {("north", "erase"), ("south", "erase")} <= set(acts)


def test_an_account_in_one_shard_is_erased_from_none_by_mistake(fleet: Hve) -> None:
    before = fleet("usage", AT, "--json").json
    ended = fleet("erase", "hr@contoso.com", "--reason", "asked", AT)
    assert ended.code == 2
    assert "is a sending account" in ended.err
    assert fleet("usage", AT, "--json").json == before


def test_every_store_is_verified_purged_and_told_the_time(fleet: Hve) -> None:
    ended = fleet("verify", "--json")
    assert ended.code == 0, ended.out
    details = [finding["detail"] for finding in ended.json["findings"]]
    assert sum(detail.startswith("shard north: ") for detail in details) == len(details) / 2
    assert fleet("set-clock", "--reason", "sure", AT).code == 0
    purged = fleet("purge", AT, "--json")
    assert purged.code == 0, purged.err
    assert {part["tenant"] for part in purged.json["purged"]} == {"contoso", "adatum"}
    (SOUTH / "facts").rename(SOUTH / "gone")
    broken = fleet("verify", "--json")
    assert broken.code == 3
    failed = [finding for finding in broken.json["findings"] if finding["status"] == "fail"]
    assert all(finding["detail"].startswith("shard south: ") for finding in failed)


def test_a_shard_that_a_purge_does_not_reach_is_named_in_its_document(fleet: Hve) -> None:
    (SOUTH / "state.db").write_bytes(b"no database at all" * 100)
    ended = fleet("purge", AT, "--json")
    assert ended.code == 3
    (failure,) = ended.json["failed_shards"]
    assert failure["shard"] == "south"


def test_the_doctor_says_of_which_shard_it_speaks(fleet: Hve) -> None:
    checks = fleet("doctor", AT, "--json").json["checks"]
    assert [check["check"] for check in checks].count("versions") == 1
    stores = [check["detail"] for check in checks if check["check"] == "store"]
    assert [detail.split(":")[0] for detail in stores] == ["shard north", "shard south"]


def test_the_doctor_sees_an_account_in_two_shards(fleet: Hve) -> None:
    for tenant in ("contoso", "adatum"):
        with store_of(load_config(Path("hve.toml")).of_tenant(tenant)) as store:
            record_accounts(store, tenant, [Account("hr@contoso.com", ("hr@contoso.com",))], NOW,
                            "exchange")  # fmt: skip
    checks = fleet("doctor", AT, "--json").json["checks"]
    twice = [check["detail"] for check in checks if check["check"] == "accounts"]
    assert twice == ["hr@contoso.com is an account of contoso and adatum: its mail counts twice"]


def test_a_backup_is_a_file_of_each_shard_and_comes_back(fleet: Hve) -> None:
    before = fleet("usage", AT, "--json").json
    ended = fleet("backup", "--out", "copy", AT, "--json")
    assert ended.code == 0, ended.err
    assert sorted(file.name for file in Path("copy").iterdir()) == ["north.hve", "south.hve"]
    assert ended.json["files"] > 4
    assert fleet("backup", "--out", "copy", AT).code == 2
    assert fleet("restore", "copy/north.hve", AT).code == 2
    assert fleet("restore", "copy", AT).code == 2
    Path("data").rename("old")
    assert fleet("restore", "copy", AT).code == 0
    assert fleet("usage", AT, "--json").json == before


def test_exports_are_a_file_or_folder_of_each_shard(fleet: Hve) -> None:
    ended = fleet("export", "focus", "--out", "focus.csv", AT, "--json")
    assert ended.code == 0, ended.err
    assert sorted(ended.json["files"]) == ["focus-north.csv", "focus-south.csv"]
    alone = fleet("export", "focus", "--out", "one.csv", "--tenant", "contoso", AT, "--json")
    assert alone.json["rows"] * 2 == ended.json["rows"]
    assert fleet("export", "csv", "--out", "tables", AT).code == 0
    assert sorted(folder.name for folder in Path("tables").iterdir()) == ["north", "south"]
    assert fleet("export", "duckdb", "--out", "whole.duckdb", AT).code == 0
    assert fleet("export", "ocsf", "--out", "found.jsonl", AT).code == 0
    assert {"whole-north.duckdb", "found-south.jsonl"} <= {file.name for file in Path().iterdir()}
    assert fleet("export", "openmetrics", "--out", "hve.prom", AT).code == 0
    assert 'hve_up{shard="north"} 1.0' in Path("hve.prom").read_text(encoding="utf-8")


def test_pseudonyms_and_keys_of_every_shard(hve: Hve) -> None:
    Path("old.key").write_text("0" * 64, encoding="utf-8")
    Path("new.key").write_text("1" * 64, encoding="utf-8")
    text = '[privacy]\nmode = "pseudonymous"\nkey_file = "{}"\n' + TWO
    Path("hve.toml").write_text(text.format("old.key"), encoding="utf-8")
    Path("t.csv").write_text(
        "id,sender,recipient,received_at\na,hr@contoso.com,ada@fabrikam.com,2026-11-23T07:00:00Z\n",
        encoding="utf-8",
    )
    mapping = "--map=id=id,sender=sender,recipient=recipient,received_at=received_at"
    assert hve("import", "t.csv", mapping, AT, "--tenant", "adatum").code == 0
    rows = hve("trace", "--tenant", "adatum", AT, "--json").json["rows"]
    revealed = hve("reveal", rows[0]["recipient"], "--reason", "asked", AT, "--json")
    assert (revealed.json["tenant"], revealed.json["address"]) == ("adatum", "ada@fabrikam.com")
    assert hve("reveal", "p-" + "0" * 32 + "@fabrikam.com", "--reason", "x", AT).code == 2
    assert hve("import", "t.csv", mapping, AT, "--tenant", "contoso").code == 0
    # A change of the key that did not end.
    from actions.privacy import change_key

    change_key(load_config(Path("hve.toml")).of_shard("north"), Path("new.key"), "", "ada", NOW)
    ended = hve("rotate-key", "new.key", AT, "--json")
    assert ended.code == 0, ended.err
    assert ended.json["tenants"] == 1
    Path("hve.toml").write_text(text.format("new.key"), encoding="utf-8")
    assert hve("verify").code == 0
    assert len(hve("usage", AT, "--json").json["rows"]) == 2


def test_every_command_is_looked_at_here_or_needs_no_store() -> None:
    tested = {
        "usage", "cost", "trace", "whatif", "export", "import", "plan", "incidents", "verdict",
        "assign", "step", "readiness", "erase", "audit", "verify", "purge", "set-clock", "doctor",
        "backup", "restore", "reveal", "rotate-key",
        *("run", "ingest", "build", "tenants"),  # test_runs
        "dashboard",  # dashboards/overview/test_shards
        "send-test",  # of the tenant that it names
    }  # fmt: skip
    commands = set(get_command(app).commands)  # type: ignore[attr-defined] # a group
    assert commands - tested == {"demo", "collect", "explain", "alerts"}
    assert json.dumps(sorted(tested - commands)) == "[]"
