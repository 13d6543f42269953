"""Whether two stores hold the same marts: they must not depend on who computes them."""

from __future__ import annotations

from pathlib import Path

from warehouse.connection import compute, files_sql
from warehouse.store import open_store
from warehouse.tables import TABLES, Table

MARTS = tuple(table for table in TABLES if table.room == "marts")


def rows_of(root: Path, table: Table) -> int:
    """How many rows a store holds of a table."""
    return _count(f"from ({_rows(root, table)})", root)


def different_rows(ours: Path, theirs: Path) -> dict[str, int]:
    """Rows that only one of two neighbouring stores holds, by table; nothing where all agree.

    A batch is a number in the order of writing. Sums of floats depend on the order of their rows.
    """
    counts = {}
    for table in MARTS:
        one, other = (_rows(root, table) for root in (ours, theirs))
        both = f"from (({one} except all {other}) union all ({other} except all {one}))"
        counts[table.name] = _count(both, ours)
    return {name: count for name, count in counts.items() if count}


def _rows(root: Path, table: Table) -> str:
    columns = ", ".join(
        f"round({field.name}, 7) as {field.name}" if str(field.type) == "double" else field.name
        for field in table.schema
        if field.name != "batch"
    )
    with open_store(root) as store:
        return f"select {columns} from ({files_sql(table, store.delta.files(table))})"


def _count(source: str, root: Path) -> int:
    with compute(root.parent / "spill") as connection:  # both stores lie beside it
        rows = connection.execute(f"select count(*) {source}").fetchall()
    return int(rows[0][0])
