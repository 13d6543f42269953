"""Files are whole or not there, and for their owner alone."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from hve_monitor.errors import ConfigError, StoreError
from hve_monitor.files import SHARED, replaced, write_text


def mode(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


def test_a_reader_sees_the_old_file_until_the_new_one_is_whole(tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    write_text(file, "old")
    with replaced(file) as fresh:
        fresh.write_text("new")
        assert file.read_text() == "old"
    assert file.read_text() == "new"
    assert list(tmp_path.iterdir()) == [file]


def test_a_file_is_for_its_owner_from_its_first_byte(tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    with replaced(file) as fresh:
        fresh.write_text("new")
        fresh.chmod(0o666)
        assert mode(fresh.parent) == 0o700
    assert mode(file) == 0o600
    write_text(file, "metrics", SHARED)
    assert mode(file) == 0o644


def write_half(file: Path, error: Exception) -> None:
    with replaced(file) as fresh:
        fresh.write_text("half")
        raise error


@pytest.mark.parametrize("error", [ValueError("wrong"), OSError(28, "No space left on device")])
def test_a_failed_write_leaves_what_was_there(tmp_path: Path, error: Exception) -> None:
    file = tmp_path / "x.csv"
    write_text(file, "old")
    with pytest.raises((ValueError, StoreError), match=str(error.args[-1])):
        write_half(file, error)
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_a_place_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for parents in (True, False):
        with (
            pytest.raises(ConfigError, match=r"file/x: cannot be written \("),
            replaced(tmp_path / "file" / "x", parents=parents),
        ):
            pytest.fail("no place")


def test_folders_are_created_on_request_alone(tmp_path: Path) -> None:
    file = tmp_path / "new" / "folder" / "x"
    with pytest.raises(ConfigError, match="No such file"):
        write_text(file, "x")
    write_text(file, "x", parents=True)
    assert file.read_text() == "x"


def test_a_device_or_a_folder_is_not_replaced(tmp_path: Path) -> None:
    folder, pipe = tmp_path / "folder", tmp_path / "pipe"
    folder.mkdir()
    os.mkfifo(pipe)
    for place in (folder, pipe):
        with pytest.raises(ConfigError, match="it is no file"):
            write_text(place, "new")
    assert folder.is_dir()
    assert pipe.is_fifo()
