"""The whole configuration, with the checks across its tables."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path

from pydantic import model_validator

from hve_monitor.config.alerts import Alerts
from hve_monitor.config.dashboard import Auth, Readiness
from hve_monitor.config.money import AzureCost, Budget, CostCenter, MeteringRule, PriceOverride
from hve_monitor.config.section import Section
from hve_monitor.config.services import Endpoints, Limits
from hve_monitor.config.store import Metrics, Privacy, Retention, ScheduledExport, Spark, Warehouse
from hve_monitor.config.tenant import LOCAL_TENANT, Tenant
from hve_monitor.errors import ConfigError


class Config(Section):
    """The whole configuration, checked."""

    warehouse: Warehouse = Warehouse()
    tenants: tuple[Tenant, ...] = ()
    endpoints: Endpoints = Endpoints()
    limits: Limits = Limits()
    alerts: Alerts = Alerts()
    budgets: tuple[Budget, ...] = ()
    cost_centers: tuple[CostCenter, ...] = ()
    cost_centers_file: Path | None = None
    azure_cost: AzureCost = AzureCost()
    prices: tuple[PriceOverride, ...] = ()
    metering_rules: tuple[MeteringRule, ...] = ()
    export: ScheduledExport = ScheduledExport()
    privacy: Privacy = Privacy()
    retention: Retention = Retention()
    auth: Auth = Auth()
    readiness: Readiness = Readiness()
    metrics: Metrics = Metrics()
    spark: Spark = Spark()

    @model_validator(mode="after")
    def _unique_tenants(self) -> Config:
        names = [tenant.name for tenant in self.tenants]
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise ValueError(f"tenants: the name '{min(twice)}' is used twice")
        return self

    @model_validator(mode="after")
    def _known_tenants(self) -> Config:
        """A setting for a tenant that does not exist would have no effect."""
        names = [tenant.name for tenant in self.served]
        for key, name in self._named_tenants():
            if name not in (None, *names):
                near = difflib.get_close_matches(str(name), names, n=1, cutoff=0.4) or names
                raise ValueError(f"{key}: there is no tenant '{name}'; did you mean '{near[0]}'?")
        return self

    def _named_tenants(self) -> Iterator[tuple[str, str | None]]:
        """(key, name) of every setting that names a tenant."""
        yield from ((f"budgets.{n}.tenant", budget.tenant) for n, budget in enumerate(self.budgets))
        yield from ((f"prices.{n}.tenant", price.tenant) for n, price in enumerate(self.prices))
        for number, target in enumerate(self.alerts.targets):
            yield from ((f"alerts.targets.{number}.tenants", name) for name in target.tenants)
        yield from ((f"auth.tenants.{name}", name) for name in self.auth.tenants if name != "*")

    @model_validator(mode="after")
    def _prices_in_the_tenants_currency(self) -> Config:
        """Another currency would leave the tenant with the price that was to be replaced."""
        billed = {tenant.name: tenant.currency for tenant in self.served}
        for number, price in enumerate(self.prices):
            currency = billed.get(price.tenant or "", price.currency)
            if currency != price.currency:
                raise ValueError(
                    f"prices.{number}.currency: {price.tenant} bills in {currency}; write"
                    f' currency = "{currency}"'
                )
        return self

    @model_validator(mode="after")
    def _budgets_of_one_shard(self) -> Config:
        """What a budget counts lies in one store: that of a part would be no answer."""
        if len(self.shards) > 1:
            for number, budget in enumerate(self.budgets):
                if budget.tenant is None:
                    raise ValueError(
                        f"budgets.{number}.tenant: is missing; tenants in several shards share no"
                        " budget, write one for each tenant"
                    )
        return self

    @property
    def served(self) -> tuple[Tenant, ...]:
        """The configured tenants; without any, the local one that lives from files."""
        return self.tenants or (LOCAL_TENANT,)

    def only(self, names: frozenset[str] | None) -> Config:
        """The configuration as if there were these tenants alone; None leaves it as it is."""
        if names is None:
            return self
        selected = {
            "tenants": tuple(tenant for tenant in self.served if tenant.name in names),
            "budgets": tuple(budget for budget in self.budgets if budget.tenant in (None, *names)),
            "prices": tuple(price for price in self.prices if price.tenant in (None, *names)),
        }
        return self.model_copy(update=selected)

    @property
    def shards(self) -> tuple[str, ...]:
        """Names in the order of their tenants; "" is the store at warehouse.path itself."""
        return tuple(dict.fromkeys(tenant.shard for tenant in self.served))

    @property
    def is_sharded(self) -> bool:
        """Whether tenants are anywhere else than in the store at warehouse.path."""
        return self.shards != ("",)

    @property
    def stores(self) -> dict[str, Config]:
        """The configuration of each store by the name of its shard; of the one store as it is."""
        if not self.is_sharded:
            return {"": self}
        return {name: self.of_shard(name) for name in self.shards}

    def of_shard(self, name: str) -> Config:
        """The configuration as if there were this shard's store and tenants alone.

        What all shards write together, metrics, is left out.
        """
        inside = [tenant for tenant in self.served if tenant.shard == name]
        own = self.only(frozenset(tenant.name for tenant in inside))
        warehouse = self.warehouse.of_shard(name)
        location = self.spark.location and f"{self.spark.location}/{name}".rstrip("/")
        selected = {
            "tenants": tuple(tenant.model_copy(update={"shard": ""}) for tenant in inside),
            "warehouse": warehouse,
            "export": self.export.of_shard(name, self.warehouse.path, warehouse.path),
            "metrics": Metrics(),
            "spark": self.spark.model_copy(update={"location": location}),
        }
        return own.model_copy(update=selected)

    def of_tenant(self, name: str) -> Config:
        """The configuration of the shard that holds the tenant. Raises: ConfigError as tenant."""
        return self.of_shard(self.tenant(name).shard)

    def tenant(self, name: str) -> Tenant:
        """The tenant of that name. Raises: ConfigError naming the nearest and the known ones."""
        for tenant in self.served:
            if tenant.name == name:
                return tenant
        names = [tenant.name for tenant in self.served]
        near = difflib.get_close_matches(name, names, n=1, cutoff=0.4) or names
        raise ConfigError(
            f"--tenant {name}: no such tenant in the configuration (known: {', '.join(names)});"
            f" did you mean '{near[0]}'?"
        )
