"""Files that others may read or change, and metrics that other machines may read."""

from __future__ import annotations

from pathlib import Path

import pytest

from actions.doctor.examine import examine
from actions.doctor.files import SECRETS_OF_TENANT, file_checks, metrics_check, secret_files
from hve_monitor.config import Config, Metrics, Tenant, load_config
from tests.unit.conftest import NOW

TOML = """
cost_centers_file = "owners.csv"
[[tenants]]
name = "contoso"
tenant_id = "t"
client_id = "c"
client_secret_file = "client.secret"
accounts = ["hr@contoso.com"]
[warehouse]
tables = "s3://contoso-hve"
storage = { aws_region = "eu-central-1", aws_secret_access_key_file = "s3.key" }
[privacy]
key_file = "hve.key"
[auth]
secrets_file = "secrets.toml"
[endpoints]
ca_bundle = "ca.pem"
[[alerts.targets]]
name = "siem"
url = "splunk+https://splunk.contoso.com:8088"
secret_file = "hec.token"
"""
SECRETS = ("client.secret", "hve.key", "secrets.toml", "hec.token", "s3.key")
PLAIN = ("hve.toml", "owners.csv", "ca.pem")


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder in which every file is for its owner alone."""
    tmp_path.chmod(0o700)
    for name in (*SECRETS, *PLAIN):
        (tmp_path / name).write_text(TOML if name == "hve.toml" else "x", encoding="utf-8")
        (tmp_path / name).chmod(0o600 if name in SECRETS else 0o644)
    return tmp_path


def warnings(site: Path) -> list[tuple[str, str]]:
    """(detail, fix) of each warning."""
    file = site / "hve.toml"
    checks = list(file_checks(load_config(file), file))
    assert {check.check for check in checks} == {"files"}
    return [(check.detail, check.fix) for check in checks if check.status == "warn"]


def test_files_of_their_owner_alone_are_good(site: Path) -> None:
    (check,) = file_checks(load_config(site / "hve.toml"), site / "hve.toml")
    assert (check.status, check.fix) == ("ok", "")
    assert check.detail.startswith("secrets (5) ")


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize("mode", [0o604, 0o640, 0o660, 0o666, 0o602])
def test_a_secret_that_others_may_open_is_named(site: Path, name: str, mode: int) -> None:
    (site / name).chmod(mode)
    ((detail, fix),) = warnings(site)
    assert f"{site / name} is open to others on this machine (mode {mode:04o})" in detail
    assert fix == f"chmod 600 {site / name}"


@pytest.mark.parametrize("name", PLAIN)
def test_a_configuration_that_others_may_change_is_named(site: Path, name: str) -> None:
    (site / name).chmod(0o646)
    ((detail, fix),) = warnings(site)
    assert f"{site / name} may be changed by others" in detail
    assert fix == f"chmod go-w {site / name}"


def test_a_folder_that_others_may_write_to_is_named(site: Path) -> None:
    site.chmod(0o777)
    named = warnings(site)
    assert len(named) == len(SECRETS) + len(PLAIN)
    assert all("others may put another file in the place of" in detail for detail, _ in named)
    site.chmod(0o1777)
    assert warnings(site) == []


def test_every_key_that_names_a_secret_is_looked_at(site: Path) -> None:
    named = {key.rpartition(".")[2] for key, _ in secret_files(load_config(site / "hve.toml"))}
    ours = {"client_secret_file", "secret_file", "key_file", "secrets_file"}
    assert named == ours | {"aws_secret_access_key_file"}
    files = [name for name in Tenant.model_fields if name.endswith("_file")]
    assert set(files) == set(SECRETS_OF_TENANT)


def test_a_file_that_is_missing_is_anothers_check(tmp_path: Path) -> None:
    config = Config(cost_centers_file=tmp_path / "gone.csv")
    assert list(file_checks(config, tmp_path / "hve.toml")) == []


@pytest.mark.parametrize(
    ("listen", "status"),
    [
        ("127.0.0.1:9464", "ok"),
        ("localhost:9464", "ok"),
        ("[::1]:9464", "ok"),
        ("127.0.0.2:9464", "ok"),
        ("0.0.0.0:9464", "warn"),
        ("[::]:9464", "warn"),
        ("192.0.2.7:9464", "warn"),
        ("metrics.contoso.com:9464", "warn"),
    ],
)
def test_metrics_for_other_machines_are_warned_of(listen: str, status: str) -> None:
    (check,) = metrics_check(Config(metrics=Metrics(listen=listen)))
    assert (check.status, bool(check.fix)) == (status, status == "warn")


def test_the_doctor_looks_at_them(site: Path) -> None:
    (site / "hve.toml").write_text('[privacy]\nkey_file = "hve.key"\n', encoding="utf-8")
    (site / "hve.key").chmod(0o644)
    config = load_config(site / "hve.toml").model_copy(
        update={"metrics": Metrics(listen="0.0.0.0:9464")}
    )
    report = examine(config, NOW, file=site / "hve.toml").document
    states = {check.check: check.status for check in report.checks}
    assert (states["files"], states["metrics"]) == ("warn", "warn")
