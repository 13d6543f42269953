"""The SQL subset that means the same on DuckDB and Spark; everything else is refused.

Only constructs whose results were compared on both engines are allowed. Others fail loudly on one
of them (quantile_cont, time_bucket), or, worse, say something else in silence (dayofweek,
date_diff in hours, epoch).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, SqlglotError

ALLOWED: tuple[type[exp.Expression], ...] = (
    exp.And,
    exp.AnyValue,
    exp.ArgMax,
    exp.ArgMin,
    exp.Avg,
    exp.Case,
    exp.Cast,
    exp.Coalesce,
    exp.Count,
    exp.CountIf,
    exp.Exists,
    exp.Explode,
    exp.Extract,
    exp.Greatest,
    exp.If,
    exp.Least,
    exp.Lower,
    exp.MD5,
    exp.Max,
    exp.Median,
    exp.Min,
    exp.Or,
    exp.RegexpExtract,
    exp.RowNumber,
    exp.SplitPart,
    exp.Sum,
    exp.TimestampTrunc,
    exp.Unnest,
)
# `dow` and `isodow` count from another day on each engine.
EXTRACTED = {"YEAR", "MONTH", "DAY", "HOUR", "MINUTE"}
FORBIDDEN_JOINS = {"ASOF", "POSITIONAL"}


@dataclass(frozen=True)
class Violation:
    """A construct outside the subset, with its place."""

    file: str
    line: int
    construct: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.construct} is outside the DuckDB/Spark subset"


def violations(file: Path) -> list[Violation]:
    """Everything in a .sql file that may mean something else on Spark, in order of lines."""
    sql = file.read_text(encoding="utf-8")
    try:
        tree = sqlglot.parse_one(sql, read="duckdb")
        sqlglot.transpile(sql, "duckdb", "spark", unsupported_level=sqlglot.ErrorLevel.RAISE)
    except ParseError as error:
        line = error.errors[0].get("line") if error.errors else None
        return [Violation(file.name, line or 1, "what cannot be parsed")]
    except SqlglotError as error:
        return [Violation(file.name, 1, str(error))]
    found = [Violation(file.name, _line(node), name) for node, name in _outside(tree)]
    return sorted(found, key=lambda each: (each.line, each.construct))


def _outside(tree: exp.Expr) -> Iterator[tuple[exp.Expr, str]]:
    for node in tree.walk():
        if isinstance(node, exp.Extract):
            part = str(node.this).upper()
            if part not in EXTRACTED:
                yield node, f"extract({part.lower()})"
        elif isinstance(node, exp.Join) and node.method.upper() in FORBIDDEN_JOINS:
            yield node, f"{node.method.lower()} join"
        elif isinstance(node, exp.Func) and not isinstance(node, ALLOWED):
            yield node, node.name if isinstance(node, exp.Anonymous) else node.sql_name().lower()


def _line(node: exp.Expr) -> int:
    """Line of the node, or of the first name inside it."""
    for each in (node, *node.find_all(exp.Identifier)):
        if "line" in each.meta:
            return int(each.meta["line"])
    return 1
