"""Who is behind a pseudonym: one encrypted table, opened with the outside key alone."""

from __future__ import annotations

import base64
from collections.abc import Collection, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from hve_monitor.files import sql
from warehouse.connection import arrow, files_sql
from warehouse.protection.mode import decrypted, encrypted
from warehouse.protection.pseudonyms import Mask
from warehouse.store import Store
from warehouse.tables import IDENTITIES

MISSING = sql(__file__, "identities")
MOST_FILES = 8


def keep_identities(store: Store, tenant: str, people: Mapping[str, str]) -> None:
    """Adds who is behind pseudonyms (pseudonym to address) that the table does not know yet."""
    if store.protection.mode != "pseudonymous" or not people:
        return
    mask = store.mask(tenant)
    fresh = _unknown(store, tenant, list(people))
    rows = [
        {"tenant": tenant, "pseudonym": name, "sealed": _sealed(mask, tenant, name, people[name])}
        for name in fresh
    ]
    store.delta.append(IDENTITIES, pa.Table.from_pylist(rows, schema=IDENTITIES.schema))
    files = store.delta.files(IDENTITIES, tenant)
    if len(files) > MOST_FILES:
        store.delta.replace(IDENTITIES, _read(store, files), tenant)


def identities(store: Store, tenant: str, pseudonyms: Collection[str]) -> dict[str, str]:
    """Addresses by pseudonym, of those that are known."""
    files = store.delta.files(IDENTITIES, tenant)
    if not files or store.protection.mode != "pseudonymous":
        return {}
    mask, names = store.mask(tenant), pa.array(sorted(pseudonyms), pa.string())
    rows = _read(store, files)
    rows = rows.filter(pc.is_in(rows["pseudonym"], value_set=names)).to_pylist()
    opened = {row["pseudonym"]: _opened(mask, tenant, row) for row in rows}
    return {name: address for name, address in opened.items() if address is not None}


def _unknown(store: Store, tenant: str, pseudonyms: list[str]) -> list[str]:
    with store.existing(IDENTITIES, tenant) as connection:
        connection.register("requested", pa.table({"pseudonym": pa.array(pseudonyms, pa.string())}))
        return [row[0] for row in connection.execute(MISSING).fetchall()]


def _read(store: Store, files: list[str]) -> pa.Table:
    with store.compute() as connection:
        return arrow(connection, files_sql(IDENTITIES, files))


def _sealed(mask: Mask, tenant: str, pseudonym: str, address: str) -> str:
    sealed = encrypted(mask.sealing_key, address.encode(), f"{tenant}|{pseudonym}")
    return base64.b64encode(sealed).decode()


def _opened(mask: Mask, tenant: str, row: dict[str, str]) -> str | None:
    sealed = base64.b64decode(row["sealed"])
    address = decrypted(mask.sealing_key, sealed, f"{tenant}|{row['pseudonym']}")
    return address.decode() if address is not None else None
