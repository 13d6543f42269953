"""Errors: each means one exit code of the contract."""

from __future__ import annotations

import errno

import pytest

from hve_monitor import errors
from hve_monitor.errors import ConfigError, HveError, SourceContractError, disk_line, unwritable

CODES = {
    "HveError": 1,
    "ConfigError": 2,
    "AuthError": 1,
    "SourceContractError": 1,
    "SourceUnavailable": 75,
    "ThrottledError": 75,
    "LockedError": 75,
    "ClockError": 75,
    "StoreError": 1,
    "ModelError": 1,
}


@pytest.mark.parametrize(("name", "code"), CODES.items())
def test_every_error_has_the_exit_code_of_the_contract(name: str, code: int) -> None:
    kind = getattr(errors, name)
    assert issubclass(kind, HveError)
    assert kind("what failed").exit_code == code


def test_no_error_is_left_out_of_the_tree() -> None:
    kinds = {name for name, value in vars(errors).items() if isinstance(value, type)}
    assert kinds == set(CODES)
    assert all(name in str(errors.__doc__) for name in kinds)


def test_a_full_disk_is_one_plain_line_whoever_tells_it() -> None:
    arrow = "\x1b[31m↳\x1b[0m"
    tree = f"Generic error\n  {arrow} Unable to copy\n   {arrow} No space (os error 28)"
    assert disk_line(OSError(tree)) == "disk: Generic error: Unable to copy: No space (os error 28)"
    plain = OSError(28, "No space left on device", "/data/x")
    assert disk_line(plain) == "/data/x: No space left on device"


def test_a_full_disk_is_no_mistake_of_the_command_line() -> None:
    full = unwritable("out.csv", OSError(errno.ENOSPC, "No space left on device"))
    assert (full.exit_code, str(full)) == (
        1,
        "out.csv: cannot be written (No space left on device); free space or check the disk",
    )
    assert unwritable("out.csv", OSError(errno.ENOENT, "No such file or directory")).exit_code == 2


def test_the_words_of_a_service_forge_no_line() -> None:
    words = "refused\nhve: all is well\r\x1b[2K"
    assert str(SourceContractError(words)) == "refused hve: all is well  [2K"
    assert str(ConfigError("one\ntwo\r")) == "one\ntwo "
