"""Findings follow the schema of OCSF 1.8 and keep what an incident says."""

from __future__ import annotations

import json
import stat
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

from hve_monitor.errors import StoreError
from publish.exports.findings import export
from tests.unit.publish.conftest import NOW, Desk, incident


@pytest.fixture(scope="module")
def finding_schema() -> Draft202012Validator:
    schema = OcsfJsonSchemaEmbedded(get_ocsf_schema(version="1.8.0"))
    return Draft202012Validator(schema.get_class_schema(class_name="detection_finding"))


OVER = {"ended_at": NOW - timedelta(days=9), "started_at": NOW - timedelta(days=10)}
KINDS: list[dict[str, Any]] = [
    {"id": "a"},
    {"id": "b", "kind": "silence", "severity": "medium", "audience": ["mail"], **OVER},
    {"id": "c", "severity": "low", "extra_cost": None, "interval_low": None},
    {"id": "d", "account": "x\r\n<b>@contoso.com", "reasons": ['"quoted" \u2028 line'] * 3},
    {"id": "e", "kind": "something_new", "next_steps": [], "reasons": [], "signals": []},
]


def exported(desk: Desk, file: Path) -> list[dict[str, Any]]:
    desk.show(NOW, *(incident(**kind) for kind in KINDS))
    assert export(desk.config(), NOW, str(file)) == len(KINDS)
    lines = file.read_text(encoding="utf-8").split("\n")
    assert lines.pop() == ""
    return [json.loads(line) for line in lines]


def test_every_kind_of_incident_is_a_valid_finding(
    desk: Desk, tmp_path: Path, finding_schema: Draft202012Validator
) -> None:
    found = exported(desk, tmp_path / "hve.jsonl")
    assert len(found) == len(KINDS)
    for event in found:
        assert [error.message for error in finding_schema.iter_errors(event)] == []
        assert event["type_uid"] == event["class_uid"] * 100 + event["activity_id"]
    assert len({event["metadata"]["uid"] for event in found}) == len(KINDS)


def test_a_finding_says_who_how_much_and_when(desk: Desk, tmp_path: Path) -> None:
    found = {event["finding_info"]["uid"]: event for event in exported(desk, tmp_path / "f")}
    surge, silence = found["a"], found["b"]
    assert (surge["activity_name"], silence["activity_name"]) == ("Create", "Update")
    assert (surge["status"], silence["status"]) == ("New", "New")
    assert (surge["is_alert"], silence["is_alert"]) == (True, False)
    assert surge["time"] == round((NOW - timedelta(minutes=30)).timestamp() * 1000)
    anomaly = surge["anomaly_analyses"][0]
    assert anomaly["anomalies"][0]["observations"] == [{"value": "5200"}]
    assert [observation["value"] for observation in anomaly["baselines"][0]["observations"]] == [
        "310",
        "180",
        "520",
    ]
    assert surge["finding_info"]["attacks"][0]["technique"]["uid"] == "T1078"
    assert "attacks" not in silence["finding_info"]


def test_the_file_is_for_its_owner_only(desk: Desk, tmp_path: Path) -> None:
    exported(desk, tmp_path / "hve.jsonl")
    assert stat.S_IMODE((tmp_path / "hve.jsonl").stat().st_mode) == 0o600


def test_a_folder_that_is_not_there_is_one_line(desk: Desk, tmp_path: Path) -> None:
    desk.show(NOW, incident())
    with pytest.raises(StoreError, match="cannot be written"):
        export(desk.config(), NOW, str(tmp_path / "gone" / "f"))
