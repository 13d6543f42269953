"""The store: where it lies, what it keeps and for how long, and what it writes for others."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from hve_monitor.config.section import FILE, Section


class Warehouse(Section):
    """Where everything the pipeline stores lives, and what DuckDB may use."""

    path: Path = Path("data/local")
    memory_limit: Annotated[str, Field(pattern=r"^\d+(\.\d+)?\s*[KMGT]i?B$")] = "4GB"
    threads: Annotated[int, Field(ge=1)] | None = None


class Spark(Section):
    """How `--engine spark` runs; an empty text leaves the choice to Spark's surroundings."""

    master: str = ""
    location: str = ""
    settings: dict[str, str] = {}


class Privacy(Section):
    """Which personal data the store may hold."""

    mode: Literal["full", "pseudonymous", "aggregate"] = "full"
    key_file: Annotated[str, FILE] = ""
    subjects: Literal["keep", "hash", "drop"] = "keep"

    @property
    def kept_subjects(self) -> Literal["keep", "hash", "drop"]:
        """How subjects are kept: never in words in pseudonymous mode, never in aggregate mode."""
        if self.mode == "aggregate":
            return "drop"
        return "hash" if self.mode == "pseudonymous" and self.subjects == "keep" else self.subjects

    @property
    def needs_key(self) -> bool:
        """Whether something is kept that only a key outside the store may open or repeat."""
        return self.mode == "pseudonymous" or self.kept_subjects == "hash"


class Retention(Section):
    """How long rows are kept."""

    facts_days: Annotated[int, Field(ge=1)] = 400
    marts_days: Annotated[int, Field(ge=1)] = 1200


class ScheduledExport(Section):
    """Files that the end of every run writes for others."""

    folder: Path | None = None
    formats: tuple[Literal["focus", "csv", "showback"], ...] = ("focus",)


class Metrics(Section):
    """Where the run leaves its metrics; `listen` is host:port, read by `hve run --every`."""

    textfile: Path | None = None
    listen: Annotated[str, Field(pattern=r"^(\S+:\d{1,5})?$")] = ""
