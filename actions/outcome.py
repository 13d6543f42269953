"""How a command ends: the document that it prints, and its exit code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass
class Outcome:
    """What a command tells: a JSON document and an exit code."""

    document: dict[str, Any]
    exit_code: int
