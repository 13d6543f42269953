"""The configuration of a page: kept while nothing changes, and no longer."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashboards.session.settings import configuration
from hve_monitor.errors import ConfigError

TEXT = '[[tenants]]\nname = "contoso"\naccounts = "files"\n'


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    named = tmp_path / "hve.toml"
    named.write_text(TEXT, encoding="utf-8")
    monkeypatch.setenv("HVE_CONFIG", str(named))
    return named


def test_it_is_read_once_while_nothing_changes(file: Path) -> None:
    assert configuration() is configuration()


def test_a_change_counts_at_the_next_view(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    configuration()
    file.write_text(TEXT.replace("contoso", "fabrikam"), encoding="utf-8")
    assert [tenant.name for tenant in configuration().tenants] == ["fabrikam"]
    monkeypatch.setenv("HVE_LIMITS__SHARE", "0.25")
    assert configuration().limits.share == 0.25


def test_a_mistake_is_told_until_it_is_mended(file: Path) -> None:
    file.write_text(TEXT + "sahre = 1\n", encoding="utf-8")
    for _ in range(2):
        with pytest.raises(ConfigError, match="sahre"):
            configuration()
    file.write_text(TEXT, encoding="utf-8")
    assert configuration().tenants[0].name == "contoso"
