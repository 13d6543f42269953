"""What a source reports after a run: the same shape for all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from hve_monitor.document import Document
from hve_monitor.errors import TEMPORARY, USAGE, HveError

Status = Literal["ok", "partial", "failed"]
Progress = Callable[[str, int, int], None]  # what is being done, step, number of steps


class SourceSummary(Document):
    """One source of the run summary; `error` is null where there was none."""

    source: str
    tenant: str
    requests: int
    throttled: int
    rows_read: int
    rows_new: int
    rows_changed: int
    rows_unchanged: int
    rows_rejected: int
    status: Status
    error: str | None


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
    status: Status = "ok"
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

    def summary(self) -> SourceSummary:
        """What the run summary says of the source."""
        return SourceSummary(
            **{name: getattr(self, name) for name in SourceSummary.__struct_fields__}
        )
