"""What a recipient costs from a day on: of each account, and of several tenants together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property

import pandas as pd

from models.reference.prices import PriceBook

FOUR_WEEKS = timedelta(days=28)


@dataclass(frozen=True)
class Tariff:
    """Prices at `day`. daily: tenant, account, day, recipients, of all accounts."""

    prices: PriceBook
    currency: str
    day: date
    daily: pd.DataFrame

    def mean(self, rows: pd.DataFrame) -> tuple[Decimal | None, bool]:
        """Price of the rows' tenants, and whether all of them pay it.

        Several prices are weighed by what was sent in the four weeks until `day`, or ever.
        """
        if self.prices.is_shared:
            return self.prices.unit_price(self.day, self.currency), True
        recent = rows[(rows["day"] > self.day - FOUR_WEEKS) & (rows["day"] <= self.day)]
        sums = (rows if recent.empty else recent).groupby("tenant")["recipients"].sum()
        weights = {str(tenant): int(count) for tenant, count in sums.items()}
        return self.prices.mean_price(self.day, self.currency, weights)

    def of(self, account: str) -> Decimal | None:
        """Price of the account's tenant; of one without mail, which is only planned, the mean."""
        tenant = self._owners.get(account)
        if tenant is None:
            return self.mean(self.daily)[0]
        return self.prices.unit_price(self.day, self.currency, tenant)

    @cached_property
    def _owners(self) -> dict[str, str]:
        owners = self.daily.drop_duplicates("account", keep="last")
        return dict(zip(owners["account"], owners["tenant"], strict=True))
