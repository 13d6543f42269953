"""What receivers answer, and how long they may let us wait."""

from __future__ import annotations

import httpx
import pytest

from publish.outgoing import Undelivered, post


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("900", 900.0), ("1.5", 1.5), ("²", None), ("Fri, 31 Dec 2099 23:59:59 GMT", 3600.0)],
)
def test_a_refusal_carries_the_wait(value: str, seconds: float | None) -> None:
    headers = [(b"Retry-After", value.encode())]
    transport = httpx.MockTransport(lambda _: httpx.Response(429, headers=headers))
    with httpx.Client(transport=transport) as opened, pytest.raises(Undelivered) as caught:
        post(opened, "https://hooks.contoso.com/secret", b"{}", {})
    assert (caught.value.seconds, caught.value.is_passing) == (seconds, True)
    assert str(caught.value) == "hooks.contoso.com: HTTP 429"
