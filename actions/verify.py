"""Whether the store is sound, as a document and an exit code."""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from actions.outcome import Outcome, ShardFailure
from hve_monitor.config import Config
from hve_monitor.document import Document
from hve_monitor.errors import DONE, INCOMPLETE
from warehouse.configured import store_of
from warehouse.maintenance.backup import still
from warehouse.maintenance.recovery import recover
from warehouse.maintenance.verification import CheckResult, set_aside, verify


class StoreState(Document):
    """What `hve verify` looked at, and the files that a repair set aside."""

    findings: list[CheckResult]
    repaired: list[str]
    failed_shards: list[ShardFailure] | UnsetType = UNSET


def examine_store(config: Config, *, repair: bool) -> Outcome[StoreState]:
    """Findings, and with `repair` what follows from the files that were set aside.

    Raises: LockedError when a run holds the store that is to be repaired.
    """
    repaired: list[str] = []
    with store_of(config, is_checked=False) as store:
        findings, damages = verify(store)
        if repair:
            with still(store):
                repaired = recover(store)
                damages = damages if not repaired else verify(store)[1]
                repaired += set_aside(store, damages) if damages else []
    is_bad = any(finding.status == "fail" for finding in findings)
    document = StoreState(findings=findings, repaired=repaired)
    return Outcome(document, INCOMPLETE if is_bad else DONE)
