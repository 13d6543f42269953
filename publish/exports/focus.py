"""Costs as FOCUS 1.2 rows, with ServiceProviderName and HostProviderName of later versions.

Estimates (one row per account and UTC day) and invoiced rows (one per amount of Azure) go to
separate files: InvoiceId is null in the one and may be known in the other.
Source: FOCUS specification 1.2, finops.org, read 2026-11.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple, TypeAlias

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from hve_monitor.errors import ConfigError
from hve_monitor.files import replaced
from hve_monitor.spreadsheet import write_csv
from models.invoice.invoiced import InvoiceRow
from models.invoice.ledger import ScopeLedger
from models.reference.cost_centers import Centers
from models.reference.prices import PriceBook

NUMBERS = (
    "BilledCost",
    "ConsumedQuantity",
    "ContractedCost",
    "ContractedUnitPrice",
    "EffectiveCost",
    "ListCost",
    "ListUnitPrice",
    "PricingCurrencyContractedUnitPrice",
    "PricingCurrencyEffectiveCost",
    "PricingCurrencyListUnitPrice",
    "PricingQuantity",
    "x_UnknownRecipients",
)
TIMES = ("BillingPeriodEnd", "BillingPeriodStart", "ChargePeriodEnd", "ChargePeriodStart")
COLUMNS = (
    "BilledCost", "BillingAccountId", "BillingAccountName", "BillingAccountType",
    "BillingCurrency", "BillingPeriodEnd", "BillingPeriodStart", "ChargeCategory", "ChargeClass",
    "ChargeDescription", "ChargeFrequency", "ChargePeriodEnd", "ChargePeriodStart",
    "CommitmentDiscountStatus", "ConsumedQuantity", "ConsumedUnit", "ContractedCost",
    "ContractedUnitPrice", "EffectiveCost", "HostProviderName", "InvoiceId", "InvoiceIssuerName",
    "ListCost", "ListUnitPrice", "PricingCategory", "PricingCurrency",
    "PricingCurrencyContractedUnitPrice", "PricingCurrencyEffectiveCost",
    "PricingCurrencyListUnitPrice", "PricingQuantity", "PricingUnit", "ProviderName",
    "PublisherName", "ResourceId", "ResourceName", "ResourceType", "ServiceCategory",
    "ServiceName", "ServiceProviderName", "ServiceSubcategory", "SkuId", "SkuMeter",
    "SkuPriceDetails", "SkuPriceId", "SubAccountId", "SubAccountName", "SubAccountType", "Tags",
    "x_BillingPolicyId", "x_EstimateKind", "x_UnknownRecipients",
)  # fmt: skip
ONE_DAY = timedelta(days=1)
# The parquet columns: money with every digit that Azure writes.
AMOUNT = pa.decimal128(38, 18)
FocusRow: TypeAlias = dict[str, str | Decimal | datetime | None]


class SpentDay(NamedTuple):
    """An account's day and its exact list cost."""

    tenant: str
    account: str
    day: date
    recipients: int
    cost: Decimal | None
    unknown: int
    is_known: bool


@dataclass(frozen=True)
class Payer:
    """Who is billed: names of the tenant, and the Azure scope where it is known."""

    tenant: str
    tenant_id: str
    scope: str | None
    policy: str | None


def estimate_rows(
    spent: pd.DataFrame,
    payers: Mapping[str, Payer],
    centers: Centers,
    prices: PriceBook,
    currency: str,
) -> list[FocusRow]:
    """One row per account and UTC day of known cost.

    spent: as models.cost.daily.spent_days. Days without a price or without any status are left
    out: FOCUS has no unknown cost. x_UnknownRecipients counts what the cost of a row lacks.
    """
    columns = [spent[name].tolist() for name in SpentDay._fields]
    return [
        _estimate(payers[day.tenant], day, day.cost, centers, prices, currency)
        for day in map(SpentDay._make, zip(*columns, strict=True))
        if day.cost is not None and day.is_known
    ]


def invoiced_rows(
    ledgers: Sequence[ScopeLedger], payers: Mapping[str, Payer], first: date, last: date
) -> list[FocusRow]:
    """One row per amount of an HVE meter in the days `first` to `last`."""
    return [
        _invoiced(payers[ledger.tenant], ledger, row)
        for ledger in ledgers
        for row in sorted(ledger.rows, key=lambda amount: (amount.day, amount.charge_type))
        if ledger.meters and first <= row.day <= last
    ]


def write_focus(rows: Sequence[FocusRow], path: Path) -> list[Path]:
    """Writes .csv or .parquet by the suffix; returns the file.

    Raises: ConfigError for another suffix.
    """
    if path.suffix == ".csv":
        write_csv(path, COLUMNS, ([_text(row[name]) for name in COLUMNS] for row in rows))
    elif path.suffix == ".parquet":
        with replaced(path, parents=True) as fresh:
            pq.write_table(_table(rows), fresh, compression="zstd")
    else:
        raise ConfigError(f"--out {path}: name a folder, or a file ending in .csv or .parquet")
    return [path]


def _estimate(
    payer: Payer,
    spent: SpentDay,
    cost: Decimal,
    centers: Centers,
    prices: PriceBook,
    currency: str,
) -> FocusRow:
    price = prices.unit_price(spent.day, currency, spent.tenant) or Decimal(0)
    center = centers.of(spent.account)
    tags = {"cost_center": center.name, "owner": center.owner} if center else {}
    return _row(payer, spent.day, currency, cost) | {
        "ChargeDescription": "High Volume Email delivered recipients, estimated from traces",
        **_prices(price, Decimal(spent.recipients), cost, currency),
        "ResourceId": spent.account,
        "ResourceName": spent.account.partition("@")[0],
        "Tags": json.dumps({name: value for name, value in tags.items() if value}),
        "x_EstimateKind": "estimated-from-message-trace",
        "x_UnknownRecipients": Decimal(spent.unknown),
    }


def _invoiced(payer: Payer, ledger: ScopeLedger, row: InvoiceRow) -> FocusRow:
    shown = Payer(payer.tenant, payer.tenant_id, ledger.scope, ledger.usage.policy)
    currency = row.currency or ""
    return _row(shown, row.day, currency, row.amount) | {
        "ChargeDescription": f"{row.meter}: {row.charge_type or 'Usage'}",
        **(_credited(row) if row.is_credit else _charged(ledger, row, currency)),
        "ResourceId": f"{ledger.scope}/{row.meter.name}",
        "ResourceName": row.meter.name or str(row.meter),
        "ResourceType": "Azure meter",
        "Tags": json.dumps({"resource_group": row.meter.resource_group}),
    }


def _charged(ledger: ScopeLedger, row: InvoiceRow, currency: str) -> FocusRow:
    """Quantity in units of the meter; where Azure has none, in recipients."""
    price = (ledger.list_price(row.day) or Decimal(0)) * ledger.applied_rate.ratio
    recipients = (row.amount / price).quantize(Decimal(1)) if price else Decimal(0)
    quantity, unit = (row.quantity, "Units") if row.quantity else (recipients, "Recipients")
    listed = row.amount / ledger.applied_rate.ratio if ledger.has_list_price else row.amount
    effective = row.amount / quantity if quantity else Decimal(0)
    unit_price = listed / quantity if quantity else Decimal(0)
    return _prices(effective, quantity, row.amount, currency) | {
        "ConsumedUnit": unit,
        "PricingUnit": unit,
        "ListCost": listed,
        "ListUnitPrice": unit_price,
        "PricingCurrencyListUnitPrice": unit_price,
        "SkuMeter": str(row.meter),
    }


def _credited(row: InvoiceRow) -> FocusRow:
    """Money given back has no quantity and no price."""
    costs = ("EffectiveCost", "ContractedCost", "ListCost", "PricingCurrencyEffectiveCost")
    return {
        "ChargeCategory": "Credit",
        "ChargeFrequency": "One-Time",
        **dict.fromkeys(costs, row.amount),
        "PricingCurrency": row.currency,
        **dict.fromkeys(("SkuMeter", "SkuPriceDetails", "SkuPriceId", "SkuId")),
    }


def _row(payer: Payer, day: date, currency: str, cost: Decimal) -> FocusRow:
    """Everything that does not depend on where the amount comes from."""
    start = datetime(day.year, day.month, 1, tzinfo=UTC)
    begin = datetime(day.year, day.month, day.day, tzinfo=UTC)
    scope = payer.scope or payer.tenant_id
    return dict.fromkeys(COLUMNS) | {
        "BilledCost": cost,
        "BillingAccountId": payer.tenant_id,
        "BillingAccountName": payer.tenant,
        "BillingAccountType": "Billing Profile",
        "BillingCurrency": currency,
        "BillingPeriodStart": start,
        "BillingPeriodEnd": (start + 31 * ONE_DAY).replace(day=1),
        "ChargeCategory": "Usage",
        "ChargeFrequency": "Usage-Based",
        "ChargePeriodStart": begin,
        "ChargePeriodEnd": begin + ONE_DAY,
        "HostProviderName": "Microsoft",
        "InvoiceIssuerName": "Microsoft",
        "ProviderName": "Microsoft",
        "PublisherName": "Microsoft",
        "ResourceType": "HVE Account",
        "ServiceCategory": "Business Applications",
        "ServiceName": "Microsoft 365 High Volume Email",
        "ServiceProviderName": "Microsoft",
        "ServiceSubcategory": "Productivity and Collaboration",
        "SkuId": "hve-recipient",
        "SkuMeter": "Delivered recipients",
        "SkuPriceDetails": json.dumps({"x_UnitOfMeasure": "Recipient"}),
        "SkuPriceId": f"hve-recipient-{currency.lower()}",
        "SubAccountId": scope,
        "SubAccountName": payer.scope or payer.tenant,
        "SubAccountType": "Subscription" if payer.scope else "Tenant",
        "x_BillingPolicyId": payer.policy,
    }


def _prices(price: Decimal, recipients: Decimal, cost: Decimal, currency: str) -> FocusRow:
    """Quantities and the four costs, which are one: no commitment discount exists."""
    return {
        **dict.fromkeys(("EffectiveCost", "ContractedCost", "ListCost"), cost),
        **dict.fromkeys(("ContractedUnitPrice", "ListUnitPrice"), price),
        "PricingCurrencyContractedUnitPrice": price,
        "PricingCurrencyListUnitPrice": price,
        "PricingCurrencyEffectiveCost": cost,
        **dict.fromkeys(("ConsumedQuantity", "PricingQuantity"), recipients),
        **dict.fromkeys(("ConsumedUnit", "PricingUnit"), "Recipients"),
        "PricingCategory": "Standard",
        "PricingCurrency": currency,
    }


def _text(value: object) -> object:
    return value.strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(value, datetime) else value


def _table(rows: Sequence[FocusRow]) -> pa.Table:
    kinds: dict[str, pa.DataType] = dict.fromkeys(COLUMNS, pa.string())
    kinds |= dict.fromkeys(NUMBERS, AMOUNT) | dict.fromkeys(TIMES, pa.timestamp("us", tz="UTC"))
    schema = pa.schema(list(kinds.items()))
    exact = [{name: _fitting(row[name]) for name in COLUMNS} for row in rows]
    return pa.Table.from_pylist(exact, schema=schema)


def _fitting(value: object) -> object:
    return round(value, 18) if isinstance(value, Decimal) else value
