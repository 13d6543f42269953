"""A month of scheduled runs through faults of all kinds at once ends in the tenant's truth.

Between the runs clocks jump, processes die, files are damaged, state.db is lost and put back from a
backup, Exchange lists only some accounts, and the services disturb every third request. A run that
calls itself complete shows the truth; whatever else is shown is reported as incomplete.
"""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from actions.outcome import Outcome
from actions.run import RunSummary, run_once
from actions.verify import examine_store
from hve_monitor.clock import iso
from hve_monitor.config import Config, load_config
from hve_monitor.errors import ClockError, ConfigError, HveError, StoreError
from tests.contract.conftest import Site, quiet
from tests.contract.conftest import make_site as make_site  # noqa: PLC0414 - a fixture used here
from tests.contract.test_pipeline import truth, usage
from tests.forked import code_of, start_hve
from tests.simulated import Faults
from warehouse.configured import store_of
from warehouse.maintenance.backup import back_up, restore

pytestmark = pytest.mark.scale
STEP, STEPS, SEED = timedelta(hours=6), 120, 19
THIRD = Faults(rate_429=0.1, rate_503=0.1, rate_reset=0.05, rate_truncated=0.05, seed=SEED)


class Month:
    """A tenant, its store, and what befalls both."""

    def __init__(self, site: Site) -> None:
        self.site, self.config = site, load_config(site.file)
        self.random = random.Random(SEED)  # noqa: S311 - the same month every time
        self.befallen: Counter[str] = Counter()
        self.saved: Path | None = None
        self.all_accounts = site.tenant.visible_accounts

    @property
    def root(self) -> Path:
        return self.config.warehouse.path

    def run(self, ahead: timedelta = timedelta()) -> Outcome[RunSummary] | None:
        """One run; None when it was refused. What it shows as complete up to now is the truth."""
        now = self.site.tenant.now + ahead
        try:
            outcome = run_once(self.config, now, quiet)
        except (StoreError, ClockError, ConfigError) as error:
            self.befallen[f"refused: {type(error).__name__}"] += 1
            return None
        if not ahead and outcome.exit_code == 0 and outcome.document.coverage.complete:
            assert usage(self.config, now) == truth(self.site)
        return outcome

    def befall(self) -> None:
        """One of the faults, by chance."""
        faults: list[Callable[[], None]] = [
            self.nothing, self.services, self.clock_ahead, self.clock_years_ahead, self.clock_back,
            self.killed, self.damaged, self.short_list, self.saved_now, self.lost_state,
        ]  # fmt: skip
        fault = self.random.choice(faults)
        self.befallen[fault.__name__] += 1
        fault()

    def nothing(self) -> None:
        self.run()

    def services(self) -> None:
        self.site.tenant.faults = THIRD
        self.run()
        self.site.tenant.faults = Faults()

    def clock_ahead(self) -> None:
        outcome = self.run(timedelta(hours=self.random.randint(9, 40)))
        assert outcome is None or outcome.document.coverage.complete is False

    def clock_years_ahead(self) -> None:
        self.run(timedelta(days=1500))

    def clock_back(self) -> None:
        self.run(timedelta(hours=-9))

    def killed(self) -> None:
        arguments = ("run", "--config", str(self.site.file), "--now", iso(self.site.tenant.now))
        code_of(start_hve(*arguments), self.random.uniform(0.0, 4.5))

    def damaged(self) -> None:
        """A data file or a log entry loses its end; the operator looks and repairs."""
        kinds = ("facts/*/tenant=*/day=*/*.parquet", "facts/message_traces/_delta_log/*.json")
        files = sorted(self.root.glob(self.random.choice(kinds)))
        if files:
            victim = files[-1] if files[0].suffix == ".json" else self.random.choice(files)
            victim.write_bytes(victim.read_bytes()[:-20])
            examine_store(self.config, repair=True)
        self.run()

    def short_list(self) -> None:
        with self.listing(1):
            self.run()

    @contextmanager
    def listing(self, count: int) -> Iterator[None]:
        self.site.tenant.visible_accounts = lambda: self.all_accounts()[:count]  # type: ignore[method-assign] # for a while
        yield
        self.site.tenant.visible_accounts = self.all_accounts  # type: ignore[method-assign] # as before

    def saved_now(self) -> None:
        self.saved = self.site.folder / f"saved-{sum(self.befallen.values())}"
        with store_of(self.config) as store:
            back_up(store, self.saved)

    def lost_state(self) -> None:
        """state.db is gone: nothing runs until a backup is put back, or the rest is accepted."""
        if not (self.root / "facts/message_traces").exists():
            return
        for file in self.root.glob("state.db*"):
            file.unlink()
        assert self.run() is None
        if self.saved is None:
            examine_store(self.config, repair=True)
        else:
            aside = restore(self.saved, self.root, replaces=True).kept_aside
            shutil.rmtree(str(aside))


def test_a_month_of_faults_ends_in_the_truth(make_site: Callable[..., Site]) -> None:
    month = Month(make_site(staff=25, days=14, ahead=STEP * STEPS + timedelta(days=1)))
    assert month.run() is not None
    for _ in range(STEPS):
        month.site.tenant.advance(STEP)
        month.befall()
    for _ in range(3):
        outcome = last_run(month.config, month)
    assert outcome.exit_code == 0, outcome.document.sources
    assert outcome.document.coverage.complete is True
    assert usage(month.config, month.site.tenant.now) == truth(month.site)
    assert examine_store(month.config, repair=False).exit_code == 0
    assert min(month.befallen[name] for name in ("clock_ahead", "killed", "lost_state")) > 3


def last_run(config: Config, month: Month) -> Outcome[RunSummary]:
    """A run without faults, after the operator has repaired what the store says is wrong."""
    try:
        return run_once(config, month.site.tenant.now, quiet)
    except HveError:
        examine_store(config, repair=True)
        return run_once(config, month.site.tenant.now, quiet)
