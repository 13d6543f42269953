"""Exports through the command line: findings to a file and to a webhook, metrics to a file."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hve_monitor.config import Endpoints
from hve_monitor.errors import SourceUnavailable
from publish.exports.findings import export
from publish.targets.webhook import signature
from tests.places import SHARED
from tests.receiver import Receiver, receive
from tests.unit.conftest import Hve, hve  # noqa: F401 - a fixture
from tests.unit.publish.conftest import NOW, Desk, desk, incident, target  # noqa: F401 - a fixture

pytestmark = pytest.mark.contract
CHECK = SHARED / "tools" / "ocsf_check.py"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver that accepts everything."""
    with receive() as running:
        yield running


def test_findings_go_to_a_webhook_signed_as_its_alerts_are(
    desk: Desk,  # noqa: F811
    receiver: Receiver,
) -> None:
    desk.show(NOW, *(incident(id=f"i{number}") for number in range(501)))
    url = f"webhook+https://{receiver.place}/ocsf"
    signed = target(url.replace("//", "//:s3cret@"))
    ends = {"endpoints": Endpoints(ca_bundle=str(receiver.ca_file))}
    config = desk.config(signed).model_copy(update=ends)
    assert export(config, NOW, signed.url.get_secret_value()) == 501
    assert [len(request.body.splitlines()) for request in receiver.accepted] == [500, 1]
    for request in receiver.accepted:
        stamp = request.headers["x-hve-timestamp"]
        assert request.headers["x-hve-signature"] == signature("s3cret", stamp, request.body)
        assert request.headers["content-type"] == "application/x-ndjson"


def test_a_webhook_that_refuses_is_one_line_and_temporary(
    desk: Desk,  # noqa: F811
    receiver: Receiver,
) -> None:
    desk.show(NOW, incident())
    receiver.answers = [(403, {})]
    ends = {"endpoints": Endpoints(ca_bundle=str(receiver.ca_file))}
    config = desk.config().model_copy(update=ends)
    with pytest.raises(SourceUnavailable, match="HTTP 403: Not now; nothing from line 0 on"):
        export(config, NOW, f"webhook+https://{receiver.place}/ocsf")


def test_the_command_writes_findings_and_metrics(
    desk: Desk,  # noqa: F811
    hve: Hve,  # noqa: F811
    tmp_path: Path,
) -> None:
    desk.show(NOW, incident(), incident(id="b", kind="silence", severity="low"))
    file = tmp_path / "hve.toml"
    file.write_text(
        '[warehouse]\npath = "store"\n[[tenants]]\nname = "contoso"\naccounts = "files"\n'
    )
    options = ("--config", str(file), "--now", NOW.isoformat())
    ended = hve("export", "ocsf", "--out", "f.jsonl", "--json", *options)
    assert (ended.code, ended.json) == (0, {"format": "ocsf", "out": "f.jsonl", "findings": 2})
    ended = hve("export", "openmetrics", "--out", "f.prom", *options)
    assert (ended.code, ended.out) == (0, "openmetrics: written to f.prom\n")
    assert Path("f.prom").read_text(encoding="utf-8").endswith("# EOF\n")
    ended = hve("export", "nonsense", "--out", "f", *options)
    assert (ended.code, "No such command 'nonsense'" in ended.err) == (2, True)
    lines = Path("f.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["class_uid"] for line in lines] == [2004, 2004]


@pytest.mark.skipif(not CHECK.exists(), reason="the checker is not part of the repository")
def test_an_independent_checker_accepts_the_findings(
    desk: Desk,  # noqa: F811
    tmp_path: Path,
) -> None:
    desk.show(NOW, incident(), incident(id="b", kind="silence", severity="low"))
    export(desk.config(), NOW, str(tmp_path / "f.jsonl"))
    command = [sys.executable, str(CHECK), str(tmp_path / "f.jsonl")]
    assert subprocess.run(command, check=False).returncode == 0
