"""The answers of `hve cost` and `hve whatif` (CONTRACT.md, JSON).

Money is Decimal in the document's currency, exact unless a docstring names its rounding; None is
unknown. Months are YYYY-MM, days are UTC. A range has a low and a high end.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TypeAlias

from msgspec import UNSET, UnsetType, field

from hve_monitor.document import Document
from models.forecast.backtest import Backtest
from models.invoice.documents import (
    DayReconciliation,
    InvoiceBridge,
    InvoicedMonth,
    MonthReconciliation,
)
from models.usage.corrections import Correction
from models.usage.coverage import CoverageReport

ALONE = 9  # groups that stand alone; the rest are others
Range: TypeAlias = tuple[Decimal | None, Decimal | None]


class KnownPart(Document, kw_only=True):
    """What is counted of some days, and what that costs; None where nothing is known.

    unknown_recipients: rows without a delivery status. range: the cost if none and if all of them
    are charged. unread_days: days of which something was not read, so that there may be more.
    """

    billable_recipients: int | None
    cost: Decimal | None
    unknown_recipients: int = 0
    unread_days: int = 0
    range: Range = (None, None)


class MonthEnd(Document):
    """The projected cost of the month, by which method, from so many days of history.

    month_end: from the known part. p80 and p95 hold whatever the unknown recipients cost. range:
    month_end if none and if all of them are charged.
    """

    method: str
    month_end: Decimal | None
    p80: Range | None
    p95: Range | None
    history_days: int
    range: Range


class QuarterCost(KnownPart, kw_only=True):
    """Cost of the quarter that holds the month (YYYY-Qn): so far, and projected to its end.

    quarter_end_range: quarter_end if none and if all of the unknown recipients are charged.
    """

    quarter: str
    quarter_end: Decimal | None
    quarter_end_range: Range
    p80: Range
    p95: Range


class ScenarioMonth(Document):
    """A month of a scenario."""

    month: str
    cost: Decimal | None
    p80: Range


class Scenario(Document):
    """Twelve months, if something goes on: flat, recent_trend or planned_changes."""

    scenario: str
    months: list[ScenarioMonth]


class AccountCost(Document):
    """An account's month: spent so far, and projected to its end.

    tenant: whose account it is, null where only plans know it. Of one name in several tenants there
    is a line for each.
    unknown_recipients, unread_days and range: those of month_to_date, as in KnownPart.
    method: what month_end is projected from, or why it is not known.
    """

    account: str
    tenant: str | None
    billable_recipients: int | None
    month_to_date: Decimal | None
    month_end: Decimal | None
    p80: Range
    unknown_recipients: int
    unread_days: int
    range: Range
    method: str


class BudgetThreshold(Document):
    """The day on which a part of a budget was passed, or is expected to be, with its 80 % range.

    may_be_passed: whether it is passed already if every unknown recipient is charged.
    """

    amount: Decimal
    passed_on: date | None
    passes_on_expected: date | None
    p80_from: date | None
    p80_to: date | None
    threshold: float
    may_be_passed: bool


class BudgetStatus(Document):
    """How much of a budget is used in its period, and when its amount will be passed.

    The period is the one that holds the month, from its first to its last day. used: the known
    part, with unknown_recipients, unread_days and range as in KnownPart. expected: the cost at the
    end of the period with everything that is announced, its range if none and if all of the unknown
    recipients are charged, and its 80 % range. covers_all: whether it is about every account of the
    report.
    """

    name: str
    period: str
    first: date = field(name="from")
    last: date = field(name="to")
    covers_all: bool
    amount: Decimal
    used: Decimal | None
    used_ratio: float | None
    unknown_recipients: int
    unread_days: int
    range: Range
    expected: Decimal | None
    expected_range: Range
    p80: Range
    thresholds_passed: list[float]
    thresholds: list[BudgetThreshold]
    passed_on: date | None
    passes_on_expected: date | None
    p80_from: date | None
    p80_to: date | None
    may_be_passed: bool

    @property
    def passing_day(self) -> date | None:
        """When it was passed, or else is expected to be; None where the period ends before."""
        return self.passed_on or self.passes_on_expected


class PricePart(KnownPart, kw_only=True):
    """Days `first` to `last` of a month that share a price; it is null where tenants differ."""

    first: date = field(name="from")
    last: date = field(name="to")
    unit_price: Decimal | None


class Metering(Document):
    """Which delivery statuses are charged on a day, and which of the rules nobody documents."""

    day_utc: date
    billable_statuses: list[str]
    unverified_statuses: list[str]


class UnitEconomics(KnownPart, kw_only=True):
    """Mail and its cost over all accounts; costs of a message and of 1,000 to a millionth.

    They are of the known part, and null where some recipients are unknown.
    """

    messages: int | None
    cost_per_message: Decimal | None
    cost_per_1000_recipients: Decimal | None
    incident_recipients: int
    incident_cost: Decimal | None


class CenterCost(UnitEconomics, kw_only=True):
    """The same for the accounts of a cost center; of those without one it is null."""

    cost_center: str | None
    owner: str | None
    accounts: list[str]


class ClosedMonth(Document):
    """When a tenant's month was frozen, and its days that were not settled then."""

    tenant: str
    closed_at: datetime
    open_days: list[date]


class Restatement(Document):
    """What differs from a frozen month: of an account, of the estimate or of the invoice."""

    what: str
    account: str | None
    closed: Decimal | None
    now: Decimal | None
    difference: Decimal


class MonthCost(Document):
    """A month's cost from traces: to date, projected, by account, against budgets."""

    month: str
    currency: str
    unit_price: Decimal | None
    month_to_date: KnownPart
    projection: MonthEnd
    quarter: QuarterCost | None
    next_12_months: list[Scenario]
    by_account: list[AccountCost]
    budgets: list[BudgetStatus]


class GroupMonth(KnownPart, kw_only=True):
    """What is counted of a group in a month (YYYY-MM)."""

    month: str


class GroupMonths(Document):
    """A group's months, oldest first, and the last one beside that before it.

    name: an account, a cost center (null: accounts that have none) or a tenant; of others and of
    the total null. tenant: of an account. members: groups in it. difference and ratio (of the month
    before): null where either month is not wholly known, ratio also where nothing was before.
    """

    name: str | None
    tenant: str | None
    members: int
    months: list[GroupMonth]
    difference: Decimal | None
    ratio: float | None

    @property
    def known(self) -> Decimal:
        """What is known of all its months."""
        return sum((month.cost or Decimal(0) for month in self.months), Decimal(0))


class MonthsBeside(Document):
    """Months beside each other, oldest first; the groups with the highest known cost come first.

    others: the sum of the groups after the ninth, null without. until: the last day of the last
    month that is counted.
    """

    by: str
    currency: str
    months: list[str]
    until: date
    groups: list[GroupMonths]
    others: GroupMonths | None
    total: GroupMonths

    @property
    def alone(self) -> list[GroupMonths]:
        """The groups that are no others."""
        return self.groups[:ALONE]


class GroupDay(KnownPart, kw_only=True):
    """What is counted of a group on a UTC day."""

    day_utc: date


class GroupDays(Document):
    """The days of one group in a month, until today, and their sum."""

    by: str
    name: str | None
    currency: str
    month: str
    days: list[GroupDay]
    total: KnownPart


class CostReport(MonthCost):
    """The same beside Azure's amounts, with showback and closing: what `hve cost` prints."""

    reconciliation: list[DayReconciliation]
    metering: Metering
    rounding: str
    price_parts: list[PricePart]
    corrections: list[Correction]
    reconciliation_months: list[MonthReconciliation]
    invoice: InvoicedMonth | None
    invoice_bridge: InvoiceBridge | None
    by_cost_center: list[CenterCost]
    unit_economics: UnitEconomics
    coverage: CoverageReport
    closed: list[ClosedMonth] | None
    restatements: list[Restatement]
    backtest: Backtest | UnsetType = UNSET
    months: MonthsBeside | UnsetType = UNSET
    days: GroupDays | UnsetType = UNSET


class MonthlyChange(Document):
    """What a change that goes on costs in an average month of the year."""

    sends: float
    recipients: int
    cost: Decimal | None


class ChangeMonth(Document):
    """A month of the change."""

    month: str
    sends: int
    recipients: int
    cost: Decimal | None


class ChangeTotal(Document):
    """The sum of the months that are shown."""

    sends: int
    recipients: int
    cost: Decimal | None


class ChangeMessages(Document):
    """Messages of one send, and on average of a month (null: once), with and without a list."""

    recipients_per_message: int
    per_send: int
    per_month: int | None
    one_list: int


class ChangedPeriod(Document):
    """A budget's period: its cost without the change, and with it.

    usual: what is expected at the end of the period without the change: spent, to come and
    announced, as in BudgetStatus. added: the sends inside the period. range: together if none and
    if all of the unknown recipients are charged. passes: whether it is the change that makes the
    budget pass its amount. passes_without: whether the amount is passed without it already, on
    passed_on, or expected to be.
    """

    first: date = field(name="from")
    last: date = field(name="to")
    spent: Decimal | None
    usual: Decimal | None
    added: Decimal | None
    together: Decimal | None
    range: Range
    used_ratio_before: float | None
    used_ratio_after: float | None
    passes: bool | None
    passes_without: bool | None
    passed_on: date | None


class ChangedBudget(ChangedPeriod, kw_only=True):
    """The period of a budget that holds the first send; next: the one after it, if it goes on."""

    name: str
    period: str
    amount: Decimal
    next: ChangedPeriod | None


class ChangeCost(Document):
    """What a planned change costs, by month and in all, and what it does to budgets.

    unit_price is that of the first send. every is day, week, month, or null where the change
    happens once, without per_month then. months are the first twelve that have sends. Money is
    rounded to a millionth: averages over a year have no exact amount. It is null where the
    currency has no price, and what needs the usual level where no day is known.
    """

    account: str
    currency: str
    unit_price: Decimal | None
    recipients_per_send: int
    sends: int
    every: str | None
    first: date = field(name="from")
    last: date | None = field(name="until")
    cost_per_send: Decimal | None
    per_month: MonthlyChange | None
    months: list[ChangeMonth]
    total: ChangeTotal
    messages: ChangeMessages
    budgets: list[ChangedBudget]
