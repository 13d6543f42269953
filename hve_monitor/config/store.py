"""The store: where it lies, what it keeps and for how long, and what it writes for others."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from hve_monitor.config.section import FILE, OPTIONS, PLACE, Section
from hve_monitor.files import URL

# Signs that are the same in addresses and names, whoever reads them; no step that leads up, and
# none that reads like a partition of a table.
ADDRESS = re.compile(
    r"(s3a?|gs|az|adl|abfss?)://[A-Za-z0-9][\w.@-]*(/(?!tenant=|day=|\.{1,2}(/|$))[\w.=-]+)*/?",
    re.ASCII,
)
SECRET = re.compile(
    "secret|password|sas|token|account_key|access_key(?!_id)|master_key|customer_key|encryption_key"
)
SHARDS = "shards"  # the folder below warehouse.path that holds those with a name
SIGNED_IN = re.compile(r"://[^/?#]*@|[?&](sig|token|key)=", re.IGNORECASE)  # a secret in an address


class Warehouse(Section):
    """Where everything the pipeline stores lives, and what DuckDB may use."""

    path: Path = Path("data/local")
    tables: Annotated[str, PLACE] = ""
    storage: Annotated[dict[str, str], OPTIONS] = {}
    memory_limit: Annotated[str, Field(pattern=r"^\d+(\.\d+)?\s*[KMGT]i?B$")] = "4GB"
    threads: Annotated[int, Field(ge=1)] | None = None

    @field_validator("tables")
    @classmethod
    def _is_a_place(cls, value: str) -> str:
        if URL.match(value) and not ADDRESS.fullmatch(value):
            # What somebody wrote there may hold a secret: it is not repeated.
            raise ValueError(
                "is no place for tables; write a folder, or s3://bucket/folder,"
                " abfss://container@account.dfs.core.windows.net/folder, gs://bucket/folder,"
                " and no steps like tenant=… or day=…"
            )
        return value.rstrip("/") if URL.match(value) or not value else str(Path(value).absolute())

    @field_validator("storage", mode="before")
    @classmethod
    def _in_texts(cls, value: object) -> object:
        """TOML has truths and numbers of its own; names are the same in capitals."""
        if not isinstance(value, dict):
            return value
        texts = {str(name).lower(): item for name, item in value.items()}
        return {
            name: str(item).lower() if isinstance(item, bool | int) else item
            for name, item in texts.items()
        }

    @field_validator("storage")
    @classmethod
    def _by_reference(cls, value: dict[str, str]) -> dict[str, str]:
        for name, text in value.items():
            if name.startswith("allow_invalid") or name.endswith("skip_signature"):
                raise ValueError(f"{name}: certificates and signatures are always checked")
            is_secret = SECRET.search(name) or SIGNED_IN.search(text)
            if is_secret and not name.endswith(("_file", "_env")):
                raise ValueError(
                    f"{name}: is a secret; name the file that holds it ({name}_file), or the"
                    f" variable ({name}_env)"
                )
        return value

    @model_validator(mode="after")
    def _storage_of_an_address(self) -> Warehouse:
        if self.storage and not URL.match(self.tables):
            raise ValueError("storage: is for tables in an object store; tables names none")
        return self

    def of_shard(self, name: str) -> Warehouse:
        """Where the store of a shard lies: below the whole one, its tables below all tables."""
        if not name:
            return self
        tables = self.tables and f"{self.tables}/{SHARDS}/{name}"
        return self.model_copy(update={"path": self.path / SHARDS / name, "tables": tables})


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

    def of_shard(self, name: str, whole: Path, store: Path) -> ScheduledExport:
        """Where a shard writes: below the folder, or at its place in the shard's own store.

        whole: warehouse.path, whose retention also drops files that lie in it.
        """
        if self.folder is None:
            return self
        folder = self.folder.absolute()
        if folder.is_relative_to(whole.absolute()):
            return self.model_copy(update={"folder": store / folder.relative_to(whole.absolute())})
        return self.model_copy(update={"folder": self.folder / name})


class Metrics(Section):
    """Where the run leaves its metrics; `listen` is host:port, read by `hve run --every`."""

    textfile: Path | None = None
    listen: Annotated[str, Field(pattern=r"^(\S+:\d{1,5})?$")] = ""
