"""Errors: each means one exit code of the contract."""

from __future__ import annotations

import pytest

from hve_monitor import errors
from hve_monitor.errors import HveError

CODES = {
    "HveError": 1,
    "ConfigError": 2,
    "AuthError": 1,
    "SourceContractError": 1,
    "SourceUnavailable": 75,
    "ThrottledError": 75,
    "LockedError": 75,
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
