"""The place of the tables that the configuration names, and that it is not changed by mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from hve_monitor.config import Config, Privacy, Warehouse
from hve_monitor.errors import ConfigError
from tests.unit.warehouse.conftest import NOW, land_rows, observations
from warehouse.configured import store_of
from warehouse.maintenance.upkeep import sweep
from warehouse.publication import publish
from warehouse.reading import published_connection


def config(tmp_path: Path, tables: str = "") -> Config:
    place = str(tmp_path / tables) if tables else ""
    return Config(warehouse=Warehouse(path=tmp_path / "store", tables=place))


def test_tables_lie_in_another_folder(tmp_path: Path) -> None:
    with store_of(config(tmp_path, "big")) as store:
        land_rows(store, {"trace_id": "a"})
        publish(store, NOW, lambda _: None)
        sweep(store)
        assert store.state.checksum("hve.duckdb"), "the next version begins with this one"
    assert (tmp_path / "big" / "facts" / "message_traces" / "_delta_log").is_dir()
    assert not (tmp_path / "store" / "facts").exists()
    with published_connection(tmp_path / "store") as connection:
        rows = connection.execute("select trace_id from raw.message_traces").fetchall()
    assert rows == [("a",)]


@pytest.mark.parametrize(("first", "second"), [("", "big"), ("big", ""), ("big", "bigger")])
def test_a_place_without_the_tables_is_refused_until_they_are_there(
    tmp_path: Path, first: str, second: str
) -> None:
    with store_of(config(tmp_path, first)) as store:
        land_rows(store, {"trace_id": "a"})
    with (
        pytest.raises(ConfigError, match=r"warehouse\.tables: there are no tables in"),
        store_of(config(tmp_path, second)),
    ):
        pass
    old, new = tmp_path / (first or "store"), tmp_path / (second or "store")
    new.mkdir(exist_ok=True)
    (old / "facts").rename(new / "facts")
    with store_of(config(tmp_path, second)) as store:
        assert [row["trace_id"] for row in observations(store)] == ["a"]


@pytest.mark.parametrize("name", ["big*", "big?", "[big]", "tenant=contoso", "big%20"])
def test_a_folder_that_the_engines_would_misread_is_refused(tmp_path: Path, name: str) -> None:
    with (
        pytest.raises(ConfigError, match=r"warehouse\.tables: the folder name"),
        store_of(config(tmp_path, name)),
    ):
        pass
    assert not (tmp_path / name).exists()


def test_a_disk_that_is_not_mounted_is_no_loss(tmp_path: Path) -> None:
    with store_of(config(tmp_path, "big")) as store:
        land_rows(store, {"trace_id": "a"})
    (tmp_path / "big").rename(tmp_path / "elsewhere")
    with (
        pytest.raises(ConfigError, match="any more; mount the disk"),
        store_of(config(tmp_path, "big")),
    ):
        pass
    assert not (tmp_path / "big").exists()
    (tmp_path / "elsewhere").rename(tmp_path / "big")
    with store_of(config(tmp_path, "big"), is_checked=False) as store:
        assert [row["trace_id"] for row in observations(store)] == ["a"]


def test_a_key_beside_the_tables_that_it_protects_is_refused(tmp_path: Path) -> None:
    (tmp_path / "big").mkdir()
    (tmp_path / "big" / "hve.key").write_text("0123456789abcdef" * 4)
    privacy = Privacy(mode="pseudonymous", key_file=str(tmp_path / "big" / "hve.key"))
    with (
        pytest.raises(ConfigError, match=r"lies inside the store .* move it out of .*big"),
        store_of(config(tmp_path, "big").model_copy(update={"privacy": privacy})),
    ):
        pass
