"""The sample of the README is what the commands say, but for its numbers and names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cli.text.incidents import incidents
from cli.text.lines import fitted
from cli.text.money import cost
from models.cost.spend import spend
from models.incidents.triage import IncidentFilter, triaged
from tests.contract.conftest import NOW, Site
from warehouse.reading import read_published

pytestmark = pytest.mark.contract
README = Path(__file__).parents[2] / "README.md"
SAMPLE = re.compile(r"^\$ hve (\w+)\n(.*?)(?=^\$ hve|^```)", re.MULTILINE | re.DOTALL)
# What is another one in another tenant; the spaces before it move with its length.
OWN = re.compile(
    r"\s*(?:\S+@\S+|/subscriptions/\S+|\b[0-9a-f]{12}\b|-?\d[\d:,.-]*"
    r"|(?:high|medium|low) [a-z_]+|open|ended, not judged)"
    r"|none in recent weeks|usually at most \d+ in \d+ days"
)
BROKEN = re.compile(r"\n    +(?=\S)")  # where a long line goes on


def masked(text: str) -> list[str]:
    """The lines, whole again, without what is another tenant's own."""
    return [OWN.sub(" N", line).strip() for line in BROKEN.sub(" ", text).splitlines()]


def test_the_sample_is_what_the_commands_say(read_site: Site) -> None:
    config = read_site.config()
    with read_published(config.warehouse.path, NOW) as published:
        listed = triaged(published, IncidentFilter(), "newest")
    said = {"cost": fitted(cost(spend(config, NOW))), "incidents": fitted(incidents(listed))}
    samples = dict(SAMPLE.findall(README.read_text(encoding="utf-8")))
    assert samples.keys() == said.keys()
    for command, text in samples.items():
        assert max(map(len, text.splitlines())) <= 100
        lines = masked(said[command])
        missing = [line for line in masked(text) if line not in (*lines, "", "…")]
        assert not missing, f"{command}: {missing}"
