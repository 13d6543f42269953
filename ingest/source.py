"""What a source reports after a run: the same shape for all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from hve_monitor.errors import TEMPORARY, USAGE, HveError

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
    temporary: bool = False  # every error so far may pass by itself
    misconfigured: bool = False  # an error that only the administrator can mend
    optional: bool = False  # a missing permission is reported, but the run counts as complete

    def note(self, error: HveError) -> None:
        """Keeps the first error and what kind of trouble there was."""
        passing = error.exit_code == TEMPORARY
        self.temporary = passing and (self.temporary or self.error is None)
        self.misconfigured = self.misconfigured or error.exit_code == USAGE
        self.error = self.error or str(error)
        self.settle()

    def settle(self) -> None:
        """With an error: partial when something was read, failed when nothing was."""
        if self.error is not None:
            self.status = "partial" if self.rows_read else "failed"

    def summary(self) -> dict[str, Any]:
        """The JSON of the run summary."""
        return {
            name: value
            for name, value in asdict(self).items()
            if name not in ("temporary", "misconfigured", "optional")
        }
