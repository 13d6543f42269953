"""Every test starts without the caller's configuration, and waits neither for retries nor disks."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
import stamina

TESTS = Path(__file__).parent
MEMORY = Path("/dev/shm")  # noqa: S108 - pytest makes folders of its own in it
ROOM_BYTES = 4 << 30
# Files of about two seconds or more, the longest first (pytest --durations=0). They are begun
# first: begun last, one would run alone while a core waits. `make fast` leaves them out.
LONG_FILES = (
    "scale/test_soak.py",
    "scale/test_shared_store.py",
    "contract/test_crashes.py",
    "unit/stores/test_numbers.py",
    "unit/actions/test_moments.py",
    "unit/actions/test_privacy.py",
    "unit/actions/test_schedule.py",
    "unit/actions/shards/test_commands.py",
    "unit/actions/shards/test_runs.py",
    "contract/test_shards.py",
    "unit/models/overview/test_fleet.py",
    "contract/test_pipeline.py",
    "contract/test_sources.py",
    "contract/test_faults.py",
    "unit/cli/test_isolation.py",
    "unit/models/incidents/test_detect.py",
    "unit/models/marts/test_marts.py",
    "unit/models/test_build.py",
    "unit/models/cost/test_spend.py",
    "contract/test_endless.py",
    "unit/warehouse/objects/test_objects.py",
    "contract/test_privacy.py",
    "contract/send_test/test_send_test.py",
    "contract/test_schedule.py",
    "unit/models/delivery/test_outcomes.py",
    "unit/models/invoice/test_ledger.py",
    "unit/dashboards/overview/test_tenants.py",
    "unit/dashboards/test_states.py",
    "unit/cli/test_main.py",
    "unit/ingest/files/test_imported.py",
    "unit/publish/targets/test_chat.py",
    "unit/ingest/graph/test_odd_answers.py",
    "unit/hve_monitor/test_https.py",
    "unit/hve_monitor/test_smtp.py",
    "unit/ingest/test_http.py",
    "unit/ingest/entra/test_tokens.py",
    "contract/test_alerts.py",
    "unit/models/incidents/walks/test_walk.py",
    "unit/simulator/world/test_invoice.py",
    "contract/test_readiness.py",
    "unit/dashboards/test_hostile.py",
    "unit/models/incidents/walks/test_kept_walks.py",
    "unit/models/incidents/walks/test_midnight.py",
    "unit/dashboards/test_screens.py",
    "unit/dashboards/test_door.py",
    "unit/models/delivery/test_search.py",
    "unit/models/baseline/test_baseline.py",
    "unit/models/incidents/test_overspend.py",
    "unit/benchmarks/test_detect.py",
    "contract/test_delivery.py",
    "unit/publish/targets/test_mail.py",
    "unit/models/readiness/test_board.py",
    "unit/dashboards/session/test_acts.py",
    "unit/ingest/files/formats/test_reading.py",
    "unit/actions/test_feedback.py",
    "unit/models/cost/test_report.py",
    "unit/ingest/files/formats/test_any_content.py",
    "unit/publish/alerts/test_planning.py",
    "unit/cli/test_delivery.py",
    "unit/models/overview/test_health.py",
    "unit/warehouse/test_publication.py",
    "unit/warehouse/maintenance/test_upkeep.py",
    "unit/models/incidents/test_verdicts.py",
    "unit/ingest/test_policies.py",
    "unit/dashboards/test_answers.py",
    "unit/test_arrows.py",
    "unit/publish/exports/test_exports.py",
    "unit/warehouse/records/test_message_traces.py",
    "unit/warehouse/protection/test_words.py",
    "unit/models/usage/test_coverage.py",
    "unit/dashboards/charts/test_spec.py",
    "unit/dashboards/spend/test_reconciliation.py",
    "unit/models/delivery/test_timeline.py",
    "unit/ingest/files/formats/test_containers.py",
    "unit/models/usage/test_usage.py",
    "unit/ingest/graph/test_message_traces.py",
    "unit/simulator/world/test_tenant.py",
    "unit/ingest/powershell/test_collected.py",
    "unit/ingest/graph/test_trace_events.py",
    "unit/warehouse/test_connection.py",
    "unit/models/incidents/volume/test_volume_channels.py",
)


def pytest_configure() -> None:
    """Temporary folders lie in memory where there is room: half of a run waits for the disk."""
    if _has_room():
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


def _has_room() -> bool:
    """Also for scripts: some systems allow no program there."""
    if not MEMORY.is_dir() or not os.access(MEMORY, os.W_OK):
        return False
    may_execute = not os.statvfs(MEMORY).f_flag & os.ST_NOEXEC
    return may_execute and shutil.disk_usage(MEMORY).free > ROOM_BYTES


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks the tests of long files and puts these first."""
    ranks = {TESTS / name: rank for rank, name in enumerate(LONG_FILES)}
    for item in items:
        if item.path in ranks:
            item.add_marker("long")
    items.sort(key=lambda item: ranks.get(item.path, len(ranks)))


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("HVE_")]:
        monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _plain_main(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that a test drew before stays the main module, which a spawned process runs again."""
    monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))


@pytest.fixture(autouse=True)
def _patient_but_quick() -> Iterator[None]:
    """Retries happen as in production, their waiting does not."""
    with stamina.set_testing(True, attempts=10, cap=True):
        yield
