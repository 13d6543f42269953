"""The doctor: every check has a state, and a fix when something is wrong."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from actions.doctor import examine as doctor
from actions.doctor.check import check
from actions.doctor.examine import _clock, examine, shared_accounts
from hve_monitor.config import Config, Endpoints, Privacy, Tenant, Warehouse
from hve_monitor.document import encoded
from tests.unit.conftest import NOW
from warehouse.privacy import audit
from warehouse.records.accounts import Account, record_accounts
from warehouse.store import open_store


def checks(config: Config) -> tuple[dict[str, str], int]:
    outcome = examine(config, NOW)
    found = encoded(outcome.document)["checks"]
    assert all(bool(result["fix"]) == (result["status"] != "ok") for result in found)
    return {result["check"]: result["status"] for result in found}, outcome.exit_code


def test_an_empty_site_is_warned_but_nothing_fails(tmp_path: Path) -> None:
    found = checks(Config(warehouse=Warehouse(path=tmp_path / "store")))
    assert found == (
        {
            "versions": "ok",
            "configuration": "warn",
            "store": "ok",
            "disk": "ok",
            "clock of the store": "ok",
            "coverage": "warn",
        },
        0,
    )
    assert list((tmp_path / "store").iterdir()) == []


def test_a_full_disk_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "LEAST_FREE_BYTES", 10**18)
    tmp_path.chmod(0o755)
    states, code = checks(Config(warehouse=Warehouse(path=tmp_path)))
    assert states["store"] == "warn", "others may read it"
    assert (states["disk"], code) == ("fail", 3)


def test_a_missing_secret_fails_with_the_name_of_the_file(tmp_path: Path) -> None:
    tenant = Tenant(
        name="contoso",
        tenant_id="t",
        client_id="c",
        client_secret_file=tmp_path / "gone.secret",
        accounts=("hr@contoso.com",),
    )
    outcome = examine(
        Config(
            warehouse=Warehouse(path=tmp_path),
            tenants=(tenant,),
            endpoints=Endpoints(login="https://127.0.0.1:9"),
        ),
        NOW,
    )
    failed = [check for check in encoded(outcome.document)["checks"] if check["status"] == "fail"]
    assert [(result["check"], result["tenant"]) for result in failed] == [
        ("credentials", "contoso")
    ]
    assert "gone.secret cannot be read" in failed[0]["detail"]
    assert outcome.exit_code == 3


def test_a_store_that_cannot_be_made_fails_and_the_rest_is_examined(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    states, code = checks(Config(warehouse=Warehouse(path=tmp_path / "file" / "store")))
    assert (states["store"], code) == ("fail", 3)


def test_an_account_of_two_tenants_is_named(tmp_path: Path) -> None:
    tenants = tuple(
        Tenant(name=name, tenant_id="t", managed_identity=True) for name in ("contoso", "fabrikam")
    )
    config = Config(warehouse=Warehouse(path=tmp_path / "store"), tenants=tenants)
    with open_store(tmp_path / "store") as store:
        for tenant in tenants:
            record_accounts(store, tenant.name, [Account("erp@contoso.com", ("erp@contoso.com",))],
                            NOW, "exchange")  # fmt: skip
    details = [check.detail for check in shared_accounts(config)]
    assert details == [
        "erp@contoso.com is an account of contoso and fabrikam: its mail counts twice"
    ]


def test_a_store_that_was_written_later_than_now_is_a_matter_of_the_clock(tmp_path: Path) -> None:
    config = Config(warehouse=Warehouse(path=tmp_path / "store"))
    with open_store(tmp_path / "store") as store:
        store.state.record_now("local", NOW + timedelta(days=900))
    found = _clock(config, NOW)
    assert (found.status, "hve set-clock" in found.fix) == ("fail", True)


def test_an_audit_log_that_another_hand_changed_fails(tmp_path: Path) -> None:
    config = Config(warehouse=Warehouse(path=tmp_path / "store"))
    with open_store(config.warehouse.path) as store:
        audit.record(store, NOW, "grace", "reveal", "p-1", "case 7", "revealed")
        assert checks(config)[0]["audit log"] == "ok"
        store.state.connection.execute("delete from audit")
    states, code = checks(config)
    assert (states["audit log"], code) == ("fail", 3)


def test_the_words_of_a_service_name_nobody_where_names_are_hidden(tmp_path: Path) -> None:
    secret = tmp_path / "x.secret"
    own = ("hr@contoso.com",)
    tenant = Tenant(
        name="contoso", tenant_id="t", client_id="c", client_secret_file=secret, accounts=own
    )
    words = "hr@contoso.com may not read ada@fabrikam.com"
    for mode, shown in (("full", words), ("aggregate", "hr@contoso.com may not read (address)")):
        config = Config(tenants=[tenant], privacy=Privacy(mode=mode))
        (examined,) = doctor._without_names(config, tenant, [check("x", "fail", words, "mend")])
        assert (examined.detail, examined.fix) == (shown, "mend")
