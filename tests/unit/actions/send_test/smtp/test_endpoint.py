"""Where messages are submitted, as it is written in the configuration."""

from __future__ import annotations

import pytest

from actions.send_test.smtp.endpoint import Endpoint, parse_endpoint
from hve_monitor.config import Endpoints
from hve_monitor.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "endpoint"),
    [
        ("smtp.hve.mx.microsoft:587", Endpoint("smtp.hve.mx.microsoft", 587)),
        ("smtp.hve.mx.microsoft", Endpoint("smtp.hve.mx.microsoft", 587)),
        (" 127.0.0.1:2525 ", Endpoint("127.0.0.1", 2525)),
        ("[::1]:25", Endpoint("::1", 25)),
        ("[::1]", Endpoint("::1", 587)),
    ],
)
def test_host_and_port_are_read(text: str, endpoint: Endpoint) -> None:
    assert parse_endpoint(text) == endpoint
    assert parse_endpoint(str(endpoint)) == endpoint


@pytest.mark.parametrize("text", ["", ":587", "host:0", "host:99999", "a b:1", "::1", "h:x"])
def test_anything_else_is_a_mistake_of_the_configuration(text: str) -> None:
    with pytest.raises(ConfigError, match="is no server; write it as host:587"):
        parse_endpoint(text)


def test_the_default_is_microsofts() -> None:
    assert str(parse_endpoint(Endpoints().smtp)) == "smtp.hve.mx.microsoft:587"
