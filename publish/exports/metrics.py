"""Metrics of the published version, as OpenMetrics text: a textfile, or an endpoint.

Every metric is a gauge, so that the file means the same to a Prometheus textfile collector as to an
OpenMetrics parser. Labels hold tenants, budgets and sources, never an address. Unknown is left out,
never 0.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeAlias

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.openmetrics.exposition import generate_latest
from prometheus_client.registry import Collector
from prometheus_client.samples import Sample

from hve_monitor.config import Config
from hve_monitor.errors import ConfigError, HveError, StoreError
from hve_monitor.files import SHARED, write_text
from models.cost.spend import spend
from models.engine.sql import records
from models.incidents.cards import IncidentCard, incident_cards
from models.overview.reads import TenantRead, last_reads
from models.usage.coverage import coverage_report
from models.usage.usage import usage_sums
from warehouse.reading import Published, read_published
from warehouse.state import State, open_state

# What is unknown stands beside the known part of the counts by status.
COUNTS = (
    "messages",
    "recipients",
    "delivered",
    "failed",
    "billable_recipients",
    "unknown_recipients",
)
# A projection takes longer than a scraper likes to wait, and nothing changes between two runs.
KEPT_SECONDS = 30.0
Reading: TypeAlias = tuple[list[str], object]  # labels and a number, None where unknown
SEVERITIES = ("high", "medium", "low")


@dataclass(eq=False)
class StoreMetrics(Collector):
    """Reads the published version, at most every half minute. `clock` returns business time."""

    config: Config
    clock: Callable[[], datetime]
    kept: tuple[GaugeMetricFamily, ...] = ()
    kept_until: float = 0.0

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Every metric; before the first run there is none but `hve_up`."""
        if time.monotonic() >= self.kept_until:
            self.kept = tuple(self._read())
            self.kept_until = time.monotonic() + KEPT_SECONDS
        return self.kept

    def _read(self) -> Iterator[GaugeMetricFamily]:
        try:
            metrics = list(self._collected(self.clock()))
        except HveError:
            metrics = []
        yield _gauge("hve_up", "whether the store can be read", [], [([], 1 if metrics else 0)])
        yield from metrics

    def _collected(self, now: datetime) -> Iterator[GaugeMetricFamily]:
        with read_published(self.config.warehouse.path, now) as published:
            yield from _usage(published)
            yield from self._coverage(published)
            yield from _incidents(published)
        yield from self._costs(now)
        yield from self._state()

    def _coverage(self, published: Published) -> Iterator[GaugeMetricFamily]:
        reports = [
            (tenant.name, coverage_report(published.of(tenant.name)))
            for tenant in self.config.served
            if tenant.accounts != "files"
        ]
        gaps = [([name], len(report.gaps)) for name, report in reports]
        complete = [([name], int(bool(report.complete))) for name, report in reports]
        yield _gauge("hve_coverage_gaps", "windows that were not read", ["tenant"], gaps)
        yield _gauge("hve_coverage_complete", "1 when no gap is known", ["tenant"], complete)
        ages = {
            read.tenant: _age(read, published.now) for read in last_reads(self.config, published)
        }
        meaning = "since the last successful reading"
        of_each: list[Reading] = [([name], age) for name, age in ages.items()]
        yield _gauge("hve_tenant_data_age_seconds", meaning, ["tenant"], of_each)
        oldest = max(ages.values(), default=math.inf)
        meaning += ", of the tenant that was read longest ago"
        yield _gauge("hve_data_age_seconds", meaning, [], [([], oldest)])

    def _state(self) -> Iterator[GaugeMetricFamily]:
        """What the published version cannot know: it is older than the end of its own run."""
        with open_state(self.config.warehouse.path) as state:
            yield from _runs(state)
            yield from self._quota(state)

    def _quota(self, state: State) -> Iterator[GaugeMetricFamily]:
        limits = self.config.limits
        since = time.time() - limits.message_trace_window_seconds
        used = [
            ([tenant.name], len(state.quota_use(tenant.name, since)))
            for tenant in self.config.served
            if tenant.accounts != "files"
        ]
        meaning = "trace requests in the running window"
        yield _gauge("hve_quota_used_requests", meaning, ["tenant"], used)
        limit = limits.message_trace_requests * limits.share
        yield _gauge("hve_quota_limit_requests", "our share of the quota", [], [([], limit)])

    def _costs(self, now: datetime) -> Iterator[GaugeMetricFamily]:
        cost, expected, budgets, ahead = [], [], [], []
        for tenant in self.config.served:
            report = spend(self.config, now, tenant.name)
            labels = [tenant.name, report.currency]
            cost.append((labels, report.month_to_date.cost))
            expected.append((labels, report.projection.month_end))
            for budget in report.budgets:
                names = [tenant.name, budget.name, budget.period]
                budgets.append((names, budget.used_ratio))
                ahead.append((names, budget.expected and budget.expected / budget.amount))
        both = ["tenant", "currency"]
        yield _gauge("hve_cost_month_to_date", "estimate from traces, not the invoice", both, cost)
        yield _gauge("hve_cost_month_end_expected", "projection of the month", both, expected)
        labels = ["tenant", "budget", "period"]
        yield _gauge("hve_budget_used_ratio", "part of the budget that is used", labels, budgets)
        meaning = "part of the budget that is expected to be used at its end"
        yield _gauge("hve_budget_expected_ratio", meaning, labels, ahead)


@dataclass(eq=False)
class ShardMetrics(Collector):
    """The metrics of several stores; what names no tenant is told apart by the label shard."""

    stores: Mapping[str, StoreMetrics]

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Every metric, with the samples of all shards."""
        families: dict[str, GaugeMetricFamily] = {}
        for shard, store in self.stores.items():
            for part in store.collect():
                whole = GaugeMetricFamily(part.name, part.documentation)
                families.setdefault(part.name, whole).samples += _of_shard(part, shard)
        return families.values()


def _of_shard(family: GaugeMetricFamily, shard: str) -> list[Sample]:
    return [
        sample
        if "tenant" in sample.labels
        else sample._replace(labels=sample.labels | {"shard": shard})
        for sample in family.samples
    ]


def _age(read: TenantRead, now: datetime) -> float:
    """Seconds; infinite where nothing was ever read."""
    return math.inf if read.read_at is None else (now - read.read_at).total_seconds()


def text(config: Config, now: datetime) -> str:
    """All metrics at a business time, ending with `# EOF`."""
    encoded: bytes = generate_latest(_registry(config, lambda: now))  # type: ignore[no-untyped-call] # the library's
    return encoded.decode()


def write(config: Config, now: datetime, path: Path) -> None:
    """Replaces the textfile at once. Raises: StoreError when it cannot be written."""
    document = text(config, now)
    try:
        write_text(path, document, SHARED)
    except ConfigError as error:
        raise StoreError(f"{error}; check --out") from None


@contextmanager
def served(config: Config, clock: Callable[[], datetime]) -> Iterator[int | None]:
    """Answers scrapes at `metrics.listen` while the block runs; its port, None without one."""
    if not config.metrics.listen:
        yield None
        return
    host, _, port = config.metrics.listen.rpartition(":")
    try:
        server, thread = start_http_server(int(port), host, _registry(config, clock))
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or "no such port"
        raise ConfigError(f"metrics.listen: {config.metrics.listen}: {reason}") from None
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _registry(config: Config, clock: Callable[[], datetime]) -> CollectorRegistry:
    registry = CollectorRegistry(auto_describe=False)
    stores = {shard: StoreMetrics(config.of_shard(shard), clock) for shard in config.shards}
    registry.register(ShardMetrics(stores) if config.is_sharded else StoreMetrics(config, clock))
    return registry


def _runs(state: State) -> Iterator[GaugeMetricFamily]:
    last = state.recent_runs(1)
    if not last:
        return
    started, finished, summary = last[0]
    seconds = (finished - started).total_seconds()
    ended: list[Reading] = [([], finished.timestamp())]
    yield _gauge("hve_last_run_timestamp_seconds", "when it ended, real time", [], ended)
    yield _gauge("hve_last_run_duration_seconds", "how long it took", [], [([], seconds)])
    states = [
        ([source["tenant"], source["source"]], int(source["status"] == "ok"))
        for source in summary.get("sources", [])
    ]
    yield _gauge("hve_source_ok", "1 when the last run read it", ["tenant", "source"], states)
    alerts = summary.get("alerts", {})
    waiting = [([name], alerts[name]) for name in ("held", "due", "given_up") if name in alerts]
    yield _gauge("hve_alerts_waiting", "alerts that are not out", ["state"], waiting)


def _usage(published: Published) -> Iterator[GaugeMetricFamily]:
    month = published.now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    rows = usage_sums(published, ["tenant"], since=month)
    for name in COUNTS:
        samples = [([str(row["tenant"])], row[name]) for row in rows]
        yield _gauge(f"hve_{name}_month_to_date", "count of the UTC month", ["tenant"], samples)


def _incidents(published: Published) -> Iterator[GaugeMetricFamily]:
    cards = incident_cards(published, since=published.now - timedelta(days=30))
    tenants = {
        row["tenant"]
        for row in records(published.connection, "select tenant from state.tenants", {})
    }
    names = sorted(tenants | {card.tenant for card in cards})
    for gauge, meaning, status in (
        ("hve_incidents_open", "open incidents", "open"),
        ("hve_incidents_unjudged", "ended in 30 days, and nobody judged them", "ended"),
    ):
        samples = [
            ([tenant, severity], _number(cards, tenant, severity, status))
            for tenant in names
            for severity in SEVERITIES
        ]
        yield _gauge(gauge, meaning, ["tenant", "severity"], samples)


def _number(cards: Sequence[IncidentCard], tenant: str, severity: str, status: str) -> int:
    counted = (tenant, severity, status)
    return sum((card.tenant, card.severity, card.status) == counted for card in cards)


def _gauge(
    name: str, meaning: str, labels: list[str], samples: Iterable[Reading]
) -> GaugeMetricFamily:
    """A gauge without the samples that are unknown."""
    family = GaugeMetricFamily(name, meaning, labels=labels)
    for values, number in samples:
        if number is not None:
            family.add_metric(values, float(str(number)))
    return family
