"""Runs the .sql models: one file is one select, ordered by the tables it reads.

A model reads raw.*, staging.*, steps.*, marts.*, kept.* and reference.*; staging models become
views, steps tables of a build, marts tables that the caller stores. Queries read live.* too:
verdicts and plans since the last publication (warehouse.delta.live).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import duckdb

from warehouse.connection import Row

ROOM = Path(__file__).parents[1]
SCHEMAS = ("raw", "staging", "steps", "marts", "stored", "kept", "reference", "state")
FOLDERS = ("staging", "steps", "marts")
LIVE = "live"


@dataclass(frozen=True)
class Model:
    """One .sql file; `name` is schema-qualified, `reads` what it selects from."""

    name: str
    sql: str
    reads: frozenset[str]

    @property
    def is_mart(self) -> bool:
        """Whether the result is stored."""
        return self.name.startswith("marts.")

    @property
    def is_step(self) -> bool:
        """Whether it is computed once in a build, for marts that read it."""
        return self.name.startswith("steps.")

    @property
    def is_view(self) -> bool:
        """Whether readers select from it too."""
        return self.name.startswith("staging.")


@cache
def models() -> tuple[Model, ...]:
    """Every model of staging/, steps/ and marts/, each after what it reads."""
    by_name = {model.name: model for folder in FOLDERS for model in _folder(folder)}
    order = TopologicalSorter({name: model.reads & set(by_name) for name, model in by_name.items()})
    return tuple(by_name[name] for name in order.static_order())


@cache
def version() -> str:
    """Another text whenever a model is another one."""
    texts = "\n".join(model.sql for model in models())
    return hashlib.sha256(texts.encode()).hexdigest()[:16]


def steps_of(name: str) -> list[Model]:
    """Steps that a model is made from, each after what it reads."""
    needed, todo = set[str](), [name]
    while todo:
        read = {other for other in model(todo.pop()).reads if other.startswith("steps.")}
        todo += read - needed
        needed |= read
    return [step for step in models() if step.name in needed]


def model(name: str) -> Model:
    """The model of that qualified name."""
    return next(model for model in models() if model.name == name)


def records(
    connection: duckdb.DuckDBPyConnection, sql: str, parameters: Mapping[str, object]
) -> list[Row]:
    """The result as one dict per row."""
    result = connection.execute(sql, parameters)
    names = [column[0] for column in result.description or []]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Makes the schemas."""
    for schema in SCHEMAS:
        connection.execute(f"create schema if not exists {schema}")


def create(connection: duckdb.DuckDBPyConnection, model: Model) -> None:
    """Creates the model in the connection: a view for staging, else a table."""
    kind = "view" if model.is_view else "table"
    connection.execute(f"create or replace {kind} {model.name} as {model.sql}")


def _folder(folder: str) -> list[Model]:
    read = []
    for file in sorted((ROOM / folder).glob("*.sql")):
        sql = file.read_text(encoding="utf-8")
        name = f"{folder}.{file.stem}"
        read.append(Model(name, sql, frozenset(_tables(sql)) - {name}))
    return read


def _tables(sql: str) -> set[str]:
    """Qualified names that the select reads; an alias that comes back with a name is cut."""
    return {name.split(" ")[0] for name in duckdb.get_table_names(sql, qualified=True)}
