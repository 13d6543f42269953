"""The side on which a store keeps its tables."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from warehouse.delta.disk import Disk
from warehouse.delta.side import Side
from warehouse.objects.place import TablesPlace, noted_place


def side_of(root: Path) -> Side:
    """That of the store at a root. Raises: HveError where it cannot be reached."""
    return side_at(root, noted_place(root))


def side_at(root: Path, place: TablesPlace | None) -> Side:
    """That at a place, for the store at a root."""
    if place is None:
        return Disk(root)
    if not place.is_remote:
        return Disk(Path(place.url))
    from warehouse.delta.objects import Objects
    from warehouse.objects.ownership import confirm

    return Objects(place.opened, partial(confirm, root))
