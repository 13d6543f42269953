"""The message trace quota: a first read at a scaled quota, and the steady state of 100 accounts.

python benchmarks/quota.py [--staff 6000]
Bars: the first read takes at most 1.1 × necessary requests ÷ quota and is never refused; 100 quiet
accounts every 15 minutes use at most 25 % of the quota.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from actions.demo import write_configuration
from actions.ingest import ingest
from benchmarks.measure import table
from hve_monitor.config import Config, load_config
from ingest.source import SourceSummary
from simulator import SimulatedTenant, serve

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
REQUESTS, SECONDS = 30, 5.0
STEP = timedelta(minutes=15)
QUOTA_OF_A_STEP = 300  # 100 requests in 5 minutes, three times
Row = tuple[str, ...]


def configured(
    folder: Path, server: object, accounts: str, requests: int, seconds: float
) -> Config:
    """The demo's configuration with other accounts and another quota."""
    file = write_configuration(folder, server)  # type: ignore[arg-type] # a running simulator
    text = file.read_text(encoding="utf-8")
    text = text.replace('accounts = "exchange"', f"accounts = {accounts}")
    text = text.replace("message_trace_requests = 5000", f"message_trace_requests = {requests}")
    text = text.replace(
        "message_trace_window_seconds = 300", f"message_trace_window_seconds = {seconds}"
    )
    file.write_text(text, encoding="utf-8")
    return load_config(file)


def read(config: Config, now: datetime) -> SourceSummary:
    """Requests, refusals and rows of one read of the traces."""
    results = ingest(config, now, lambda *_: None, ["accounts", "message_traces"])
    summary = results[-1].summary()
    if summary.status != "ok":
        raise SystemExit(summary.error)
    return summary


def first_read(staff: int) -> Row:
    """Everything of 90 days, at a quota that a machine can wait for."""
    tenant = SimulatedTenant(
        seed=3, now=NOW, days=90, staff=staff, quota_requests=REQUESTS, quota_window_seconds=SECONDS
    )
    tenant.truth()  # rows are drawn before the clock starts
    with tempfile.TemporaryDirectory() as folder, serve(tenant) as server:
        config = configured(Path(folder), server, '"exchange"', REQUESTS, SECONDS)
        start = time.monotonic()
        summary = read(config, NOW)
        seconds = time.monotonic() - start
    least = summary.requests / REQUESTS * SECONDS
    return (
        f"first read of {summary.rows_read:,} rows",
        f"{summary.requests:,}",
        f"{summary.throttled}",
        f"{seconds:.0f} s for {least:.0f} s of quota: {seconds / least:.2f}",
    )


def steady_state(*, own_domain: bool) -> Row:
    """100 addresses, most of them without any mail, eight runs after the first."""
    options = {"domain_of_accounts": "hve.contoso.com"} if own_domain else {"other_senders": 20}
    tenant = SimulatedTenant(
        seed=3,
        now=NOW,
        days=20,
        staff=60,
        quota_requests=10_000,
        **options,  # type: ignore[arg-type] # the options are mixed
    )
    domain = tenant.accounts[0].primary.rpartition("@")[2]
    sending = [address for account in tenant.accounts for address in account.addresses]
    quiet = [f"quiet{number}@{domain}" for number in range(100 - len(sending))]
    addresses = sending + quiet
    listed = "[" + ", ".join(f'"{address}"' for address in addresses) + "]"
    requests = []
    with tempfile.TemporaryDirectory() as folder, serve(tenant) as server:
        config = configured(Path(folder), server, listed, 10_000, 300)
        for _ in range(10):
            requests.append(read(config, tenant.now).requests)
            tenant.advance(STEP)
    usual = sorted(requests[2:])[len(requests[2:]) // 2]
    where = "a domain of their own" if own_domain else "a domain that people use too"
    return (
        f"100 addresses in {where}",
        f"{usual} a run",
        "0",
        f"{usual / QUOTA_OF_A_STEP:.0%} of quota",
    )


def main() -> None:
    """Prints the three figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--staff", type=int, default=6000)
    staff = parser.parse_args().staff
    rows: list[Row] = [("job", "requests", "refused", "result"), first_read(staff)]
    rows += [steady_state(own_domain=True), steady_state(own_domain=False)]
    print(table(rows))


if __name__ == "__main__":
    main()
