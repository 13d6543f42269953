"""Models stay inside the SQL that DuckDB and Spark read alike."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.engine.sql import FOLDERS, ROOM
from tests.sql_dialect import violations

# What a build runs between the models.
STEPS = sorted((ROOM / "usage" / "steps").glob("*.sql"))
MODELS = [file for folder in FOLDERS for file in sorted((ROOM / folder).glob("*.sql"))]
NAMES = {"table": "first_contacts", "value": "recipient"}

# Each is taken by DuckDB and refused, or answered otherwise, by Spark; the name is what is told.
REFUSED = {
    # functions
    "quantile_cont(x, 0.5)": "percentile_cont",
    "mad(x)": "mad",
    "median(x)": "median",
    "mode(x)": "mode",
    "avg(cost)": "avg",
    "any_value(x)": "any_value",
    "first(x)": "first",
    "last(x)": "last",
    "arg_max(x, y)": "arg_max",
    "arg_min(x, y)": "arg_min",
    "list(x)": "array_agg",
    "string_agg(x, ',')": "group_concat",
    "approx_count_distinct(x)": "approx_distinct",
    "lag(x) over (order by t)": "lag",
    "first_value(x) over (order by t)": "first_value",
    "time_bucket(interval 1 hour, t)": "date_bin",
    "dayofweek(t)": "day_of_week",
    "isodow(t)": "dayofweek_iso",
    "week(t)": "week",
    "extract(dow from t)": "extract(dow)",
    "extract(isodow from t)": "extract(isodow)",
    "extract(second from t)": "extract(second)",
    "extract(epoch from t)": "extract(epoch)",
    "date_part('dow', t)": "date_part",
    "date_trunc('week', t)": "date_trunc('week')",
    "date_diff('hour', t, t)": "datediff",
    "epoch(t)": "time_to_unix",
    "epoch_ms(t)": "unix_to_time",
    "strftime(t, '%Y')": "time_to_str",
    "strptime(x, '%Y')": "str_to_time",
    "now()": "now",
    "current_date": "current_date",
    "list_filter(x, lambda e: e > 1)": "filter",
    "list_contains(x, 1)": "array_contains",
    "struct_pack(a := 1)": "struct",
    "generate_series(1, 2)": "generate_series",
    "hash(x)": "hash",
    "round(x, 2)": "round",
    "length(x)": "length",
    "lower(subject)": "lower without translate(",
    "upper(x)": "upper",
    "trim(x)": "trim",
    "substring(x, 0, 2)": "substring",
    "concat(x, 1)": "concat",
    "regexp_matches(x, 'y')": "regexp_like",
    "regexp_replace(x, 'y', 'z')": "regexp_replace",
    "regexp_extract(x, '^a.*')": "regexp_extract with '.'",
    "regexp_extract(x, 'a$')": "regexp_extract with '$'",
    "regexp_extract(x, '[a-z]\\d')": "regexp_extract with '\\'",
    "regexp_extract(x, '(?i)a')": "regexp_extract with '(?'",
    "regexp_extract(x, y)": "regexp_extract with a computed pattern",
    "split_part(x, '@', -1)": "split_part from the end",
    "split_part(x, '@', 0)": "split_part from the end",
    "starts_with(x, 'a')": "starts_with",
    "md5_number(x)": "md5_number",
    "getvariable('x')": "getvariable",
    # operators
    "x / y": "div",
    "x // y": "intdiv",
    "x % y": "mod",
    "x ** y": "pow",
    "x & y": "bitwiseand",
    "x || y": "dpipe",
    "x[1]": "bracket",
    "x[1:2]": "bracket",
    "x['a']": "bracket",
    "[x, y]": "array",
    "{'a': x}": "struct",
    "x -> '$.a'": "json_extract",
    "x ->> '$.a'": "json_extract_scalar",
    "x ilike 'a%'": "ilike",
    "x glob 'a*'": "glob",
    "x ~ 'a'": "regexp_like",
    "x similar to 'a'": "similarto",
    "x like y": "like with a computed pattern",
    "x like 'a\\_%'": "like with a computed pattern or a backslash",
    "x like 'a$_' escape '$'": "escape",
    "x = any(select y from raw.u)": "any",
    "t at time zone 'Europe/Berlin'": "attimezone",
    # types
    "cast(x as varchar)": "cast to text",
    "x::double": "cast to double",
    "cast(x as timestamp)": "cast to timestamp",
    "timestamp '2026-11-01'": "cast to timestamp",
    "cast(x as time)": "cast to time",
    "cast(x as hugeint)": "cast to int128",
    "cast(x as integer[])": "cast to int[]",
    "try_cast(x as integer)": "try_cast",
    "t + interval 1 month": "interval of month",
    "t + interval 1 second": "interval of second",
    "to_days(x)": "to_days",
    # what stands around
    "columns('a.*')": "columns",
    "* exclude (x)": "select *",
    "* replace (x + 1 as x)": "select *",
    "count(distinct (x, y))": "tuple",
    "sum(x) over (order by t rows between 1 preceding and current row)": "window frame",
}
SELECTS = {
    "select a.x\nfrom raw.a as a\nasof join raw.b as b on a.t >= b.t": (3, "asof join"),
    "select a.x\nfrom raw.a as a\npositional join raw.b as b": (3, "positional join"),
    "select a.x\nfrom raw.a as a\nnatural join raw.b as b": (3, "natural join"),
    "select a.x\nfrom raw.a as a\ninner join raw.b as b using (x)": (3, "join using"),
    "select x\nfrom raw.a\nqualify row_number() over (partition by x order by y) = 1": (
        3,
        "qualify",
    ),
    "select distinct on (x) x, y\nfrom raw.a": (1, "distinct on"),
    "select x\nfrom raw.a\nunion all by name\nselect x\nfrom raw.b": (1, "union by name"),
    "select x\nfrom raw.a\nexcept\nselect x\nfrom raw.b": (1, "except"),
    "select x, count(*) as n\nfrom raw.a\ngroup by all": (1, "group by all"),
    "select x, count(*) as n\nfrom raw.a\ngroup by rollup (x)": (3, "rollup"),
    "select x\nfrom raw.a\norder by x": (3, "order by"),
    "select x\nfrom raw.a\nlimit 5": (1, "limit"),
    "select x\nfrom raw.a\nusing sample 5 rows": (1, "tablesample"),
    "from raw.a": (1, "select *"),
    "select x + 1 as n\nfrom raw.a\nwhere n > 1": (3, "where with the new name n"),
    "select count(distinct x, y) as n\nfrom raw.a": (1, "distinct of several"),
    "with recursive r as (\n    select x from raw.a\n)\nselect x\nfrom r": (1, "recursive"),
    "select x\nfrom range(5) as r (x)": (2, "generate_series"),
    "select x\nfrom read_parquet('a.parquet')": (2, "read_parquet"),
    "pivot raw.a on x using sum(y)": (1, "pivot"),
    "select a.x\nfrom raw.a as a, unnest(a.y) as u (z)": (2, "unnest"),
}


@pytest.mark.parametrize("file", MODELS, ids=lambda file: file.stem)
def test_every_model_is_inside_the_subset(file: Path) -> None:
    assert [str(each) for each in violations(file)] == []


@pytest.mark.parametrize("file", STEPS, ids=lambda file: file.stem)
def test_so_is_every_step_between_the_models(file: Path) -> None:
    assert [str(each) for each in violations(file, NAMES)] == []


@pytest.mark.parametrize(("construct", "named"), REFUSED.items(), ids=REFUSED)
def test_what_differs_is_refused_with_file_and_line(
    tmp_path: Path, construct: str, named: str
) -> None:
    file = tmp_path / "mart.sql"
    column = construct if construct.startswith(("*", "columns")) else f"{construct} as b"
    file.write_text(f"select\n    a,\n    {column}\nfrom raw.t\n")
    found = [str(each) for each in violations(file)]
    assert any(each.startswith(f"mart.sql:3: {named}") for each in found), found


@pytest.mark.parametrize(
    ("sql", "told"), SELECTS.items(), ids=[said for _, said in SELECTS.values()]
)
def test_so_are_selects_that_only_one_engine_reads_so(
    tmp_path: Path, sql: str, told: tuple[int, str]
) -> None:
    file = tmp_path / "mart.sql"
    file.write_text(sql)
    found = {(each.line, each.construct) for each in violations(file)}
    assert told in found, found


def test_what_cannot_be_parsed_is_told(tmp_path: Path) -> None:
    file = tmp_path / "mart.sql"
    file.write_text("select (\nfrom")
    assert "cannot be parsed" in str(violations(file)[0])
