"""What must outlast the machine, at once: the copy of state.db beside the tables."""

from __future__ import annotations

from pathlib import Path

from warehouse.objects.place import noted_place


def keep_copy(root: Path) -> None:
    """Makes the copy of state.db new, where the store at a root has its tables in an object store.

    What must outlast the machine before the next write to the tables calls for it.
    """
    place = noted_place(root)
    if place is not None and place.is_remote:
        from warehouse.objects.ownership import save_state

        save_state(root)
