"""What the lint allows says the same on both engines, also of nulls, blanks and other letters."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from models.build import DUCKDB
from models.engine.spark import SparkEngine
from models.engine.workplace import Workplace
from tests.sql_dialect import violations
from warehouse.store import Store, open_store
from warehouse.tables.table import UTC_TIME

pytestmark = [
    pytest.mark.scale,
    # pyspark leaves the socket open that its rows came through.
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
]

# Two rows of each word, so that groups, orders and windows have something to do.
WORDS = (
    "t1.contoso",
    "hr@contoso.com",
    "it's",
    "",
    "a\nb",
    "ΟΔΟΣ 7",
    "İSTANBUL",
    "ẞ straße",
    "🙂@x@y",
    "b\\d 50% _",
    None,
)
TIMES = ("2026-10-25T00:59:59.999999", "2024-02-29T23:15:00", "1969-12-31T23:59:59.5", None)
OF_ONE_ROW = (
    "word = 'it''s'",
    "word <> ''",
    "word < 'b'",
    "word between 'a' and 'i'",
    "word is distinct from ''",
    "word is not distinct from null",
    "word in ('', 'a')",
    "word not in ('', 'a')",
    "word like '%@%'",
    "word like 'b_d 50% %'",
    "word not like 'i%'",
    "coalesce(word, 'none')",
    "lower(translate(word, 'İΣς', 'iσσ'))",
    "md5(word)",
    "split_part(word, '@', 2)",
    "split_part(word, '@', 4)",
    "regexp_extract(word, '^[a-z]+[0-9]*')",
    "regexp_extract(word, '([a-z]+)[@](x|contoso)', 2)",
    "regexp_extract(word, '[^0-9]*')",
    "extract(year from moment)",
    "extract(month from moment)",
    "extract(day from moment)",
    "extract(hour from moment)",
    "extract(minute from moment)",
    "date_trunc('minute', moment)",
    "date_trunc('hour', moment)",
    "date_trunc('day', moment)",
    "date_trunc('month', moment)",
    "date_trunc('year', moment)",
    "moment + interval 7 days",
    "moment - interval 90 minutes",
    "moment < timestamptz '2026-10-25 00:00:00+00'",
    "cast(moment as date)",
    "day >= date '2026-01-01'",
    "cast(amount * n as decimal(28, 9))",
    "cast(amount as decimal(28, 9)) * n",
    "cast(amount as decimal(12, 2))",
    "amount + amount - cast(0.1 as decimal(18, 9))",
    "-n * 3 + 1",
    "greatest(n, 3)",
    "least(n, null, 3)",
    "case when flag then n when not flag then -n end",
    "case n when 1 then 'one' else 'more' end",
    "flag and n > 3 or flag is null",
    "exists (select 1 from raw.sample as s where s.n = sample.n + 1)",
    "n in (select s.n + 1 from raw.sample as s)",
    "row_number() over (partition by flag order by word desc, n)",
    "row_number() over (order by moment, n)",
    "row_number() over (order by amount desc, n desc)",
    "min(moment) over (partition by flag)",
    "sum(n) over (partition by flag order by n)",
    "count(*) over (partition by word)",
)
OF_MANY_ROWS = (
    "count(*)",
    "count(word)",
    "count(distinct word)",
    "count_if(n > 3)",
    "count(*) filter (where flag)",
    "sum(n)",
    "sum(n) filter (where n > 1000)",
    "sum(amount)",
    "min(word)",
    "max(word)",
    "min(moment)",
    "max(day)",
)
SELECTS = (
    "select s.n, o.word from raw.sample as s left join raw.sample as o on o.n = s.n + 3",
    "select s.n from raw.sample as s semi join raw.sample as o on o.word = s.word and o.n > s.n",
    "select s.n from raw.sample as s anti join raw.sample as o on o.word = s.word and o.n > s.n",
    "select s.n, o.n as m from raw.sample as s full join raw.sample as o on o.n = s.n + 4",
    "select n, unnest(words) as word from raw.sample",
    "select distinct flag, day from raw.sample",
    "select flag from raw.sample union select flag from raw.sample",
    "select flag from raw.sample union all select flag from raw.sample",
    "select flag as other, count(*) as rows from raw.sample group by 1",
    "select flag, count(*) as n from raw.sample group by flag having count(*) > 3",
    "with big as (select n from raw.sample where n > 3) select count(*) as n from big",
    "select n, '\\n' as text, 'a''b' as quote from raw.sample where word = 'b\\d 50% _'",
)


def sample() -> pa.Table:
    rows = range(2 * len(WORDS))
    times = pa.array([TIMES[i % len(TIMES)] for i in rows]).cast(pa.timestamp("us"))
    amounts = [Decimal("0.000042") * (i - 3) if i % 5 else None for i in rows]
    return pa.table(
        {
            "n": pa.array(list(rows), pa.int64()),
            "word": pa.array([WORDS[i % len(WORDS)] for i in rows]),
            "amount": pa.array(amounts, pa.decimal128(18, 9)),
            "moment": times.cast(UTC_TIME),
            "day": times.cast(pa.date32(), safe=False),
            "flag": pa.array([None if i % 3 == 0 else i % 3 == 1 for i in rows]),
            "words": pa.array([[WORDS[i % len(WORDS)]] * (i % 3) if i % 4 else None for i in rows]),
        }
    )


@pytest.fixture(scope="module")
def places(
    spark: SparkEngine, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Workplace, Workplace]]:
    """A workplace of each engine with the same raw.sample."""
    root: Path = tmp_path_factory.mktemp("constructs")
    with open_store(root / "store") as store:
        yield from _opened(store, spark)


def _opened(store: Store, spark: SparkEngine) -> Iterator[tuple[Workplace, Workplace]]:
    with DUCKDB.workplace(store) as ours, spark.workplace(store) as theirs:
        for place in (ours, theirs):
            place.offer_rows("raw.sample", sample())
        yield ours, theirs


def answers(place: Workplace, sql: str) -> list[tuple[Any, ...]]:
    found = place.rows(sql).to_pylist()
    return sorted((tuple(row.values()) for row in found), key=repr)


def compare(places: tuple[Workplace, Workplace], sql: str, folder: Path) -> None:
    file = folder / "mart.sql"
    file.write_text(sql, encoding="utf-8")
    assert [str(each) for each in violations(file)] == []
    ours, theirs = (answers(place, sql) for place in places)
    assert ours == theirs
    assert ours


@pytest.mark.parametrize("construct", OF_ONE_ROW)
def test_of_one_row(places: tuple[Workplace, Workplace], construct: str, tmp_path: Path) -> None:
    compare(places, f"select n, {construct} as answer from raw.sample", tmp_path)


@pytest.mark.parametrize("construct", OF_MANY_ROWS)
def test_of_many_rows(places: tuple[Workplace, Workplace], construct: str, tmp_path: Path) -> None:
    compare(places, f"select flag, {construct} as answer from raw.sample group by flag", tmp_path)


@pytest.mark.parametrize("sql", SELECTS)
def test_of_selects(places: tuple[Workplace, Workplace], sql: str, tmp_path: Path) -> None:
    compare(places, sql, tmp_path)
