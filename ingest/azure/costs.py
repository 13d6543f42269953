"""What Azure bills: daily cost rows of the configured scopes, by service, meter and resource group.

Azure refreshes every 4 hours and asks for few calls, so a scope is read at most that often, month
by month: longer answers have been cut short. Costs that are stored and that an answer lacks
altogether are kept and reported. How HVE rows look is not documented: all rows of the scope are
kept, and `azure_cost.filter` marks the HVE ones once somebody has seen them.
Source: Azure Cost Management, Query - Usage.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from hve_monitor.clock import midnight
from hve_monitor.errors import HveError, SourceContractError, SourceUnavailable
from ingest.azure.cost_query import GROUPS, CostQuery
from ingest.http import Api
from ingest.outcome import finish
from ingest.source import SourceResult
from warehouse.records.costs import (
    Cost,
    CostRange,
    Mark,
    newest_costs,
    record_costs,
    unanswered,
)
from warehouse.records.coverage import covered_windows, record_coverage
from warehouse.store import Store
from warehouse.windows import Window, whole_second

SOURCE = "azure_costs"
PERMISSION = "role Cost Management Reader for the application on the scope of tenants.azure_scopes"
FRESH_FOR = timedelta(hours=4)
ONE_DAY = timedelta(days=1)


def ingest_azure_costs(
    store: Store,
    tenant: str,
    api: Api,
    scopes: Sequence[str],
    hve_filter: Mapping[str, str],
    now: datetime,
    requested: Window | None = None,
    *,
    forced: bool = False,
) -> SourceResult:
    """Reads this month and the last, or the requested days, of every scope that is not fresh."""
    reader = CostReader(store, tenant, api, hve_filter, now)
    for scope in scopes:
        if requested is None and not forced and reader.is_fresh(scope):
            continue
        try:
            reader.read(scope, requested)
        except HveError as error:
            reader.result.note(error)
            if isinstance(error, SourceUnavailable):
                break
    reader.mark_anew()
    reader.report_missing()
    return finish(reader.result, api)


@dataclass
class CostReader:
    """Reads scopes of one tenant and keeps what changed."""

    store: Store
    tenant: str
    api: Api
    hve_filter: Mapping[str, str]
    now: datetime
    result: SourceResult = field(init=False)
    _missing: list[Cost] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self.result = SourceResult(SOURCE, self.tenant)

    def is_fresh(self, scope: str) -> bool:
        """Whether the scope was read since Azure's last refresh."""
        read = covered_windows(self.store.state, self.tenant, SOURCE, scope)
        return bool(read) and self.now - read[-1].end < FRESH_FOR

    def read(self, scope: str, requested: Window | None) -> None:
        """Reads and stores the days of a scope, then notes that they were read.

        Raises: SourceContractError, AuthError, SourceUnavailable.
        """
        period = requested or Window(_last_month(self.now), self.now)
        last = min(period.end, self.now)
        for part in parts(scope, period.start.date(), last.date()):
            # An answer without content says no more than one without rows.
            costs = CostQuery(self.api, part, self._groups()).costs() or []
            known = newest_costs(self.store, self.tenant)
            self._missing += unanswered(known, costs, [part]).values()
            self._keep(costs, [part])
        if midnight(period.start) < last:
            window = Window(midnight(period.start), whole_second(last))
            record_coverage(self.store.state, self.tenant, SOURCE, scope, window)

    def mark_anew(self) -> None:
        """Gives stored rows the mark of today's filter."""
        self._keep([], [])

    def report_missing(self) -> None:
        """Notes what is stored and was not answered: the source is partial then."""
        if not self._missing:
            return
        is_first = self.result.error is None
        days = sorted({cost.day for cost in self._missing})
        scopes = ", ".join(sorted({cost.scope for cost in self._missing}))
        self.result.note(
            SourceContractError(
                f"Azure costs of {scopes}: the answer lacks costs that are stored, on"
                f" {len(days)} days from {days[0]} to {days[-1]}; they are kept as they were"
            )
        )
        if is_first:
            self.result.status = "partial"  # it was answered, if with no row at all

    def _keep(self, costs: Sequence[Cost], read: Sequence[CostRange]) -> None:
        new, changed, unchanged = record_costs(
            self.store, self.tenant, costs, read, hve_mark(self.hve_filter), self.now
        )
        self.result.rows_read += new + changed + unchanged
        self.result.rows_new += new
        self.result.rows_changed += changed
        self.result.rows_unchanged += unchanged

    def _groups(self) -> tuple[str, ...]:
        """The usual columns and those of the filter."""
        usual = {name.lower() for name in (*GROUPS, "ResourceGroup")}
        return (*GROUPS, *(name for name in self.hve_filter if name.lower() not in usual))


def hve_mark(hve_filter: Mapping[str, str]) -> Mark:
    """Says of a row's columns whether they are HVE: null without a filter or without its column.

    Case does not matter: Azure spells resource groups now one way, now the other.
    """
    filter_values = {_plain(name): value.lower() for name, value in hve_filter.items()}

    def mark(group: Mapping[str, str | None]) -> bool | None:
        values = {_plain(name): (value or "").lower() for name, value in group.items()}
        if not filter_values or not filter_values.keys() <= values.keys():
            return None
        return all(values[name] == value for name, value in filter_values.items())

    return mark


def _plain(name: str) -> str:
    """A column's name in lower case; ResourceGroup and ResourceGroupName are the same."""
    return "resourcegroup" if name.lower() == "resourcegroupname" else name.lower()


def parts(scope: str, first: date, last: date) -> list[CostRange]:
    """The days by calendar month."""
    ranges = []
    while first <= last:
        next_month = (first.replace(day=1) + timedelta(days=32)).replace(day=1)
        end = min(last, next_month - ONE_DAY)
        ranges.append(CostRange(scope, first, end))
        first = end + ONE_DAY
    return ranges


def _last_month(now: datetime) -> datetime:
    """Start of the month before the present one."""
    return (midnight(now).replace(day=1) - ONE_DAY).replace(day=1)
