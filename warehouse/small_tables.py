"""Small tables: rows of state.db in the types of their declared columns.

What belongs together commits together: a transaction of state.db may hold rows of several.
"""

from __future__ import annotations

import pyarrow as pa

from warehouse.state import State
from warehouse.tables import SMALL_TABLES, SmallTable
from warehouse.tables.cells import cell_of, typed


class SmallTables:
    """The small tables of a store, for reading and writing in the thread that opened it."""

    def __init__(self, state: State) -> None:
        """Makes what is missing; where nobody may write, in the copy in memory alone."""
        self._state = state
        with state.made_writable():
            for table in SMALL_TABLES:
                state.connection.executescript(table.definition)

    def rows(self, table: SmallTable, tenant: str | None = None) -> pa.Table:
        """The rows in the order in which they were written; tenant: None means all."""
        query = f"select {', '.join(table.schema.names)} from {table.name}"
        where, values = ("", []) if tenant is None else (" where tenant = ?", [tenant])
        cells = self._state.connection.execute(f"{query}{where} order by rowid", values).fetchall()
        if not cells:
            return table.schema.empty_table()
        arrays = map(typed, zip(*cells, strict=True), table.schema.types)
        return pa.table(list(arrays), schema=table.schema)

    def append(self, table: SmallTable, rows: pa.Table) -> None:
        """Adds rows, all or none."""
        if rows.num_rows:
            with self._state.transaction():
                self.insert(table, rows)

    def replace(self, table: SmallTable, rows: pa.Table, tenant: str) -> None:
        """Puts rows in the place of all rows of the tenant."""
        with self._state.transaction():
            self._state.connection.execute(f"delete from {table.name} where tenant = ?", [tenant])
            self.insert(table, rows)

    def insert(self, table: SmallTable, rows: pa.Table) -> None:
        """Adds rows within the transaction of the caller."""
        names = table.schema.names
        places = ", ".join("?" * len(names))
        columns = [
            list(map(cell_of, column.to_pylist()))
            for column in rows.select(names).cast(table.schema).columns
        ]
        self._state.connection.executemany(
            f"insert into {table.name} ({', '.join(names)}) values ({places})",
            zip(*columns, strict=True),
        )
