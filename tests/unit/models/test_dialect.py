"""Models stay inside the SQL that DuckDB and Spark read alike."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.dialect import violations
from models.runner import ROOM

MODELS = [*sorted((ROOM / "staging").glob("*.sql")), *sorted((ROOM / "marts").glob("*.sql"))]


@pytest.mark.parametrize("file", MODELS, ids=lambda file: file.stem)
def test_every_model_is_inside_the_subset(file: Path) -> None:
    assert [str(each) for each in violations(file)] == []


@pytest.mark.parametrize(
    ("construct", "named"),
    [
        ("quantile_cont(x, 0.5)", "percentile_cont"),
        ("mad(x)", "mad"),
        ("time_bucket(interval 1 hour, t)", "date_bin"),
        ("dayofweek(t)", "day_of_week"),
        ("extract(isodow from t)", "extract(isodow)"),
        ("date_diff('hour', t, t)", "datediff"),
        ("epoch(t)", "time_to_unix"),
        ("list_filter(x, lambda e: e > 1)", "filter"),
    ],
)
def test_what_differs_is_refused_with_file_and_line(
    tmp_path: Path, construct: str, named: str
) -> None:
    file = tmp_path / "mart.sql"
    file.write_text(f"select\n    a,\n    {construct} as b\nfrom raw.t\n")
    found = [str(each) for each in violations(file)]
    assert any(each.startswith(f"mart.sql:3: {named}") for each in found), found


def test_an_asof_join_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "mart.sql"
    file.write_text("select a.x\nfrom raw.a as a\nasof join raw.b as b on a.t >= b.t\n")
    assert "asof join" in str(violations(file)[0])


def test_what_cannot_be_parsed_is_told(tmp_path: Path) -> None:
    file = tmp_path / "mart.sql"
    file.write_text("select (\nfrom")
    assert "cannot be parsed" in str(violations(file)[0])
