"""Metrics, alert rules and their tests as Prometheus reads them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.peers.conftest import HVE, program
from tests.places import ROOT

pytestmark = pytest.mark.peers
MONITORING = ROOT / "deploy" / "monitoring"


@pytest.mark.parametrize(
    "arguments",
    [["check", "rules", "prometheus-rules.yml"], ["test", "rules", "prometheus-rules.test.yml"]],
)
def test_the_rules_are_valid_and_fire_when_they_should(arguments: list[str]) -> None:
    command = [program("promtool"), *arguments]
    done = subprocess.run(command, cwd=MONITORING, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_metrics_pass_promtool_without_a_word(store: Path) -> None:
    file = store / "metrics.prom"
    command = [*HVE, "export", "openmetrics", "--out", str(file)]
    subprocess.run(command, cwd=store, check=True, capture_output=True)
    with file.open("rb") as metrics:
        command = [program("promtool"), "check", "metrics"]
        done = subprocess.run(command, stdin=metrics, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
