"""Which column of a table is which of our names."""

from __future__ import annotations

from pathlib import Path

import pytest

from hve_monitor.errors import ConfigError
from ingest.files.column_map import columns_for, parse_map


def test_a_mapped_column_that_is_missing_is_told() -> None:
    with pytest.raises(ConfigError, match="no column 'Form'; it has: From, To"):
        columns_for({"sender": "Form"}, ["From", "To"], Path("a.csv"))


def test_own_names_need_no_map_and_a_map_beats_them() -> None:
    names = ["id", "sender", "recipient", "received_at", "subject", "from"]
    assert columns_for({"sender": "from"}, names, Path("a.csv")) == {
        "id": "id",
        "sender": "from",
        "recipient": "recipient",
        "received_at": "received_at",
        "subject": "subject",
    }


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        (None, {}),
        ("", {}),
        ("id=ID", {"id": "ID"}),
        (" id=Message ID , sender=From,", {"id": "Message ID", "sender": "From"}),
        ("id=a=b", {"id": "a=b"}),
    ],
)
def test_a_map_is_pairs_of_names(text: str | None, pairs: dict[str, str]) -> None:
    assert parse_map(text) == pairs


@pytest.mark.parametrize("part", ["id", "id=", "=ID", "form=From", "received=When"])
def test_a_map_that_cannot_be_read_names_the_part(part: str) -> None:
    with pytest.raises(ConfigError, match=f"--map {part}: write name=COLUMN with a name of id,"):
        parse_map(f"sender=From,{part}")
