"""Whose cost it is, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # texts of commands use these words as well
    from models.cost.documents import GroupMonths

NO_CENTER = "no cost center"


def group_name(by: str, row: GroupMonths) -> str:
    """The name of a group; accounts that no cost center pays for have none."""
    return row.name or (NO_CENTER if by == "cost_center" else "unknown")
