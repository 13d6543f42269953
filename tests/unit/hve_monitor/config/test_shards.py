"""Tenants in shards: which store is whose, and what cannot be shared."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from hve_monitor.config import Budget, Config, PriceOverride, Tenant, Warehouse
from hve_monitor.config.store import Metrics, ScheduledExport, Spark
from hve_monitor.errors import ConfigError


def config(**shards: str) -> Config:
    tenants = [
        Tenant(name=name, accounts="files", shard=shard.strip()) for name, shard in shards.items()
    ]
    return Config(tenants=tuple(tenants), warehouse=Warehouse(path=Path("/srv/hve")))


def test_without_a_shard_everything_is_in_one_store() -> None:
    for plain in (Config(), config(contoso="", adatum="")):
        assert plain.shards == ("",)
        assert not plain.is_sharded


def test_a_shard_is_a_whole_configuration() -> None:
    whole = config(contoso="north", adatum="south", fabrikam="north")
    assert whole.shards == ("north", "south")
    assert whole.is_sharded
    north = whole.of_shard("north")
    assert [tenant.name for tenant in north.served] == ["contoso", "fabrikam"]
    assert north.warehouse.path == Path("/srv/hve/shards/north")
    assert not north.is_sharded
    assert whole.of_tenant("adatum") == whole.of_shard("south")
    with pytest.raises(ConfigError, match="did you mean 'adatum'"):
        whole.of_tenant("adatun")


def test_a_tenant_without_a_shard_stays_where_it_was() -> None:
    whole = config(contoso="", adatum="south")
    assert whole.shards == ("", "south")
    own = whole.of_shard("")
    assert own.warehouse == whole.warehouse
    assert [tenant.name for tenant in own.served] == ["contoso"]


def test_every_shard_has_places_of_its_own() -> None:
    whole = config(contoso="north", adatum="south").model_copy(
        update={
            "warehouse": Warehouse(path=Path("/srv/hve"), tables="s3://contoso-hve/monitor/"),
            "export": ScheduledExport(folder=Path("/srv/out")),
            "metrics": Metrics(textfile=Path("/srv/hve.prom"), listen="127.0.0.1:9400"),
            "spark": Spark(location="/mnt/hve"),
        }
    )
    north = whole.of_shard("north")
    assert north.warehouse.tables == "s3://contoso-hve/monitor/shards/north"
    assert north.export.folder == Path("/srv/out/north")
    assert north.spark.location == "/mnt/hve/north"
    # Written once for all shards.
    assert north.metrics == Metrics()


def test_files_inside_the_store_stay_inside_the_store_of_the_shard() -> None:
    whole = config(contoso="north", adatum="south").model_copy(
        update={"export": ScheduledExport(folder=Path("/srv/hve/out"))}
    )
    assert whole.of_shard("north").export.folder == Path("/srv/hve/shards/north/out")


def test_a_shard_has_its_own_budgets_and_prices() -> None:
    whole = Config(
        tenants=(
            Tenant(name="contoso", accounts="files", shard="north"),
            Tenant(name="adatum", accounts="files", shard="south"),
        ),
        budgets=(
            Budget(name="mail", tenant="contoso", amount=1),
            Budget(name="mail", tenant="adatum", amount=2),
        ),
        prices=(
            PriceOverride(effective_from="2026-01-01", unit_price="0.1"),
            PriceOverride(tenant="adatum", effective_from="2026-01-01", unit_price="0.2"),
        ),
    )
    north = whole.of_shard("north")
    assert [budget.amount for budget in north.budgets] == [1]
    assert [str(price.unit_price) for price in north.prices] == ["0.1"]


def test_a_budget_over_several_shards_would_count_a_part() -> None:
    tenants = [
        {"name": "contoso", "accounts": "files", "shard": "north"},
        {"name": "adatum", "accounts": "files", "shard": "south"},
    ]
    budgets = [{"name": "mail", "amount": 1}]
    with pytest.raises(ValidationError, match=r"budgets\.0\.tenant: is missing"):
        Config(tenants=tenants, budgets=budgets)
    together = [tenant | {"shard": "north"} for tenant in tenants]
    assert Config(tenants=together, budgets=budgets).budgets[0].tenant is None


@pytest.mark.parametrize("shard", ["North", "a/b", "..", " ", "s3://x", "tenant=a"])
def test_a_shard_is_named_like_a_folder(shard: str) -> None:
    with pytest.raises(ValidationError, match="lower-case letters"):
        Tenant(name="contoso", accounts="files", shard=shard)


def test_a_tenant_has_a_name() -> None:
    with pytest.raises(ValidationError, match="lower-case letters"):
        Tenant(name="", accounts="files")
