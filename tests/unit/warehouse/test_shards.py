"""A tenant goes on where its rows are; no part of them is taken for the whole."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from hve_monitor.config import Config, Privacy, Tenant, Warehouse
from hve_monitor.errors import ConfigError
from warehouse.configured import store_of
from warehouse.shards import check_shards

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def config(root: Path, **shards: str) -> Config:
    tenants = [Tenant(name=name, accounts="files", shard=shard) for name, shard in shards.items()]
    return Config(tenants=tuple(tenants), warehouse=Warehouse(path=root))


def fill(whole: Config, tenant: str) -> None:
    with store_of(whole.of_tenant(tenant)) as store:
        store.state.record_now(tenant, NOW)


def test_a_new_tenant_begins_in_any_shard(tmp_path: Path) -> None:
    whole = config(tmp_path, contoso="north", adatum="south")
    check_shards(whole)
    fill(whole, "contoso")
    check_shards(config(tmp_path, contoso="north", adatum="south", fabrikam="west"))


@pytest.mark.parametrize(("before", "after"), [("north", "south"), ("north", ""), ("", "north")])
def test_a_tenant_does_not_begin_anew_in_another_shard(
    tmp_path: Path, before: str, after: str
) -> None:
    fill(config(tmp_path, contoso=before), "contoso")
    with pytest.raises(ConfigError) as refused:
        check_shards(config(tmp_path, contoso=after))
    folder = tmp_path / "shards" / "north" if before else tmp_path
    assert f"its rows are in {folder}, and move to no other store" in str(refused.value)
    assert f'write shard = "{before}", or' in str(refused.value)
    assert "\n" not in str(refused.value)


def test_rows_in_two_stores_would_count_twice(tmp_path: Path) -> None:
    fill(config(tmp_path, contoso="north"), "contoso")
    fill(config(tmp_path, contoso="south"), "contoso")
    with pytest.raises(ConfigError, match="would count twice; move the one that is a copy out of"):
        check_shards(config(tmp_path, contoso="south"))
    with pytest.raises(ConfigError, match="its rows are in"):
        check_shards(config(tmp_path, contoso="north"))


def test_a_tenant_that_is_served_no_longer_stays_where_it_is(tmp_path: Path) -> None:
    fill(config(tmp_path, contoso="north", adatum="north"), "contoso")
    check_shards(config(tmp_path, adatum="north", fabrikam="south"))


@pytest.mark.parametrize("content", [b"no database at all" * 100, b"", None])
def test_where_state_is_lost_the_rows_say_whose_they_are(
    tmp_path: Path, content: bytes | None
) -> None:
    fill(config(tmp_path, contoso="north"), "contoso")
    north = tmp_path / "shards" / "north"
    (north / "facts" / "message_traces" / "tenant=contoso").mkdir(parents=True)
    for file in north.glob("state.db*"):
        file.unlink()
    if content is not None:
        (north / "state.db").write_bytes(content)
    check_shards(config(tmp_path, contoso="north", adatum="south"))
    with pytest.raises(ConfigError, match="its rows are in"):
        check_shards(config(tmp_path, contoso="south"))


def test_a_store_beside_that_is_no_shard_says_nothing(tmp_path: Path) -> None:
    fill(config(tmp_path, contoso="north"), "contoso")
    (tmp_path / "shards" / "north").rename(tmp_path / "shards" / "north.replaced-2026")
    check_shards(config(tmp_path, contoso="south"))


def test_the_key_lies_outside_of_all_shards(tmp_path: Path) -> None:
    whole = config(tmp_path, contoso="north")
    key = Privacy(mode="pseudonymous", key_file=str(tmp_path / "hve.key"))
    with pytest.raises(ConfigError, match="lies inside the store it protects"):
        check_shards(whole.model_copy(update={"privacy": key}))


def test_what_knows_no_shards_writes_to_none(tmp_path: Path) -> None:
    with (
        pytest.raises(ConfigError, match="works on one shard"),
        store_of(config(tmp_path, contoso="north")),
    ):
        pass
    assert list(tmp_path.iterdir()) == []
