from __future__ import annotations

import pytest

from simulator.world.token import AZURE, EXCHANGE, GRAPH, Tokens, audience_of


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
    tokens = Tokens()
    header = f"Bearer {tokens.issue(GRAPH, 60)}"
    assert tokens.refusal(header, GRAPH) is None
    assert "audience" in (tokens.refusal(header, EXCHANGE) or "")
    tokens.expire_all()
    assert "expired" in (tokens.refusal(header, GRAPH) or "")
    assert "empty" in (tokens.refusal(None, GRAPH) or "")
    assert "not well formed" in (tokens.refusal("Bearer other", GRAPH) or "")
