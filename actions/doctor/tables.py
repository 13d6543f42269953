"""The place of the tables, where it is another one than the store's folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from actions.doctor.check import DoctorCheck, check
from hve_monitor.config import Config
from hve_monitor.errors import HveError, LockedError
from warehouse.configured import tables_of
from warehouse.objects.place import TablesPlace

FIX = "see 'Tables in an object store' in docs/scale.md"


def tables_checks(config: Config) -> Iterator[DoctorCheck]:
    """Whether tables can be read and written there, and who has them."""
    warehouse = config.warehouse
    if not warehouse.tables:
        return
    place = TablesPlace(warehouse.tables, warehouse.storage)
    try:
        reason = _unfit(place)
        if reason is None:
            with tables_of(config):
                pass
    except LockedError as error:
        yield check("tables", "warn", str(error), "wait until the other machine has ended")
    except HveError as error:
        yield check("tables", "fail", str(error), FIX)
    else:
        if reason:
            yield check("tables", "fail", f"{place.url}: {reason}", FIX)
        else:
            yield check("tables", "ok", f"{place.url} can be read and written by one at a time")


def _unfit(place: TablesPlace) -> str | None:
    if not place.is_remote:
        return _unfit_folder(Path(place.url))
    from warehouse.objects.probe import unfit

    return unfit(place.opened)


def _unfit_folder(folder: Path) -> str | None:
    probe = folder / ".probe"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.write_text("x", encoding="utf-8")
        probe.unlink()
    except OSError as error:
        return f"cannot be written ({error.strerror})"
    return None
