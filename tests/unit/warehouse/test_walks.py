"""Files of arrays: exact, small, and missing as soon as a bit of them is another one."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from warehouse.privacy.erasure import erase_rows
from warehouse.privacy.retention import purge_rows
from warehouse.store import open_store
from warehouse.walks import WalkFiles, forget_walk, narrowed

ARRAYS = {
    "counts": np.array([[0.0, 3.0, np.nan], [-0.0, 1e30, 2.0**24 + 1]]),
    "thirds": np.array([1 / 3, np.inf]),
    "days": np.arange(4, dtype=np.int16),
    "none": np.zeros((0, 5), np.bool_),
    "text": np.frombuffer(b"ada", np.uint8),
}


def test_arrays_come_back_as_they_were(tmp_path: Path) -> None:
    files = WalkFiles(tmp_path, "contoso")
    checksum = files.write("slice/00001.hours", ARRAYS)
    back = files.read("slice/00001.hours", checksum)
    assert back is not None
    for name, values in ARRAYS.items():
        np.testing.assert_array_equal(back[name], values, name)
        assert back[name].shape == values.shape
    assert files.names("slice") == ["slice/00001.hours"]
    assert [file.name for file in tmp_path.rglob("*.new")] == []


def test_what_was_damaged_or_replaced_reads_as_missing(tmp_path: Path) -> None:
    files = WalkFiles(tmp_path, "contoso")
    checksum = files.write("a", ARRAYS)
    whole = (files.folder / "a").read_bytes()
    for place in range(0, len(whole), 3):
        damaged = bytearray(whole)
        damaged[place] ^= 1
        (files.folder / "a").write_bytes(bytes(damaged))
        assert files.read("a") is None
    for length in (0, 5, 12, len(whole) - 1):
        (files.folder / "a").write_bytes(whole[:length])
        assert files.read("a") is None
    (files.folder / "a").write_bytes(whole)
    assert files.read("a", checksum) is not None
    assert files.read("a", checksum + 1) is None
    assert files.read("b") is None


def test_a_number_is_narrowed_only_where_it_loses_nothing() -> None:
    assert narrowed(np.array([0.5, np.nan, 2.0**24])).dtype == np.float32
    assert narrowed(np.array([1 / 3])).dtype == np.float64
    assert narrowed(np.array([2.0**24 + 1])).dtype == np.float64
    assert narrowed(np.array([1e300])).dtype == np.float64


@pytest.mark.parametrize("remove", ["erase", "purge", "forget"])
def test_erasing_and_purging_remove_the_walk_of_the_tenant_alone(
    tmp_path: Path, remove: str
) -> None:
    with open_store(tmp_path / "store") as store:
        own, other = (WalkFiles(store.root, name) for name in ("contoso", "fabrikam"))
        own.write("standing", ARRAYS)
        other.write("standing", ARRAYS)
        if remove == "erase":
            erase_rows(store, "contoso", "ada@contoso.com")
        elif remove == "purge":
            purge_rows(store, "contoso", datetime(2026, 11, 1, tzinfo=UTC), (400, 1200))
        else:
            forget_walk(store.root, "contoso")
        assert own.read("standing") is None
        assert not own.folder.exists()
        assert other.read("standing") is not None
