"""One file holds the store; what comes back is what went in, or nothing changes."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import sqlite3
import tarfile
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hve_monitor.errors import ConfigError, LockedError, StoreError
from tests.unit.warehouse.conftest import NOW, land_rows, observations
from warehouse.locks import exclusive
from warehouse.maintenance import backup
from warehouse.maintenance.backup import Backup, back_up, kept_aside, restore
from warehouse.maintenance.verification import set_aside, verify
from warehouse.privacy.erasure import erase_rows
from warehouse.records.coverage import covered_windows, record_coverage
from warehouse.records.digests import renew_digests
from warehouse.store import MANIFEST, Store, open_store, restoring
from warehouse.tables import MESSAGE_TRACES
from warehouse.tables.state_contents import foreign_content
from warehouse.windows import Window


def back_up_beside(store: Store) -> Backup:
    """A backup beside the store."""
    return back_up(store, store.root.parent / "beside")


@pytest.fixture
def filled(store: Store) -> Store:
    land_rows(store, {"trace_id": "t1"}, {"trace_id": "t2"})
    store.state.record_now("contoso", NOW)
    record_coverage(store.state, "contoso", "message_traces", "hr@contoso.com", Window(NOW, NOW))
    return store


@pytest.fixture
def saved(filled: Store, tmp_path: Path) -> Path:
    back_up(filled, tmp_path / "store.hvebackup")
    return tmp_path / "store.hvebackup"


def test_what_comes_back_is_what_went_in(saved: Path, filled: Store, tmp_path: Path) -> None:
    before = observations(filled)
    restored = restore(saved, tmp_path / "elsewhere" / "store")
    assert restored.files == 1 + 1 + 1  # state, log entry, rows
    with open_store(tmp_path / "elsewhere" / "store") as store:
        assert observations(store) == before
        assert store.state.last_now("contoso") == NOW
        assert covered_windows(store.state, "contoso", "message_traces", "hr@contoso.com")
        assert store.state.checksums() == filled.state.checksums()


def test_only_its_owner_may_read_a_backup(saved: Path) -> None:
    assert saved.stat().st_mode & 0o077 == 0


def test_rows_that_come_after_the_backup_are_not_in_it(
    saved: Path, filled: Store, tmp_path: Path
) -> None:
    land_rows(filled, {"trace_id": "t3"})
    restore(saved, tmp_path / "again")
    with open_store(tmp_path / "again") as store:
        assert len(observations(store)) == 2


def test_a_store_is_replaced_only_when_asked_and_then_kept(
    saved: Path, filled: Store, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="holds a store already; --replace"):
        restore(saved, filled.root)
    restore(saved, filled.root, replaces=True)
    [aside] = filled.root.parent.glob(f"{filled.root.name}.replaced-*")
    assert (aside / "state.db").exists()
    with open_store(filled.root) as store:
        assert len(observations(store)) == 2


def test_a_store_at_work_is_not_replaced(saved: Path, filled: Store) -> None:
    with (
        exclusive(filled.root / "locks", "tenant-contoso"),
        pytest.raises(LockedError, match="tenant-contoso"),
    ):
        restore(saved, filled.root, replaces=True)
    assert len(observations(filled)) == 2


@pytest.mark.parametrize("part", [0.1, 0.3, 0.5, 0.8])
def test_a_backup_that_was_cut_short_changes_nothing(
    saved: Path, tmp_path: Path, part: float
) -> None:
    whole = saved.read_bytes()
    saved.write_bytes(whole[: int(len(whole) * part) // 512 * 512])
    with pytest.raises(StoreError, match=r"no whole backup|is damaged"):
        restore(saved, tmp_path / "again")
    assert not (tmp_path / "again").exists()
    assert not restoring(tmp_path / "again").exists()


def test_a_changed_byte_is_found_and_its_file_named(saved: Path, tmp_path: Path) -> None:
    with tarfile.open(saved) as archive:
        info = next(member for member in archive if member.name.endswith(".parquet"))
    data = bytearray(saved.read_bytes())
    data[info.offset_data + info.size // 2] ^= 0xFF
    saved.write_bytes(data)
    with pytest.raises(StoreError, match=r"facts/message_traces/.*\.parquet is damaged"):
        restore(saved, tmp_path / "again")
    assert not (tmp_path / "again").exists()


NAMES = [
    "/etc/hosts",
    "../outside",
    "facts/../../outside",
    "facts/./x",
    "facts//x",
    "facts/",
    "facts\\..\\..\\outside",
    "..\\..\\outside",
    "C:/outside",
    "facts/C:outside",
    "facts/x\ny",
    "facts/" + "/".join("a" * 2000),
    "facts/" + "a" * 300,
    "hve.duckdb",
    "locks/build.lock",
    "state.db-wal",
    "secrets.toml",
    "",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_member_that_belongs_to_no_store_is_refused(tmp_path: Path, name: str) -> None:
    with tarfile.open(tmp_path / "bad", "w") as archive:
        archive.addfile(tarfile.TarInfo(name))
    with pytest.raises(StoreError, match="nothing that a backup holds") as caught:
        restore(tmp_path / "bad", tmp_path / "again")
    assert len(str(caught.value).splitlines()) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad"]


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE]
)
def test_a_member_that_is_no_file_is_refused(tmp_path: Path, kind: bytes) -> None:
    info = tarfile.TarInfo("facts/x")
    info.type, info.linkname = kind, "/etc/hosts"
    with tarfile.open(tmp_path / "bad", "w") as archive:
        archive.addfile(info)
    with pytest.raises(StoreError, match="nothing that a backup holds"):
        restore(tmp_path / "bad", tmp_path / "again")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad"]


@pytest.mark.parametrize("name", ["facts/x", MANIFEST])
def test_a_file_of_holes_is_not_written_out(tmp_path: Path, name: str) -> None:
    """A PAX member that says to be 20 GB of zeros, in two kilobytes."""
    info = tarfile.TarInfo(name)
    info.pax_headers = {
        "GNU.sparse.major": "0", "GNU.sparse.minor": "1", "GNU.sparse.numblocks": "1",
        "GNU.sparse.map": "0,0", "GNU.sparse.size": str(20 << 30),
    }  # fmt: skip
    with tarfile.open(tmp_path / "bad", "w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(info)
    with tarfile.open(tmp_path / "bad") as archive:
        assert [(member.size, member.issparse()) for member in archive] == [(20 << 30, True)]
    with pytest.raises(StoreError, match="nothing that a backup holds"):
        restore(tmp_path / "bad", tmp_path / "again")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad"]


def rewritten(saved: Path, manifest: bytes | None = None, **changes: bytes) -> Path:
    """The backup with other contents of files, and a manifest that agrees, or this one."""
    with tarfile.open(saved) as archive:
        members = {info.name: archive.extractfile(info).read() for info in archive}  # type: ignore[union-attr] # files
    del members[MANIFEST]
    members |= changes
    files = {
        name: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in members.items()
    }
    usual = {"kind": "hve-backup", "version": 1, "created_at": "2026-11-24T08:00:00Z"}
    members[MANIFEST] = (
        json.dumps(usual | {"files": files}).encode() if manifest is None else manifest
    )
    with tarfile.open(saved, "w") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return saved


USUAL = b'"kind": "hve-backup", "version": 1'
MANIFESTS = {
    "nothing": b"",
    "null": b"null",
    "list": b"[]",
    "no files": b"{%s}" % USUAL,
    "list of files": b'{%s, "created_at": "x", "files": []}' % USUAL,
    "numbers as files": b'{%s, "created_at": "x", "files": {"state.db": 5}}' % USUAL,
    "odd size": b'{%s, "created_at": "x", "files": {"state.db": {"bytes": "x", "sha256": ""}}}'
    % USUAL,
    "no time": b'{%s, "files": {}}' % USUAL,
    "brackets": b"[" * 100_000,
    "brackets in a field": b'{%s, "created_at": "x", "files": {"a": %s' % (USUAL, b"[" * 100_000),
    "UTF-16": "{}".encode("utf-16"),
    "kind is a list": b'{"kind": [], "version": 1}',
}


@pytest.mark.parametrize("manifest", MANIFESTS.values(), ids=MANIFESTS)
def test_a_manifest_of_another_shape_is_one_line(
    saved: Path, filled: Store, tmp_path: Path, manifest: bytes
) -> None:
    rewritten(saved, manifest)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(StoreError, match="is no whole backup; nothing was changed"):
        restore(saved, filled.root, replaces=True)
    assert sorted(tmp_path.rglob("*")) == before
    assert len(observations(filled)) == 2


def test_a_backup_of_a_later_kind_is_named(saved: Path, tmp_path: Path) -> None:
    rewritten(saved, b'{"kind": "hve-backup", "version": 2, "parts": []}')
    with pytest.raises(ConfigError, match="is hve-backup 2, this program reads hve-backup 1"):
        restore(saved, tmp_path / "again")


def test_a_rewritten_backup_is_whole_where_nothing_is_wrong(saved: Path, tmp_path: Path) -> None:
    restore(rewritten(saved), tmp_path / "again")
    with open_store(tmp_path / "again") as store:
        assert len(observations(store)) == 2


LOG = "facts/message_traces/_delta_log/00000000000000000001.json"
ELSEWHERE = [
    "../../../../secret/victim.txt",
    "%2e%2e/%2E%2e/../secret/victim.txt",
    "%252e%252e/secret/victim.txt",
    "..\\..\\secret\\victim.txt",
    "/secret/victim.txt",
    "%2Fsecret/victim.txt",
    "file:///secret/victim.txt",
    "s3://bucket/victim.parquet",
    "C:/secret/victim.txt",
    "tenant=contoso/day=2026-11-24/../../../../victim.txt",
    "tenant=contoso/x%00y",
    "",
]


@pytest.mark.parametrize("place", ELSEWHERE)
def test_a_log_that_names_a_file_elsewhere_is_not_restored(
    saved: Path, filled: Store, tmp_path: Path, place: str
) -> None:
    rewritten(saved, **{LOG: added(place)})
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(StoreError, match=r"a file outside of the store.*nothing was changed"):
        restore(saved, filled.root, replaces=True)
    assert sorted(tmp_path.rglob("*")) == before


def added(place: str) -> bytes:
    """A log entry that adds a file of a day."""
    partition = {"tenant": "contoso", "day": "2026-11-24"}
    action = {"path": place, "partitionValues": partition, "size": 100, "modificationTime": 1}
    return json.dumps({"add": action | {"dataChange": True}}).encode()


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\x00" + b"x" * 5000])
def test_a_state_that_is_none_is_not_restored(
    saved: Path, filled: Store, tmp_path: Path, content: bytes
) -> None:
    rewritten(saved, **{"state.db": content})
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(StoreError, match="nothing was changed"):
        restore(saved, filled.root, replaces=True)
    assert sorted(tmp_path.rglob("*")) == before


FOREIGN = {
    "a day that is none": "insert into dirty_days values ('contoso', 'not-a-day', 1)",
    "no day of the calendar": "insert into lost_days values ('contoso', '9999-99-99')",
    "a day that no calendar goes on from": "insert into lost_days values ('contoso', '9999-12-31')",
    "a time that is none": "update tenants set last_now = 'garbage'",
    "a time without a zone": "update tenants set last_now = '2026-11-24T08:00:00'",
    "coverage": "update coverage set to_utc = ''",
    "a tenant elsewhere": "insert into tenants select '../../../secret', last_now from tenants",
    "a tenant of two lines": "insert into upkeep values ('a' || char(10) || 'b', 1.0)",
    "a view for a table": (
        "alter table audit rename to audit_x; create view audit as select * from audit_x"
    ),
    "a view": "create view more as select 1",
    "a trigger": "create trigger zz after insert on audit begin delete from audit; end",
    "a trigger of our name": (
        "drop trigger if exists audit_insert;"
        " create trigger audit_insert after insert on audit begin delete from plans; end"
    ),
    "a table": "create table more (a text)",
    "a quotation mark": 'create table "x""y" (a text)',
    "without rowid": "create table wr (a text primary key) without rowid",
    "a table of another kind": (
        "drop table upkeep; create table upkeep (tenant text primary key, at real not null)"
    ),
    "a column more": "alter table plans add column more text",
    "a column less": "drop index verdicts_by_incident; alter table verdicts drop column incident",
    "an index": "create unique index more on audit (who)",
}


def with_statements(file: Path, statements: str) -> bytes:
    """The bytes of a state.db after these statements."""
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(statements)
        connection.execute("pragma journal_mode = delete")
    return file.read_bytes()


@pytest.mark.parametrize("statements", FOREIGN.values(), ids=FOREIGN)
def test_a_state_that_another_hand_wrote_is_not_restored(
    saved: Path, filled: Store, tmp_path: Path, statements: str
) -> None:
    copy = tmp_path / "copy.db"
    filled.state.copy_to(copy)
    rewritten(saved, **{"state.db": with_statements(copy, statements)})
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(StoreError, match=r"its state\.db: .*; nothing was changed") as refused:
        restore(saved, filled.root, replaces=True)
    assert "\n" not in str(refused.value)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("statements", FOREIGN.values(), ids=FOREIGN)
def test_a_store_with_the_state_of_another_hand_is_one_line(
    filled: Store, tmp_path: Path, statements: str
) -> None:
    root = tmp_path / "copy"
    shutil.copytree(filled.root, root)
    filled.state.copy_to(tmp_path / "copy.db")
    for file in root.glob("state.db*"):
        file.unlink()
    (root / "state.db").write_bytes(with_statements(tmp_path / "copy.db", statements))
    with pytest.raises(StoreError, match="another hand wrote it, restore a backup") as refused:
        verified_and_backed_up(root)
    assert "free space" not in str(refused.value)
    assert "\n" not in str(refused.value)


def verified_and_backed_up(root: Path) -> None:
    """Not every such store opens; where it does, verify names what is foreign."""
    with open_store(root) as store:
        state, audit = verify(store)[0]
        assert audit.check == "audit"
        assert (state.status, state.fix) == ("fail", "restore a backup")
        assert "another hand wrote it" in state.detail
        erase_rows(store, "contoso", "ada@fabrikam.com")
        back_up_beside(store)


def test_a_state_of_ours_has_nothing_foreign(filled: Store) -> None:
    renew_digests(filled.state)
    filled.state.mark_dirty("contoso", [NOW.date()])
    filled.state.record_run(NOW, NOW, {})
    filled.state.record_upkeep("*retention", 1.0)
    filled.state.record_file_spans("contoso", [(NOW.date(), NOW.date())])
    assert foreign_content(filled.state.connection) is None


def test_a_log_that_is_none_is_not_restored(saved: Path, filled: Store, tmp_path: Path) -> None:
    rewritten(saved, **{LOG.replace("1.json", "0.json"): b"no log", LOG: b"none either"})
    with pytest.raises(StoreError, match=r"log is damaged.*nothing was changed"):
        restore(saved, filled.root, replaces=True)
    assert len(observations(filled)) == 2


@pytest.mark.parametrize("use", [verify, observations, back_up_beside])
def test_a_store_whose_log_names_a_file_elsewhere_is_one_line(
    filled: Store, tmp_path: Path, use: Callable[[Store], object]
) -> None:
    victim = tmp_path / "secret" / "victim.txt"
    victim.parent.mkdir()
    victim.write_text("x" * 100)
    place = "../" * 8 + victim.relative_to("/").as_posix()
    (filled.root / LOG).write_bytes(added(place))
    with open_store(filled.root) as store:
        if use is verify:
            results, damages = verify(store)
            assert [result.check for result in results if result.status == "fail"] == ["logs"]
            assert set_aside(store, damages) == []
        else:
            with pytest.raises(StoreError, match="names a file outside of the store"):
                use(store)
    assert victim.read_text() == "x" * 100


def test_planted_links_are_not_written_through(filled: Store, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.mkdir()
    victim.chmod(0o755)
    (victim / "kept").write_text("kept")
    restoring(tmp_path / "again").symlink_to(victim)
    name = hashlib.sha256(str(filled.root.resolve()).encode()).hexdigest()[:8]
    (tmp_path / f".hve-backup-{name}").symlink_to(victim)
    with pytest.raises(StoreError):
        back_up(filled, tmp_path / "new")
    (tmp_path / f".hve-backup-{name}").unlink()
    back_up(filled, tmp_path / "new")
    with pytest.raises(StoreError):
        restore(tmp_path / "new", tmp_path / "again")
    assert [path.name for path in victim.iterdir()] == ["kept"]
    assert victim.stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("content", [b"", b"no archive", b"\x00" * 10240])
def test_any_other_file_is_no_backup(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "other").write_bytes(content)
    with pytest.raises(StoreError, match="no whole backup"):
        restore(tmp_path / "other", tmp_path / "again")


def test_no_store_is_restored_to_a_name_that_the_engines_would_misread(
    saved: Path, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="has signs that read like a pattern or a code"):
        restore(saved, tmp_path / "a[b]")
    assert not restoring(tmp_path / "a[b]").exists()


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="missing: no such file"):
        restore(tmp_path / "missing", tmp_path / "again")


def test_a_target_is_new_and_outside_the_store(filled: Store, saved: Path) -> None:
    with pytest.raises(ConfigError, match="exists already"):
        back_up(filled, saved)
    with pytest.raises(ConfigError, match="inside the store"):
        back_up(filled, filled.root / "backup")
    with pytest.raises(ConfigError, match="no such folder"):
        back_up(filled, filled.root.parent / "nowhere" / "backup")


def test_a_run_at_work_is_waited_for_and_then_named(
    filled: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup, "WAIT_SECONDS", 0.05)
    with (
        exclusive(filled.root / "locks", "tenant-contoso"),
        pytest.raises(LockedError, match="tenant-contoso"),
    ):
        back_up(filled, tmp_path / "late")
    assert list(tmp_path.glob("*late*")) == []


def test_a_crash_between_the_two_renames_is_mended_by_opening(
    saved: Path, filled: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    renames = 0

    def one_then_dies(self: Path, target: Path) -> Path:
        nonlocal renames
        renames += 1
        if renames == 2:
            raise KeyboardInterrupt
        return real(self, target)

    real = Path.rename
    monkeypatch.setattr(Path, "rename", one_then_dies)
    with pytest.raises(KeyboardInterrupt):
        restore(saved, filled.root, replaces=True)
    monkeypatch.undo()
    assert not filled.root.exists()
    with open_store(filled.root) as store:
        assert len(observations(store)) == 2
    assert (filled.root / MANIFEST).exists()


def test_a_damaged_file_is_not_backed_up_without_a_word(filled: Store, tmp_path: Path) -> None:
    [file, *_] = map(Path, filled.delta.files(MESSAGE_TRACES))
    data = file.read_bytes()
    file.write_bytes(data[:40] + b"\xff" + data[41:])
    [damaged] = back_up(filled, tmp_path / "later").damaged
    assert file.as_posix().endswith(damaged)


def test_a_changed_state_is_not_backed_up_without_a_word(filled: Store, tmp_path: Path) -> None:
    renew_digests(filled.state)
    assert back_up(filled, tmp_path / "before").damaged == ()
    state = filled.state.connection
    state.execute("drop trigger counters_update")  # as bytes change: without a statement
    state.execute("update counters set value = value - 1")
    assert back_up(filled, tmp_path / "later").damaged == ("state.db",)


def test_a_restore_names_the_store_that_it_moved_aside(saved: Path, filled: Store) -> None:
    restored = restore(saved, filled.root, replaces=True)
    [aside] = kept_aside(filled.root)
    assert restored.kept_aside == str(aside)
    assert kept_aside(filled.root, datetime.now(UTC) - timedelta(days=1)) == []
    assert kept_aside(filled.root, datetime.now(UTC) + timedelta(days=1)) == [aside]
