"""What a source reports after a run: the same shape for all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from hve_monitor.errors import TEMPORARY, HveError

Progress = Callable[[str, int, int], None]  # what is being done, step, number of steps


@dataclass
class SourceResult:
    """One source's share of the run summary; `status` says whether it is complete."""

    source: str
    tenant: str
    requests: int = 0
    throttled: int = 0
    rows_read: int = 0
    rows_new: int = 0
    rows_changed: int = 0
    rows_unchanged: int = 0
    rows_rejected: int = 0
    status: Literal["ok", "partial", "failed"] = "ok"
    error: str | None = None
    temporary: bool = False
    optional: bool = False  # a missing permission is told, but the run counts as complete

    def note(self, error: HveError) -> None:
        """Keeps the first error; what was read before it stays, so the source is partial."""
        self.status = "partial" if self.rows_read else "failed"
        self.error = self.error or str(error)
        self.temporary = self.temporary or error.exit_code == TEMPORARY

    def summary(self) -> dict[str, Any]:
        """The JSON of the run summary."""
        return {
            name: value
            for name, value in asdict(self).items()
            if name not in ("temporary", "optional")
        }
