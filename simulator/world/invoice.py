"""What the tenant's Azure subscription is charged, day by day.

Microsoft publishes neither the names of the meter nor its unit, delay or rounding: all of them
are invented here and drawn per seed, so that nobody can rely on one of them.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple, TypedDict

import numpy as np

from simulator.mail.block import DELIVERED, DayBlock
from simulator.mail.instant import DAY, HOUR, day_of, day_text, moment_of
from simulator.mail.sends import Mask
from simulator.mail.traffic import SimulatedTraffic

RESOURCE_GROUP, OTHER_GROUP = "rg-messaging", "rg-platform"
UNIT_PRICE = Decimal("0.000042")  # US dollars per delivered recipient
FIRST_BILLED_DAY = (date(2026, 6, 1) - date(1970, 1, 1)).days
_REFRESH = 4 * HOUR  # Cost Management renews its data every four hours


class MeterNames(NamedTuple):
    """How the services name a meter, in the order of `_DIMENSIONS`."""

    service: str
    category: str
    subcategory: str
    meter: str
    product: str


# Invented names of the meter, one of them per seed.
_NAMES = (
    MeterNames(
        "Exchange Online", "Exchange Online", "High Volume Email", "HVE Recipients", "HVE Standard"
    ),
    MeterNames(
        "Microsoft 365", "Microsoft 365 Messaging", "Internal Mail", "Recipient", "M365 Bulk Mail"
    ),
    MeterNames(
        "Microsoft Syntex", "Syntex", "Messaging", "High Volume Email Recipient", "Syntex Messaging"
    ),
)
# Invented meters of other services: group, names, largest cost of a day.
_FOREIGN = (
    (
        OTHER_GROUP,
        MeterNames("Storage", "Storage", "Blob", "Hot LRS Data Stored", "Blob Storage"),
        2.0,
    ),
    (
        RESOURCE_GROUP,
        MeterNames("Bandwidth", "Bandwidth", "Internet", "Data Out", "Bandwidth"),
        1e-5,
    ),
    (
        RESOURCE_GROUP,
        MeterNames("Microsoft Syntex", "Syntex", "Archive", "Archived GB", "Archive"),
        0.4,
    ),
)
_DIMENSIONS = ("ServiceName", "MeterCategory", "MeterSubcategory", "Meter", "Product")


@dataclass(frozen=True, slots=True)
class Charge:
    """One charged row: day number, US dollars, units of the meter, dimensions and tags."""

    day: int
    cost: Decimal
    quantity: Decimal
    dimensions: Mapping[str, str]
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Terms:
    """What was drawn: hours until usage shows, rows' decimals, block, discount, names, credit,
    where a billing day begins and which one is never charged.
    """

    lag_hours: int
    digits: int
    unit_block: int
    discount: Decimal
    names: MeterNames
    credit_day: int | None
    credit_share: Decimal
    day_starts_at_hours: int  # UTC hour at which a billing day of the same date begins
    missing_day: int | None  # its usage never shows


class ChargedDay(TypedDict):
    """A posted billing day; amounts in US dollars as decimal texts.

    `amount_usd` includes `credit_usd`; `complete` says that the whole day has been posted.
    """

    day_utc: str
    recipients: int
    amount_usd: str
    credit_usd: str
    complete: bool


class InvoiceTruth(TypedDict):
    """What was drawn for a subscription, and what was charged per posted day."""

    subscription_id: str
    resource_group: str
    lag_hours: int
    rounding_digits: int
    unit_block: int
    discount_ratio: str
    unit_price_usd: str
    ServiceName: str
    MeterCategory: str
    MeterSubcategory: str
    Meter: str
    Product: str
    posted_until: str
    day_starts_at_hours: int
    missing_day: str | None
    foreign_meters: list[str]
    days: list[ChargedDay]


def subscription_of(policy_id: str) -> str:
    """The Azure subscription behind a billing policy."""
    return str(uuid.uuid5(uuid.UUID(policy_id), "subscription"))


class Invoice:
    """The charges of one subscription, and how the services that show them behave.

    Attributes to set: `self_link` (the last page of a query links to an empty page that links to
    itself), `page_rows`, `price_listed` (the retail price list knows the meter),
    `quantity_refused` (a query for quantities is a bad one), `requests_per_minute` of a named
    client and `anonymous_requests_per_minute`.
    """

    def __init__(
        self, seed: int, traffic: SimulatedTraffic, policy_id: str, clock: Callable[[], int]
    ) -> None:
        self.seed = seed
        self.subscription_id = subscription_of(policy_id)
        self.self_link, self.price_listed, self.quantity_refused = False, False, False
        self.page_rows = 1_000
        self.requests_per_minute, self.anonymous_requests_per_minute = 60, 4
        self._traffic, self._clock = traffic, clock
        first = max(FIRST_BILLED_DAY, traffic.first_day)
        self.terms = _draw_terms(seed, first, day_of(clock()))
        # The first hours of the first traffic belong to the billing day before.
        starts_earlier = self.terms.day_starts_at_hours > 0 and first > FIRST_BILLED_DAY
        self.first_day = first - starts_earlier
        self._whole_days: dict[int, int] = {}

    @property
    def unit_price(self) -> Decimal:
        """US dollars per unit of the meter, after discount."""
        return UNIT_PRICE * self.terms.unit_block * (1 - self.terms.discount)

    def posted_until(self) -> int:
        """Usage before this instant shows at the clock."""
        return (self._clock() - self.terms.lag_hours * HOUR) // _REFRESH * _REFRESH

    def charges(self, first: int, last: int) -> Iterator[Charge]:
        """Posted charges of the days `first` to `last`, both included."""
        until = self.posted_until()
        for day in range(max(first, self.first_day), min(last, self._day_of(until - 1)) + 1):
            recipients = self._recipients(day, until)
            if recipients and day != self.terms.missing_day:
                yield self._usage(day, recipients)
            if day == self.terms.credit_day and self._end(day) <= until:
                yield self._credit(day, recipients)
            yield from self._foreign(day)

    def truth(self) -> InvoiceTruth:
        """The terms, and the billing days but the missing one, as posted at the clock."""
        until, terms = self.posted_until(), self.terms
        days = range(self.first_day, self._day_of(until - 1) + 1)
        return {
            "subscription_id": self.subscription_id,
            "resource_group": RESOURCE_GROUP,
            "lag_hours": terms.lag_hours,
            "rounding_digits": terms.digits,
            "unit_block": terms.unit_block,
            "discount_ratio": str(terms.discount),
            "unit_price_usd": str(self.unit_price),
            "ServiceName": terms.names.service,
            "MeterCategory": terms.names.category,
            "MeterSubcategory": terms.names.subcategory,
            "Meter": terms.names.meter,
            "Product": terms.names.product,
            "posted_until": moment_of(until).isoformat(),
            "day_starts_at_hours": terms.day_starts_at_hours,
            "missing_day": None if terms.missing_day is None else day_text(terms.missing_day),
            "foreign_meters": [names.meter for _, names, _ in _FOREIGN],
            "days": [self._charged_day(day, until) for day in days if day != terms.missing_day],
        }

    def _charged_day(self, day: int, until: int) -> ChargedDay:
        recipients = self._recipients(day, until)
        complete = self._end(day) <= until
        credited = complete and day == self.terms.credit_day
        credit = self._credit(day, recipients).cost if credited else Decimal(0)
        return {
            "day_utc": day_text(day),
            "recipients": recipients,
            "amount_usd": f"{self._usage(day, recipients).cost + credit:f}",
            "credit_usd": f"{credit:f}",
            "complete": complete,
        }

    def _recipients(self, day: int, until: int) -> int:
        """Delivered recipients of a day whose messages were received before an instant."""
        if self._end(day) > until:
            return self._count(day, until)
        if day not in self._whole_days:
            self._whole_days[day] = self._count(day, until)
        return self._whole_days[day]

    def _count(self, day: int, until: int) -> int:
        begin = max(self._end(day) - DAY, self._traffic.first_day * DAY)
        end = min(self._end(day), until)
        blocks = (
            self._traffic.block(account.index, utc_day)
            for account in self._traffic.hve_accounts
            for utc_day in range(day_of(begin), day_of(end - 1) + 1)
        )
        return sum(int(_delivered(block, begin, end).sum()) for block in blocks)

    def _end(self, day: int) -> int:
        """The instant at which a billing day ends."""
        return (day + 1) * DAY + self.terms.day_starts_at_hours * HOUR

    def _day_of(self, instant: int) -> int:
        """The billing day that holds an instant."""
        return day_of(instant - self.terms.day_starts_at_hours * HOUR)

    def _usage(self, day: int, recipients: int) -> Charge:
        quantity = Decimal(recipients) / self.terms.unit_block
        cost = round(quantity * self.unit_price, self.terms.digits)
        return Charge(day, cost, quantity, self._dimensions("Usage"), _HVE_TAGS)

    def _credit(self, day: int, recipients: int) -> Charge:
        cost = round(-self._usage(day, recipients).cost * self.terms.credit_share, 6)
        return Charge(day, cost, Decimal(0), self._dimensions("Refund"), _HVE_TAGS)

    def _dimensions(self, kind: str) -> dict[str, str]:
        unit = "1" if self.terms.unit_block == 1 else "1M"
        return self._describe(RESOURCE_GROUP, self.terms.names, kind, unit)

    def _describe(self, group: str, names: MeterNames, kind: str, unit: str) -> dict[str, str]:
        root = f"/subscriptions/{self.subscription_id}/resourcegroups/{group}/providers"
        name = names.meter.lower().replace(" ", "-")
        return {
            "SubscriptionId": self.subscription_id,
            "ResourceGroup": group,
            "ResourceGroupName": group,
            "ResourceId": f"{root}/microsoft.syntex/accounts/{name}",
            "ResourceType": "microsoft.syntex/accounts",
            "ResourceLocation": "unknown",
            "MeterId": str(uuid.uuid5(uuid.NAMESPACE_URL, " ".join(names))),
            "UnitOfMeasure": unit,
            "ChargeType": kind,
            "PublisherType": "Azure",
            **dict(zip(_DIMENSIONS, names, strict=True)),
        }

    def _foreign(self, day: int) -> Iterator[Charge]:
        random = np.random.default_rng([self.seed, 22, day])
        for group, names, most in _FOREIGN:
            cost = round(Decimal(float(random.uniform(0.1, 1))) * Decimal(most), 6)
            described = self._describe(group, names, "Usage", "1 GB")
            yield Charge(day, cost, cost * 10, described, {"team": "platform"})


def _delivered(block: DayBlock, begin: int, end: int) -> Mask:
    """Delivered rows that were received from `begin` to before `end`."""
    inside = (block.received >= begin) & (block.received < end)
    return np.asarray(inside & (block.final == DELIVERED))


_HVE_TAGS = {"team": "messaging", "servicetype": "hve"}  # invented


def _draw_terms(seed: int, first_day: int, today: int) -> Terms:
    random = np.random.default_rng([seed, 21])
    lag, share = int(random.integers(8, 49)), int(random.integers(10, 31))
    at = float(random.random())
    credit_day = first_day + int(at * (today - first_day)) if today > first_day else None
    starts, missing = _draw_days(seed, first_day, today, credit_day)
    return Terms(
        lag_hours=lag,
        digits=int(random.choice([4, 6, 8, 15])),
        unit_block=int(random.choice([1, 1_000_000])),
        discount=Decimal(str(random.choice(["0", "0.05", "0.1", "0.125"]))),
        names=_NAMES[int(random.integers(len(_NAMES)))],
        credit_day=credit_day,
        credit_share=Decimal(share) / 100,
        day_starts_at_hours=starts,
        missing_day=missing,
    )


def _draw_days(
    seed: int, first_day: int, today: int, credit_day: int | None
) -> tuple[int, int | None]:
    """Where billing days begin, and the day that is missing once there is enough to see it by."""
    random = np.random.default_rng([seed, 24])
    starts = int(random.choice([0, 0, 8, 7, -1, -9]))
    candidates = [day for day in range(first_day + 2, today - 4) if day != credit_day]
    missing = int(random.choice(candidates)) if len(candidates) > 7 else None
    return starts, missing
