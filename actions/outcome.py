"""How a command ends: the document that it prints, and its exit code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from hve_monitor.document import Document

D = TypeVar("D")


@dataclass
class Outcome(Generic[D]):
    """A document (CONTRACT.md, JSON) and the exit code that goes with it."""

    document: D
    exit_code: int


class ShardFailure(Document):
    """A shard that brought nothing, and why; the others went on."""

    shard: str
    error: str
