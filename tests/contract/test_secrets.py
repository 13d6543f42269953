"""Secrets stay where they are: nothing that a run leaves or says holds one; others read nothing."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from unittest import mock

import pytest

from hve_monitor.clock import iso
from hve_monitor.config import load_config
from hve_monitor.errors import ConfigError
from tests.contract.conftest import NOW, Site
from tests.contract.test_privacy import texts_of
from tests.forked import ended
from tests.receiver import receive

pytestmark = pytest.mark.contract

TARGETS = """
[privacy]
mode = "pseudonymous"
key_file = "hve.key"
[export]
folder = "shared"
formats = ["focus", "csv", "showback"]
[alerts]
targets = [
  { name = "hook", url = "webhook+https://PLACE/canaryPath1?key=canaryQuery2", secret_file = "hook.secret", min_severity = "low", digest = false },
  { name = "hec", url = "splunk+https://canaryHec3@PLACE", min_severity = "low" },
  { name = "dead", url = "splunk+https://canaryDead4@127.0.0.1:9", min_severity = "low" },
  { name = "slack", url = "slack://T1JJ3canary/A1BRTcanary/TIiajkdnlazkcOXrIcanary5/#soc", min_severity = "low", digest = false },
  { name = "mail", url = "smtps://canaryUser6:canaryMail7@127.0.0.1:9/?to=soc@contoso.com", min_severity = "low", digest = false },
  { name = "env", url = "webhook+https://127.0.0.1:9/{secret}", secret_env = "CANARY", min_severity = "low", digest = false },
  { name = "teams", url = "workflows://PLACE/WORKFLOW/{secret}/?image=no", secret_file = "hook.secret", min_severity = "low", digest = false },
]
"""  # noqa: E501 - TOML's inline tables are one line
CANARIES = [
    "canaryPath1", "canaryQuery2", "canaryHec3", "canaryDead4", "T1JJ3canary", "A1BRTcanary",
    "rIcanary5", "canaryUser6", "canaryMail7", "canaryEnv8", "canaryFile9", "canaryKey10",
]  # fmt: skip


@pytest.fixture
def site(make_site: Callable[..., Site]) -> Site:
    """A tenant in which something goes on that is told."""
    return make_site(days=40)


def hve(site: Site, *arguments: str) -> tuple[int, str]:
    with mock.patch.dict(os.environ, CANARY="canaryEnv8"):
        code, out, errors = ended(*arguments, "--config", str(site.file), "--now", iso(NOW))
    assert "Traceback" not in errors, errors
    return code, out + errors


def leaks(text: str | bytes, canaries: list[str]) -> list[str]:
    return [
        canary
        for canary in canaries
        if (canary.encode() if isinstance(text, bytes) else canary) in text
    ]  # type: ignore[operator] # both of one kind


def written(folder: Path) -> list[Path]:
    return [file for file in folder.rglob("*") if file.is_file()]


@pytest.mark.slow
def test_a_run_leaves_and_says_no_secret(site: Site) -> None:
    out = site.folder / "out"
    out.mkdir()
    with receive() as receiver:
        text = TARGETS.replace("PLACE", receiver.place).replace("WORKFLOW", "a" * 32)
        joined = receiver.ca_file.read_bytes() + (site.folder / "ca.pem").read_bytes()
        (site.folder / "ca.pem").write_bytes(joined)
        (site.folder / "hook.secret").write_text("canaryFile9", encoding="utf-8")
        (site.folder / "hve.key").write_text("canaryKey10" * 4, encoding="utf-8")
        site.file.write_text(site.file.read_text(encoding="utf-8") + text, encoding="utf-8")
        said = {
            name: hve(site, *name.split())
            for name in (
                "run --json", "run", "doctor --json", "doctor", "incidents --json",
                f"export openmetrics --out {out}/hve.prom", "build --json", "alerts test",
                "alerts test --json", f"export csv --out {out}", f"export focus --out {out}",
                f"export duckdb --out {out}/all.duckdb", f"export ocsf --out {out}/ocsf.jsonl",
                f"backup --out {out}/all.backup --json", "verify", "audit --json", "purge --json",
                "trace --recipient nobody@contoso.com --json", "alerts test nobody",
            )
        }  # fmt: skip
        (site.folder / "hook.secret").unlink()
        for name in ("run", "doctor", "alerts test"):
            said[f"{name} without a secret's file"] = hve(site, *name.split())
        accepted = {request.path.split("/")[1] for request in receiver.accepted}
    assert accepted == {"canaryPath1", "services", "workflows"}, "the canaries were really used"
    assert said["run --json"][0] == 3, "dead targets"
    tokens = list(site.tenant.tokens._issued)
    canaries = [*CANARIES, site.tenant.client_secret, *tokens]
    assert len(tokens) >= 2
    for name, (_, shown) in said.items():
        assert leaks(shown, canaries) == [], name
    store = load_config(site.file).warehouse.path
    assert len(waiting(store)) > 3, "the outbox holds messages of the dead targets"
    # What the backup packs is written as it is; what the files encode is decoded.
    for folder, least in ((store, 100), (out, 10), (site.folder / "shared", 10)):
        texts = list(texts_of(folder))
        assert len(texts) > least, folder
        for file, held in texts:
            assert leaks(held, canaries) == [], file


def waiting(store: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(store / "state.db")) as connection:
        return connection.execute(
            "select message, last_error from outbox where last_error is not null"
        ).fetchall()


def test_the_configuration_shows_no_secret(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.file.write_text(site.file.read_text(encoding="utf-8") + TARGETS, encoding="utf-8")
    config = load_config(site.file)
    for shown in (repr(config), str(config), config.model_dump_json(), repr(config.model_dump())):
        assert leaks(shown, CANARIES) == []


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="Windows keeps access lists, not modes")
def test_what_the_command_makes_is_for_its_owner(site: Site) -> None:
    hve(site, "run", "--json")
    store = load_config(site.file).warehouse.path
    assert stat.S_IMODE(store.stat().st_mode) == 0o700
    assert {"state.db", "hve.duckdb"} <= {file.name for file in written(store)}
    for file in store.rglob("*"):
        assert stat.S_IMODE(file.stat().st_mode) & 0o077 == 0, file


BAD = [
    ('targets = ["nonsense canaryPath1"]', "alerts.targets.0.url: is no URL"),
    ('targets = ["https://hooks.contoso.com/canaryPath1"]', "write webhook+https://"),
    ('targets = ["slack://canaryPath1/b/c?verify=no"]', "never switched off"),
    ('targets = [{ url = "splunk+https://canaryPath1@h", min_severty = "low" }]', "min_severity"),
    ('targets = ["smtps://u:canaryMail7@h:99999/?to=a@contoso.com"]', "its port is no number"),
    ('quiet_hours = "22-6"', "alerts.quiet_hours"),
    ('dashboard_url = "javascript:alert(1)"', "alerts.dashboard_url: must be a URL"),
]


@pytest.mark.parametrize(("line", "reason"), BAD)
def test_a_mistake_is_one_line_without_the_secret(site: Site, line: str, reason: str) -> None:
    text = f"{site.file.read_text(encoding='utf-8')}\n[alerts]\n{line}\n"
    site.file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_config(site.file)
    said = str(caught.value)
    assert reason in said
    assert len(said.splitlines()) == 1
    assert leaks(said, CANARIES) == []
