"""What goes to apprise, and what of its words comes back."""

from __future__ import annotations

import apprise
import pytest

from hve_monitor.errors import ConfigError
from publish.alerts.routing import Route, message
from publish.targets.chat import _threaded, sender
from tests.unit.publish.conftest import NOW, candidate


def test_pagerduty_joins_the_stages_of_an_incident() -> None:
    keys = set()
    for stage in ("opened", "updated", "resolved"):
        alert = message(Route(candidate(), stage, NOW, is_page=True), NOW)  # type: ignore[arg-type] # each is a stage
        url = _threaded("pagerduty://integration@apikey", alert, "id")
        (service,) = apprise.Apprise(url)
        keys.add((service.dedup, service.action))
    assert keys == {("contoso:incident:a1b2c3", "map")}


def test_a_url_that_no_service_knows_is_one_line_without_its_secret() -> None:
    with pytest.raises(ConfigError) as caught:
        sender("nonsense://s3cret-token/", "")
    assert "s3cret" not in str(caught.value)
    assert "nonsense://" in str(caught.value)
