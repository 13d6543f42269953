"""Commands over all shards: one document, and a shard that fails ends no other."""

from __future__ import annotations

import errno
import os
import signal
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec import UNSET

from actions.ingest import IngestSummary
from actions.outcome import Outcome
from actions.readers import Readers
from actions.shards.failures import joint_code, of_shard
from actions.shards.processes import ShardProcess, ShardProcesses
from actions.shards.runs import ingest_all
from actions.shards.server import ShardAnswer
from hve_monitor.config import Config, Tenant, Warehouse
from hve_monitor.errors import ConfigError, LockedError, SourceContractError
from ingest.http import RequestRefused
from models.usage.coverage import CoverageReport, joined_coverage
from tests.unit.actions.shards.conftest import AT
from tests.unit.conftest import Hve, quiet
from warehouse.fleet import fleet_rows


def test_a_build_brings_every_shard_up_to_date(fleet: Hve) -> None:
    ended = fleet("build", "--full", AT, "--json")
    assert ended.code == 0, ended.err
    assert ended.json["models"]["days_rebuilt"] == 2
    assert "failed_shards" not in ended.json
    for tenant in ("contoso", "adatum"):
        rows = fleet("usage", "--tenant", tenant, AT, "--json").json["rows"]
        assert [(row["tenant"], row["recipients"]) for row in rows] == [(tenant, 2)]


def test_a_run_leaves_the_rows_of_its_tenants(fleet: Hve) -> None:
    assert fleet("run", AT).code == 0
    rows = {row["tenant"]: row for row in fleet("tenants", AT, "--json").json["tenants"]}
    assert {name: row["recipients_7d"] for name, row in rows.items()} == {"contoso": 2, "adatum": 2}
    assert set(fleet_rows(Path("data/local"))) == {"contoso", "adatum"}


def test_a_run_is_one_document_of_all_shards(fleet: Hve) -> None:
    ended = fleet("run", AT, "--json")
    assert ended.code == 0, ended.err
    assert ended.json["sources"] == []
    assert ended.json["coverage"] == {"complete": None, "gaps": [], "as_of": "2026-11-24T08:00:00Z"}
    assert fleet("ingest", AT, "--json").json["coverage"]["complete"] is None


def test_a_shard_that_fails_ends_no_other(fleet: Hve) -> None:
    Path("data/local/shards/south/state.db").write_bytes(b"no database at all" * 100)
    ended = fleet("build", "--full", AT, "--json")
    assert ended.code == 3
    (failure,) = ended.json["failed_shards"]
    assert failure["shard"] == "south"
    assert failure["error"].startswith("shard south: ")
    assert ended.json["models"]["days_rebuilt"] == 1
    assert "shard south: " in fleet("build", AT).out


def test_where_every_shard_fails_the_command_does(fleet: Hve) -> None:
    for shard in ("north", "south"):
        Path(f"data/local/shards/{shard}/state.db").write_bytes(b"no database at all" * 100)
    ended = fleet("build", AT)
    assert ended.code == 1
    assert ended.err.startswith("hve: shard ")
    assert ended.out == ""


@pytest.mark.parametrize(
    ("codes", "code"),
    [
        ([0, 0], 0),
        ([0, 1], 3),
        ([0, 2], 3),
        ([0, 75], 3),
        ([3, 3], 3),
        ([3, 1], 3),
        ([75, 75], 75),
        ([75, 1], 1),
        ([75, 1, 2], 2),
    ],
)
def test_what_a_part_of_the_shards_could_not_do_leaves_the_whole_incomplete(
    codes: list[int], code: int
) -> None:
    assert joint_code(codes) == code


@pytest.mark.parametrize(
    ("answers", "is_whole", "complete"),
    [
        ([True, True], True, True),
        ([True, None], True, None),
        ([None, False], True, False),
        ([True], False, False),
        ([None], False, False),
    ],
)
def test_all_was_read_where_all_of_every_shard_was(
    answers: list[bool | None], is_whole: bool, complete: bool | None
) -> None:
    days = [datetime(2026, 11, day, tzinfo=UTC) for day in (24, 23, 22)]
    reports = [
        CoverageReport(complete=answer, gaps=[], as_of=day)
        for answer, day in zip(answers, days, strict=False)
    ]
    joined = joined_coverage(reports, is_whole=is_whole)
    assert (joined.complete, joined.as_of) == (complete, days[len(answers) - 1])


def test_an_error_passes_between_processes_with_its_meaning() -> None:
    refused = of_shard(RequestRefused(404, "no such thing", "page 2"), "north")
    assert type(refused) is SourceContractError
    assert str(refused) == "shard north: page 2: HTTP 404: no such thing"
    assert type(of_shard(ConfigError("x: y"), "")) is ConfigError


def die_in_the_south(_config: Config, shard: str, _readers: Readers) -> Outcome[str]:
    """What a process does that the machine's memory is too small for."""
    if shard == "south":
        os.kill(os.getpid(), signal.SIGKILL)
    return Outcome(shard, 0)


def fail_in_the_south(_config: Config, shard: str, _readers: Readers) -> Outcome[str]:
    if shard == "south":
        raise ZeroDivisionError
    return Outcome(shard, 0)


def live(_config: Config, shard: str, _readers: Readers) -> Outcome[str]:
    return Outcome(shard, 0)


def two(root: Path) -> Config:
    tenants = tuple(
        Tenant(name=name, accounts="files", shard=shard)
        for name, shard in (("contoso", "north"), ("adatum", "south"))
    )
    return Config(tenants=tenants, warehouse=Warehouse(path=root))


def test_a_process_that_is_killed_ends_no_other_and_is_begun_anew(tmp_path: Path) -> None:
    config = two(tmp_path)
    with ShardProcesses(config) as processes:
        answers = processes.answers(die_in_the_south, quiet)
        assert answers["north"].outcome == Outcome("north", 0)
        assert "its process was ended from outside" in str(answers["south"].error)
        answers = processes.answers(live, quiet)
    assert [answer.outcome for answer in answers.values()] == [
        Outcome("north", 0),
        Outcome("south", 0),
    ]


def test_an_error_of_the_program_is_not_laid_to_the_machine(tmp_path: Path) -> None:
    with ShardProcesses(two(tmp_path)) as processes:
        answers = processes.answers(fail_in_the_south, quiet)
    assert answers["north"].outcome == Outcome("north", 0)
    assert "ended by an error of the program" in str(answers["south"].error)


def test_a_process_that_cannot_be_started_ends_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = ShardProcess.__init__

    def refuse(process: ShardProcess, config: Config, shard: str) -> None:
        if shard == "south":
            raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")
        begin(process, config, shard)

    monkeypatch.setattr(ShardProcess, "__init__", refuse)
    with ShardProcesses(two(tmp_path)) as processes:
        answers = processes.answers(live, quiet)
    assert answers["north"].outcome == Outcome("north", 0)
    assert str(answers["south"].error).startswith("shard south: ")


def test_what_another_process_works_on_is_not_known_to_be_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime(2026, 11, 24, tzinfo=UTC)
    read = IngestSummary(sources=[], coverage=CoverageReport(complete=True, gaps=[], as_of=now))
    answers = {
        "north": ShardAnswer(Outcome(read, 0)),
        "south": ShardAnswer(error=LockedError("tenant-adatum: another process is at work")),
    }
    monkeypatch.setattr(ShardProcesses, "answers", lambda *_: answers)
    outcome = ingest_all(two(tmp_path), now, quiet, (), None)
    assert outcome.document.coverage.complete is False
    assert outcome.document.failed_shards is UNSET
