"""The evidence of an incident: complete, the same each time, safe to open, never over another."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from zipfile import ZipFile

import pytest

from hve_monitor.clock import iso
from hve_monitor.errors import ConfigError
from publish.exports.evidence import EvidenceFile, write_evidence
from tests.unit.models.conftest import Workbench, trace
from tests.unit.publish.conftest import NOW, Desk, incident
from warehouse.protection.mode import Protection
from warehouse.reading import read_published
from warehouse.records.verdicts import Judged, record_assignment, record_step, record_verdict
from warehouse.store import open_store

FOLDER = "hve-incident-a1b2c3/"
BEGAN = NOW - timedelta(hours=1)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A store with one incident, three messages in its time and one before it."""
    with open_store(tmp_path / "store", "500MB", 1) as store:
        Workbench(store).land(
            trace("a", "ada@contoso.com", "2026-11-24T08:45:00", subject="=1+1"),
            trace("b", "bob@contoso.com", "2026-11-24T08:46:00", status="failed"),
            trace("b", "cem@contoso.com", "2026-11-24T08:46:00", from_ip="203.0.113.7"),
            trace("z", "zoe@contoso.com", "2026-11-23T08:46:00"),
        )
        yield Desk(store)


def written(desk: Desk, file: Path, later: timedelta = timedelta(0)) -> EvidenceFile:
    with read_published(desk.store.root, NOW + later) as published:
        return write_evidence(published, "a1b2c3", file)


def contents(file: Path) -> dict[str, bytes]:
    with ZipFile(file) as archive:
        return {name.removeprefix(FOLDER): archive.read(name) for name in archive.namelist()}


def rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))


def test_everything_that_is_known_is_in_it(desk: Desk, tmp_path: Path) -> None:
    desk.show(NOW, incident())
    judged = Judged("a1b2c3", "contoso", "hr@contoso.com", "surge", BEGAN, None, 4890)
    record_verdict(desk.store.state, judged, "confirmed", "+seen it", "eve", NOW)
    record_assignment(desk.store.state, "a1b2c3", "contoso", "ada", "eve", NOW)
    (asked,) = incident()["next_steps"]
    record_step(desk.store.state, "a1b2c3", "contoso", asked, "bo", NOW, is_done=True)
    document = written(desk, tmp_path / "case.zip")
    assert (document.id, document.trace_rows) == ("a1b2c3", 3)
    found = contents(tmp_path / "case.zip")
    assert document.bytes == (tmp_path / "case.zip").stat().st_size
    (card,) = json.loads(found["card.json"])["incidents"]
    assert (card["status"], card["assigned_to"], card["reached"]) == ("confirmed", "ada", 2)
    assert "recipients" not in card
    people = {row["recipient"]: row["is_reached"] for row in rows(found["recipients.csv"])}
    assert people == {"ada@contoso.com": "True", "bob@contoso.com": "False",
                      "cem@contoso.com": "True"}  # fmt: skip
    assert {row["from_ip"] for row in rows(found["sources.csv"])} == {"192.0.2.10", "203.0.113.7"}
    entries = [(row["what"], row["who"], row["why"]) for row in rows(found["timeline.csv"])]
    assert entries == [
        ("began", "", ""), ("raised", "", ""), ("confirmed", "eve", "'+seen it"),
        ("assigned to ada", "eve", ""), ("step done", "bo", asked),
    ]  # fmt: skip
    traces = rows(found["traces.csv"])
    assert [row["id"] for row in traces] == ["b", "b", "a"]
    assert traces[-1]["subject"] == "'=1+1", "no cell of it runs"
    state, step = rows(found["runbook.csv"])
    assert state["what"] == "confirmed, assigned to ada"
    assert (step["what"], step["done_by"]) == (asked, "bo")
    assert step["done_at"] == iso(NOW)
    queries = rows(found["hunting/hunting.csv"])
    assert {row["verified"] for row in queries} == {"True", "False"}
    assert all(found[f"hunting/{row['file']}"] for row in queries)


def test_its_checksums_are_those_of_sha256sum(desk: Desk, tmp_path: Path) -> None:
    desk.show(NOW, incident())
    written(desk, tmp_path / "case.zip")
    found = contents(tmp_path / "case.zip")
    lines = found.pop("SHA256SUMS").decode().splitlines()
    assert {line[66:]: line[:64] for line in lines} == {
        name: hashlib.sha256(data).hexdigest() for name, data in found.items()
    }


def test_the_same_store_gives_the_same_bytes_whenever(desk: Desk, tmp_path: Path) -> None:
    desk.show(NOW, incident())
    for name, later in (("one", timedelta(0)), ("two", timedelta(days=3))):
        written(desk, tmp_path / name, later)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_another_file_is_never_written_over(desk: Desk, tmp_path: Path) -> None:
    desk.show(NOW, incident())
    kept = tmp_path / "kept.zip"
    kept.write_text("mine", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"--evidence .*kept\.zip: exists already"):
        written(desk, kept)
    assert kept.read_text(encoding="utf-8") == "mine"
    with pytest.raises(ConfigError, match="cannot be written"):
        written(desk, tmp_path / "nowhere" / "case.zip")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept.zip", "store"]


@pytest.mark.parametrize("mode", ["pseudonymous", "aggregate"])
def test_a_store_without_names_gives_none(tmp_path: Path, mode: str) -> None:
    protection = Protection(mode, "hash", b"k" * 32)
    with open_store(tmp_path / "store", "500MB", 1, protection=protection) as store:
        desk = Desk(store)
        Workbench(store).land(
            trace("<a@x>", "ada@fabrikam.com", "2026-11-24T08:45:00", subject="Your salary",
                  message_id="<m1@contoso.com>"),
        )  # fmt: skip
        desk.show(NOW, incident())
        assert written(desk, tmp_path / "case.zip").trace_rows == 1
    found = contents(tmp_path / "case.zip")
    names = (b"ada@", b"salary", b"m1@contoso.com")
    assert not [name for name, data in found.items() if any(part in data for part in names)]
    assert len(rows(found["recipients.csv"])) == 1
    assert any(b"hr@contoso.com" in data for name, data in found.items() if ".kql" in name)


def test_an_unknown_incident_leaves_no_file(desk: Desk, tmp_path: Path) -> None:
    desk.show(NOW)
    with pytest.raises(ConfigError, match="no such incident"):
        written(desk, tmp_path / "case.zip")
    assert not (tmp_path / "case.zip").exists()
