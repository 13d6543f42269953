"""The SQL subset that means the same on DuckDB and Spark; everything else is refused.

Only what was compared on both engines is allowed (tests/scale/test_constructs.py). The rest fails
on one of them (list indexing, quantile_cont), or, worse, says something else in silence: integer
division, any_value, averages of money, timestamps without a zone, dayofweek, epoch.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, SqlglotError

ALLOWED: frozenset[type[exp.Expr]] = frozenset(
    {
        # the frame of a select
        exp.Alias,
        exp.CTE,
        exp.Column,
        exp.Distinct,
        exp.From,
        exp.Group,
        exp.Having,
        exp.Identifier,
        exp.Join,
        exp.Order,
        exp.Ordered,
        exp.Paren,
        exp.Placeholder,
        exp.Select,
        exp.Star,
        exp.Subquery,
        exp.Table,
        exp.TableAlias,
        exp.Union,
        exp.Var,
        exp.Where,
        exp.With,
        # values and types
        exp.Boolean,
        exp.Cast,
        exp.DataType,
        exp.DataTypeParam,
        exp.Interval,
        exp.Literal,
        exp.Neg,
        exp.Null,
        # comparisons and logic
        exp.And,
        exp.Between,
        exp.EQ,
        exp.Exists,
        exp.GT,
        exp.GTE,
        exp.In,
        exp.Is,
        exp.LT,
        exp.LTE,
        exp.Like,
        exp.NEQ,
        exp.Not,
        exp.NullSafeEQ,
        exp.NullSafeNEQ,
        exp.Or,
        # arithmetic and functions of one row
        exp.Add,
        exp.Case,
        exp.Coalesce,
        exp.Explode,
        exp.Extract,
        exp.Greatest,
        exp.If,
        exp.Least,
        exp.Lower,
        exp.MD5,
        exp.Mul,
        exp.RegexpExtract,
        exp.SplitPart,
        exp.Sub,
        exp.TimestampTrunc,
        exp.Translate,
        # functions of many rows
        exp.Count,
        exp.CountIf,
        exp.Filter,
        exp.Max,
        exp.Min,
        exp.RowNumber,
        exp.Sum,
        exp.Window,
    }
)
UNITS = {"YEAR", "MONTH", "DAY", "HOUR", "MINUTE"}
STEPS = {"DAY", "DAYS", "HOUR", "HOURS", "MINUTE", "MINUTES"}
TYPES = {"BIGINT", "INT", "DATE", "DECIMAL", "TIMESTAMPTZ", "BOOLEAN"}
# Java's `.` and `$` know other line ends than RE2's; escapes and groups with ? differ too.
UNLIKE = re.compile(r"[.$\\]|\(\?")
FOLDED = ["İΣς", "iσσ"]
CLASSES = re.compile(r"\[[^\]\\]*\]")


@dataclass(frozen=True)
class Violation:
    """A construct outside the subset, with its place."""

    file: str
    line: int
    construct: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.construct} is outside the DuckDB/Spark subset"


def violations(file: Path, names: Mapping[str, str] | None = None) -> list[Violation]:
    """Everything in a .sql file that may mean something else on Spark, in order of lines.

    names: what the file's {placeholders} stand for, in a template.
    """
    sql = file.read_text(encoding="utf-8")
    sql = sql.format(**names) if names else sql
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
        if type(node) not in ALLOWED:
            yield node, _name(node)
        elif said := CHECKS.get(type(node), _fine)(node):
            yield node, said


def _name(node: exp.Expr) -> str:
    if isinstance(node, exp.Anonymous):
        return node.name.lower()
    return node.sql_name().lower() if isinstance(node, exp.Func) else type(node).__name__.lower()


def _fine(_: exp.Expr) -> str | None:
    return None


def _cast(node: exp.Expr) -> str | None:
    """Text of times and numbers is written otherwise; without a zone a time is another instant."""
    kind: exp.DataType = node.args["to"]
    name = kind.this.value if isinstance(kind.this, exp.DType) else str(kind.this)
    return None if name in TYPES else f"cast to {kind.sql('duckdb').lower()}"


def _extract(node: exp.Expr) -> str | None:
    """`dow` and `isodow` count from another day, seconds are whole on one engine alone."""
    part = str(node.this).upper()
    return None if part in UNITS else f"extract({part.lower()})"


def _trunc(node: exp.Expr) -> str | None:
    unit = node.text("unit").upper()
    return None if unit in UNITS else f"date_trunc('{unit.lower()}')"


def _interval(node: exp.Expr) -> str | None:
    unit = node.text("unit").upper()
    return None if unit in STEPS else f"interval of {unit.lower() or 'no unit'}"


def _star(node: exp.Expr) -> str | None:
    """Columns by position change with the files; `exclude` and `replace` are DuckDB's alone."""
    return None if isinstance(node.parent, exp.Count) else "select *"


def _join(node: exp.Expr) -> str | None:
    if node.text("method"):
        return f"{node.text('method').lower()} join"
    return "join using" if node.args.get("using") else None


def _union(node: exp.Expr) -> str | None:
    return "union by name" if node.args.get("by_name") else None


def _distinct(node: exp.Expr) -> str | None:
    """`distinct on` keeps any row; of several columns Spark counts no row with a null."""
    if node.args.get("on"):
        return "distinct on"
    return "distinct of several" if len(node.expressions) > 1 else None


def _group(node: exp.Expr) -> str | None:
    return "group by all" if node.args.get("all") else None


def _order(node: exp.Expr) -> str | None:
    return None if isinstance(node.parent, exp.Window) else "order by"


def _window(node: exp.Expr) -> str | None:
    return "window frame" if node.args.get("spec") else None


def _with(node: exp.Expr) -> str | None:
    return "recursive" if node.args.get("recursive") else None


def _like(node: exp.Expr) -> str | None:
    """Spark takes a backslash for an escape."""
    pattern = node.expression
    plain = isinstance(pattern, exp.Literal) and "\\" not in pattern.name
    return None if plain else "like with a computed pattern or a backslash"


def _lower(node: exp.Expr) -> str | None:
    """İ and the last Σ of a word have another small letter on each engine; statuses are ASCII."""
    inner = node.this
    folded = isinstance(inner, exp.Translate) and [each.name for each in inner.args.values()][1:]
    is_status = isinstance(inner, exp.Column) and inner.name == "status"
    return None if is_status or folded == FOLDED else "lower without translate(…, 'İΣς', 'iσσ')"


def _regexp(node: exp.Expr) -> str | None:
    pattern = node.expression
    if not isinstance(pattern, exp.Literal):
        return "regexp_extract with a computed pattern"
    found = UNLIKE.search(CLASSES.sub("", pattern.name))
    return f"regexp_extract with '{found[0]}'" if found else None


def _split(node: exp.Expr) -> str | None:
    part = node.args["part_index"]
    plain = isinstance(part, exp.Literal) and part.is_int and int(part.name) > 0
    return None if plain else "split_part from the end"


def _where(node: exp.Expr) -> str | None:
    """DuckDB knows a select's own new names in its `where`, Spark does not."""
    select = node.parent
    if not isinstance(select, exp.Select):
        return None
    made = {each.alias for each in select.selects if isinstance(each, exp.Alias)}
    own = [each.name for each in node.find_all(exp.Column) if not each.table]
    taken = sorted(made & set(own))
    return f"where with the new name {taken[0]}" if taken else None


CHECKS: dict[type[exp.Expr], Callable[[exp.Expr], str | None]] = {
    exp.Cast: _cast,
    exp.Distinct: _distinct,
    exp.Extract: _extract,
    exp.Group: _group,
    exp.Interval: _interval,
    exp.Join: _join,
    exp.Like: _like,
    exp.Lower: _lower,
    exp.Order: _order,
    exp.RegexpExtract: _regexp,
    exp.SplitPart: _split,
    exp.Star: _star,
    exp.TimestampTrunc: _trunc,
    exp.Union: _union,
    exp.Where: _where,
    exp.Window: _window,
    exp.With: _with,
}


def _line(node: exp.Expr) -> int:
    """Line of the node, of the first name inside it, or of what stands around it."""
    around: exp.Expr | None = node
    while around is not None:
        for each in (around, *around.find_all(exp.Identifier)):
            if "line" in each.meta:
                return int(each.meta["line"])
        around = around.parent
    return 1
