from __future__ import annotations

import pytest

from simulator.world.access import AZURE, EXCHANGE, GRAPH, IssuedTokens, RequestQuota, audience_of


@pytest.mark.parametrize(
    ("scope", "audience"),
    [
        ("https://graph.microsoft.com/.default", GRAPH),
        ("https://127.0.0.1:8443/graph/.default", GRAPH),
        ("https://outlook.office365.com/.default", EXCHANGE),
        ("https://127.0.0.1:8443/exchange/.default", EXCHANGE),
        ("https://management.azure.com/.default", AZURE),
        ("https://127.0.0.1:8443/azure/.default", AZURE),
        ("https://vault.contoso.com/.default", None),
    ],
)
def test_scopes_name_an_audience(scope: str, audience: str | None) -> None:
    assert audience_of(scope) == audience


def test_tokens_are_bound_and_mortal() -> None:
    tokens = IssuedTokens()
    header = f"Bearer {tokens.issue(GRAPH, 60)}"
    assert tokens.refusal(header, GRAPH) is None
    assert "audience" in (tokens.refusal(header, EXCHANGE) or "")
    ended = f"Bearer {tokens.issue(GRAPH, 0)}"
    assert "expired" in (tokens.refusal(ended, GRAPH) or "")
    assert "empty" in (tokens.refusal(None, GRAPH) or "")
    assert "not well formed" in (tokens.refusal("Bearer other", GRAPH) or "")


def test_a_quota_of_nothing_refuses_everything() -> None:
    assert RequestQuota(requests=0, window_seconds=5.0).take() == 5


def test_requests_beyond_the_quota_must_wait_as_long_as_the_window() -> None:
    quota = RequestQuota(requests=2, window_seconds=300.0)
    assert [quota.take(), quota.take()] == [None, None]
    assert quota.take() == 300


def test_the_window_runs() -> None:
    quota = RequestQuota(requests=1, window_seconds=0.0)
    assert [quota.take(), quota.take()] == [None, None]
