"""One thing that the doctor examined."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Check:
    """One thing examined; `fix` is empty when nothing is wrong."""

    check: str
    status: Literal["ok", "warn", "fail"]
    detail: str
    fix: str = ""
    tenant: str | None = None
