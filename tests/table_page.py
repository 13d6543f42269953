"""docs/tables.md, from a published file and its dictionary: `python -m tests.table_page` writes it.

Types come from the file, grain, units and meanings from warehouse.dictionary, where the comments in
the file come from as well.
"""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from models.build import offer_models
from tests.places import ROOT
from warehouse.dictionary import grains, key_of, words
from warehouse.publication import publish
from warehouse.reading import published_connection
from warehouse.store import open_store

PAGE = ROOT / "docs" / "tables.md"
SCHEMAS = {
    "raw": "What was observed, as received: views over Parquet files of this version, or tables",
    "staging": "Views over `raw` with one row for each thing",
    "marts": "What the models computed",
    "reference": "Prices and metering rules that the version was built with",
    "state": "What the pipeline remembers between runs, as it was when the file was published",
}
HEAD = """# Tables of hve.duckdb

Every schema, table and view of the published file, with the meaning of every column. The same
words are comments in the file itself: `select * from duckdb_columns()` shows them, and so do most
clients. `make tables` writes this page; the words stand in `warehouse/dictionary.csv` and, for the
grain of a stored table, in `warehouse/tables/`.

Unknown is null, never 0. Times are UTC. *Business time* is the clock of `--now`, which is the
system clock where nobody sets it. In `state`, times are ISO 8601 texts that sort.
"""


class Column(NamedTuple):
    """One column of a published table (`schema.name`), in the order of the file."""

    table: str
    name: str
    type: str


def published_columns(folder: Path) -> list[Column]:
    """Every column of hve.duckdb, as an empty store publishes it."""
    with open_store(folder / "store", "500MB", 1) as store:
        publish(store, datetime(2026, 11, 24, tzinfo=UTC), offer_models)
        with published_connection(store.root) as connection:
            rows = connection.execute(
                "select schema_name || '.' || table_name, column_name, data_type"
                " from duckdb_columns() where database_name = 'hve' and not internal"
                " order by schema_name, table_name, column_index"
            ).fetchall()
    return [Column(*row) for row in rows]


def render(columns: list[Column]) -> str:
    """The whole page."""
    parts = [HEAD]
    for schema, meaning in SCHEMAS.items():
        parts.append(f"## {schema}\n\n{meaning}.\n")
        tables = dict.fromkeys(c.table for c in columns if c.table.startswith(f"{schema}."))
        parts += [_section(table, [c for c in columns if c.table == table]) for table in tables]
    return "\n".join(parts)


def _section(table: str, columns: list[Column]) -> str:
    lines = [f"### {table}", "", grains()[table], "", "| column | type | unit | meaning |"]
    lines.append("|---|---|---|---|")
    for column in columns:
        unit, meaning = words()[key_of(table, column.name)]
        lines.append(f"| `{column.name}` | {_type(column.type)} | {unit} | {meaning} |")
    return "\n".join(lines) + "\n"


def _type(name: str) -> str:
    return name.lower().replace("timestamp with time zone", "timestamptz").replace('"', "")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        PAGE.write_text(render(published_columns(Path(folder))), encoding="utf-8")
