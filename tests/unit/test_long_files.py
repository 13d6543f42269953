"""The list of files that are begun first names files that are there."""

from __future__ import annotations

from tests.conftest import LONG_FILES, TESTS


def test_every_long_file_is_where_the_list_says() -> None:
    assert [name for name in LONG_FILES if not (TESTS / name).is_file()] == []
    assert len(set(LONG_FILES)) == len(LONG_FILES)
