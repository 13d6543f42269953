"""Two shards of files."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.conftest import CSV, Hve, Prepared

MAP = "--map=id=id,sender=sender,recipient=recipient,received_at=received_at,status=status"
AT = "--now=2026-11-24T08:00:00Z"
TENANT = '[[tenants]]\nname = "{}"\naccounts = "files"\nshard = "{}"\n'
TWO = TENANT.format("contoso", "north") + TENANT.format("adatum", "south")


@pytest.fixture
def fleet(hve: Hve, prepared: Prepared, monkeypatch: pytest.MonkeyPatch) -> Hve:
    """Two shards with a tenant each, of which the same two messages were imported."""

    def fill() -> str:
        Path("hve.toml").write_text(TWO, encoding="utf-8")
        Path("traces.csv").write_text(CSV, encoding="utf-8")
        for tenant in ("contoso", "adatum"):
            ended = hve("import", "traces.csv", MAP, AT, "--tenant", tenant)
            assert ended.code == 0, ended.err
        return ""

    prepared.enter("fleet", monkeypatch, fill)
    return hve
