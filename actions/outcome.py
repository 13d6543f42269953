"""How a command ends: the document that it prints, and its exit code."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar

from hve_monitor.document import Document

D = TypeVar("D")


@dataclass
class Outcome(Generic[D]):
    """A document (CONTRACT.md, JSON), its exit code, and shards that brought nothing to it."""

    document: D
    exit_code: int
    failed_shards: list[ShardFailure] = field(default_factory=list)


class ShardFailure(Document):
    """A shard that brought nothing, and why; the others went on."""

    shard: str
    error: str
