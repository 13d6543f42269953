"""Money: budgets, cost centers, agreed prices, and what Azure's cost rows look like."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from hve_monitor.addresses import one_address
from hve_monitor.config.section import Section


def in_one_form(accounts: tuple[str, ...]) -> tuple[str, ...]:
    """The accounts as the store keeps them; what is no address stays as it is written."""
    return tuple(one_address(account) or account for account in accounts)


class Budget(Section):
    """An amount for a period, over the tenant, some accounts or a cost center."""

    name: str
    tenant: str | None = None
    accounts: tuple[str, ...] = ()
    cost_center: str | None = None
    amount: Annotated[Decimal, Field(gt=0)]
    period: Literal["month", "quarter", "year"] = "month"
    thresholds: tuple[Annotated[float, Field(gt=0)], ...] = (0.5, 0.8, 1.0)

    _accounts = field_validator("accounts")(in_one_form)


class CostCenter(Section):
    """Accounts that one cost center pays for."""

    name: str
    accounts: tuple[str, ...]
    owner: str = ""

    _accounts = field_validator("accounts")(in_one_form)


class PriceOverride(Section):
    """A price of the user's own agreement, of one tenant if named; 0 is a free period."""

    tenant: str | None = None
    effective_from: date
    effective_until: date | None = None
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "USD"
    unit_price: Annotated[Decimal, Field(ge=0, max_digits=18, decimal_places=9)]

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> PriceOverride:
        if self.effective_until is not None and self.effective_until <= self.effective_from:
            raise ValueError("effective_until is not after effective_from")
        return self


class MeteringRule(Section):
    """Whether a delivery status is charged, from a day on; Microsoft documents delivered alone."""

    effective_from: date = date(1970, 1, 1)
    status: Literal["delivered", "failed", "quarantined", "filtered_as_spam", "pending"]
    is_billable: bool


class AzureCost(Section):
    """Which Azure cost rows are HVE; pinned once the first run has shown them."""

    filter: dict[str, str] = {}
    policies: dict[str, str] = {}
    day_starts_at_hours: Annotated[int, Field(ge=-12, le=12)] | None = None
    lag_hours: Annotated[float, Field(gt=0)] | None = None
    rounding_digits: Annotated[int, Field(ge=0, le=10)] | None = None
    recipients_per_unit: Annotated[int, Field(ge=1)] | None = None
    price_ratio: Annotated[Decimal, Field(gt=0)] | None = None
