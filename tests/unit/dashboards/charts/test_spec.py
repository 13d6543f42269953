"""Charts as specifications: built once for the same numbers, whoever asks, with Arrow tables."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import altair as alt
import pandas as pd
import pyarrow as pa

from dashboards.parts.spec import kept_spec

BUILT: list[int] = []


@kept_spec
def bars(rows: pd.DataFrame, height: int = 100) -> Any:
    BUILT.append(height)
    chart = alt.Chart(rows).mark_bar().encode(x="day:T", y="value:Q")
    return alt.layer(chart, chart.mark_line()).properties(height=height)


def rows(value: float) -> pd.DataFrame:
    days = pd.to_datetime(["2026-11-01", "2026-11-02"], utc=True)
    return pd.DataFrame({"day": days, "value": [value, value + 1]})


def test_the_same_numbers_are_built_once_and_others_anew() -> None:
    BUILT.clear()
    first = bars(rows(1.0))
    first.pop("datasets")  # as Streamlit does with what it is given
    assert bars(rows(1.0))["datasets"]
    assert BUILT == [100]
    assert bars(rows(2.0)) != bars(rows(1.0))
    assert bars(rows(1.0), height=50)["height"] == 50
    assert BUILT == [100, 100, 50]


def test_tables_are_whole_and_times_stay_utc() -> None:
    spec = bars(rows(3.0))
    named = {layer["data"]["name"] for layer in spec["layer"] if "data" in layer}
    named |= {spec["data"]["name"]} if "data" in spec else set()
    assert named <= set(spec["datasets"])
    for stream in spec["datasets"].values():
        table = pa.ipc.open_stream(stream).read_all()
        assert table["value"].to_pylist() == [3.0, 4.0]
        assert table.schema.field("day").type.tz == "UTC"


@kept_spec
def bars_of_two(first: pd.DataFrame, second: pd.DataFrame) -> Any:
    layers = [alt.Chart(frame).mark_bar().encode(y="value:Q") for frame in (first, second, first)]
    return alt.layer(*layers)


def test_a_table_of_several_layers_is_sent_once() -> None:
    spec = bars_of_two(rows(1.0), rows(2.0))
    used = [layer["data"]["name"] for layer in spec["layer"]]
    assert used == ["table-0", "table-1", "table-0"]
    assert list(spec["datasets"]) == ["table-0", "table-1"]


def test_threads_do_not_mix_their_tables() -> None:
    def first_value(number: int) -> float:
        spec = bars(rows(float(number)))
        (stream, *_) = spec["datasets"].values()
        return float(pa.ipc.open_stream(stream).read_all()["value"][0].as_py())

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(first_value, range(100, 160))) == [float(n) for n in range(100, 160)]
