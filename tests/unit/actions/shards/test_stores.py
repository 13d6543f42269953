"""One shard's trouble ends no other, whatever kind it is of."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from actions.shards import privacy
from actions.shards.stores import of_each
from hve_monitor.config import Config, Tenant, Warehouse
from hve_monitor.errors import INCOMPLETE, ConfigError, StoreError


def whole(root: Path) -> Config:
    tenants = tuple(
        Tenant(name=name, accounts="files", shard=shard)
        for name, shard in (("contoso", "north"), ("adatum", "south"))
    )
    return Config(tenants=tenants, warehouse=Warehouse(path=root))


def test_a_full_disk_of_one_shard_ends_no_other(tmp_path: Path) -> None:
    def act(shard: str, _own: Config) -> str:
        if shard == "north":
            raise OSError(errno.ENOSPC, "No space left on device", "/data/north")
        return shard

    outcome = of_each(whole(tmp_path).stores, act)
    assert (outcome.document, outcome.exit_code) == ({"south": "south"}, INCOMPLETE)


def test_a_shard_that_cannot_be_read_hides_no_name_and_is_no_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def reveal(own: Config, *_: object) -> str:
        tenant = own.served[0].name
        if tenant == "contoso":
            raise StoreError("state.db: cannot be opened")
        if "known" in answers:
            return tenant
        raise ConfigError("nobody is known behind it")

    answers = {"known"}
    monkeypatch.setattr(privacy, "reveal", reveal)
    arguments = whole(tmp_path), "p-abc", "asked", "ada", None
    assert privacy.reveal_in(*arguments) == "adatum"  # type: ignore[arg-type, comparison-overlap]
    answers.clear()
    with pytest.raises(StoreError, match="cannot be opened"):
        privacy.reveal_in(*arguments)  # type: ignore[arg-type]
