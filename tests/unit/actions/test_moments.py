"""Commands that change the store, killed or out of disk at any step: all or nothing, then done.

Each moment is a child process that counts its durable steps and dies at one of them, or finds the
disk full from there on; what the command then does again must end as if nothing had happened.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tarfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import deltalake
import pytest

from cli.main import main
from hve_monitor.config import load_config
from tests.forked import code_of, start
from tests.unit.actions.test_privacy import PERSON, configure
from tests.unit.conftest import Hve, Prepared
from warehouse.configured import store_of
from warehouse.connection import compute
from warehouse.delta import commit as delta
from warehouse.maintenance.backup import restore
from warehouse.maintenance.verification import verify
from warehouse.records.stored import stored_rows
from warehouse.store import open_store
from warehouse.tables import ALL_TABLES, HVE_USAGE_CORRECTIONS, MESSAGE_TRACES

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="processes are forked and disks mounted"),
]
NOW = ("--now", "2026-11-24T08:00:00Z")
# Arguments, and how many moments each: together 64 kills and 64 full disks.
ACTS = {
    "backup": (("backup", "--out", "fresh.backup"), 10),
    "restore": (("restore", "all.backup", "--replace", *NOW), 12),
    "purge": (("purge", *NOW), 12),
    "import": (("import", "more.csv", *NOW), 8),
    "build": (("build", "--full", *NOW), 6),
    "erase": (("erase", PERSON, "--backup", "all.backup", *NOW), 16),
}
DISK = 48 << 20
NEVER, UNTOLD = 1 << 60, 70
RANDOM = re.compile(r"(?<=')erased:[0-9a-f]{32}(?=', datetime)")  # in first_subjects alone
HEADER = "id,sender,recipient,received_at,status,subject,message_id"


def rows() -> Iterator[str]:
    yield HEADER
    for number in range(60):
        person = PERSON if number % 3 == 0 else f"reader{number}@fabrikam.com"
        day = f"2026-11-{18 + number % 6:02}" if number % 5 else "2025-01-22"
        yield (
            f"t{number},hr@contoso.com,{person},{day}T07:00:00Z,delivered,"
            f"Letter of {person},<m{number}@contoso.com>"
        )


@dataclass
class Steps:
    """Counts what a process does to the disk and acts at one of the steps."""

    moment: int
    act: Callable[[], None]
    done: int = 0

    def step(self) -> None:
        if self.done == self.moment:
            self.act()
        self.done += 1

    def counted(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def counting(*values: Any, **named: Any) -> Any:
            self.step()
            return call(*values, **named)

        return counting

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Every call that changes files passes here."""
        steps = self

        class Counted(sqlite3.Connection):
            def execute(self, *values: Any) -> Any:
                steps.step()
                return super().execute(*values)

        connect = sqlite3.connect
        places = [
            (os, "fsync"), (os, "replace"), (os, "rename"), (os, "unlink"),
            (tarfile, "copyfileobj"), (shutil, "copyfileobj"), (delta, "write_deltalake"),
            (deltalake.DeltaTable, "vacuum"), (deltalake.DeltaTable, "create_checkpoint"),
        ]  # fmt: skip
        with ExitStack() as patched:
            for owner, name in places:
                wrapped = self.counted(getattr(owner, name))
                patched.enter_context(mock.patch.object(owner, name, wrapped))
            patched.enter_context(
                mock.patch.object(
                    sqlite3, "connect", lambda *a, **k: connect(*a, factory=Counted, **k)
                )
            )
            yield


def kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def fill() -> None:
    """Takes what is left of the disk that the folder lies on."""
    with Path("filler").open("wb", buffering=0) as file:
        for size in (1 << 20, 4096):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                pass


def disturbed(folder: Path, notes: Path, arguments: tuple[str, ...], act: str, moment: int) -> None:
    """The command in this process; notes what it said, and how many steps it took."""
    os.chdir(folder)
    said = (notes / "said").open("w", encoding="utf-8")
    sys.stderr, sys.argv = said, ["hve", *arguments]
    steps = Steps(moment, {"kill": kill, "fill": fill}[act])
    try:
        with steps.watching():
            main()
    except Exception:  # noqa: BLE001 - what is no line of ours is shown by the test
        traceback.print_exc(file=said)
        sys.exit(UNTOLD)
    finally:
        said.flush()
        (notes / "steps").write_text(str(steps.done), encoding="utf-8")


def ended(folder: Path, notes: Path, arguments: tuple[str, ...], act: str, moment: int) -> int:
    """The exit code of the disturbed command, negative when it was killed."""
    return code_of(start(disturbed, folder, notes, arguments, act, moment))


def snapshot(in_steps: bool = False) -> dict[str, Any]:
    """Everything that the store holds, in an order; what stands for an erased subject is random.

    in_steps: what an interrupted command did counts as a step of its own: batches go on, and a day
    was corrected twice.
    """
    with store_of(load_config()) as store, compute(store.spill) as connection:
        found: dict[str, Any] = {}
        for table in ALL_TABLES:
            if in_steps and table is HVE_USAGE_CORRECTIONS:
                continue
            names = ", ".join(
                name for name in table.schema.names if not (in_steps and name == "batch")
            )
            store.view(connection, table.name, table)
            rows = connection.execute(f"select {names} from {table.name}").fetchall()
            found[table.name] = sorted(RANDOM.sub("erased:", str(row)) for row in rows)
        for name in ("removals", "erased", "purged", "coverage", "tenants", "protection"):
            found[f"state.{name}"] = sorted(store.state.rows(name)[1], key=str)
        audit = "select distinct what, target from audit where what <> 'backup'"
        found["state.audit"] = sorted(store.state.connection.execute(audit).fetchall())
    return found


def backup_rows(folder: Path) -> int:
    """Rows of the backup that still name the person."""
    restore(Path("all.backup"), folder)
    with open_store(folder, protection=_protection()) as store:
        value = store.mask("local").recipient(PERSON)
        return sum(row["recipient"] == value for row in stored_rows(store, MESSAGE_TRACES, "local"))


def _protection() -> Any:
    from warehouse.protection.mode import read_protection

    config = load_config()
    return read_protection(config.privacy, config.warehouse.path)


def leftovers() -> set[str]:
    """Names beside the store that a whole command would not leave."""
    names = {file.name for file in (*Path().iterdir(), *Path("data").iterdir())}
    usual = {"hve.toml", "hve.key", "rows.csv", "more.csv", "data", "local"}
    kept = ("local.replaced-", "all.backup", "fresh.backup", "later.backup")
    return {name for name in names - usual if not name.startswith(kept)}


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A small disk; needs root."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("mounting a small disk needs root")
    folder = tmp_path_factory.mktemp("disk")
    options = ["-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(folder)]
    if subprocess.run(["mount", *options], check=False).returncode:
        pytest.skip("mounting a small disk is not allowed here")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def golden(hve: Hve, prepared: Prepared, mode: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a store and its backup."""

    def fill_folder() -> str:
        configure(Path.cwd(), mode)
        Path("rows.csv").write_text("\n".join(rows()) + "\n", encoding="utf-8")
        assert hve("import", "rows.csv", *NOW).code == 0
        assert hve("backup", "--out", "all.backup").code == 0
        more = "\n".join(rows()).replace("\nt", "\nu").replace("-22T", "-23T")
        Path("more.csv").write_text(more + "\n", encoding="utf-8")
        return mode

    prepared.enter(mode, monkeypatch, fill_folder)
    return Path.cwd()


def unmended() -> list[object]:
    """Damaged files of the store, and what is wrong with it that nothing mends."""
    with store_of(load_config()) as store:
        findings, damages = verify(store)
    return [*damages, *(row for row in findings if row.status == "fail" and not row.fix)]


@pytest.mark.parametrize("name", ACTS)
@pytest.mark.parametrize(("act", "mode"), [("kill", "pseudonymous"), ("fill", "full")])
def test_every_moment_ends_as_if_nothing_had_happened(
    name: str,
    act: str,
    golden: Path,
    hve: Hve,
    disk: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    arguments, number = ACTS[name]
    notes = tmp_path_factory.mktemp("notes")
    place = disk if act == "fill" else tmp_path_factory.mktemp("moments")

    def fresh() -> Path:
        monkeypatch.chdir(place)
        for file in place.iterdir():
            shutil.rmtree(file) if file.is_dir() else file.unlink()
        shutil.copytree(golden, place / "copy")
        monkeypatch.chdir(place / "copy")
        return place / "copy"

    assert ended(fresh(), notes, arguments, act, NEVER) == 0
    steps, whole = int((notes / "steps").read_text()), snapshot(name == "import")
    assert steps > 4 * number, "there are more moments than are tried"
    chosen = random.Random(name + act)  # noqa: S311 - the moments need no secrecy
    for step in range(number):
        moment = chosen.randrange(step * steps // number, (step + 1) * steps // number)
        folder = fresh()
        code = ended(folder, notes, arguments, act, moment)
        said = (notes / "said").read_text(encoding="utf-8").strip()
        where = (name, act, moment, code, said)
        if act == "kill":
            assert code == -signal.SIGKILL, where
        else:
            assert code in (0, 1), where
            assert len(said.splitlines()) == (code != 0), where
            Path("filler").unlink()
        assert unmended() == [], where
        again = hve(*arguments)
        if name == "backup" and "exists already" in again.err:
            again = hve("backup", "--out", "later.backup")  # sweeps what the killed one left
        assert again.code == 0, (where, again.err)
        assert snapshot(name == "import") == whole, where
        assert leftovers() == set(), where
        if name == "backup":
            assert restore(Path("fresh.backup"), place / "again").files > 10, where
        if name == "erase":
            assert backup_rows(place / "again") == 0, where
