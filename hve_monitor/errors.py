"""The errors a command may end with, and the exit code each one means.

HveError                  1  failed
├── ConfigError           2  the configuration or the command line is wrong
├── AuthError             1  no token, or a permission is missing
├── SourceContractError   1  a source answered in a shape that its documentation does not have
├── SourceUnavailable    75  network or service trouble that outlasted the retries
│   └── ThrottledError   75  the quota is used up; waiting longer than allowed would not help
├── LockedError          75  another process holds the store or the tenant
├── ClockError           75  the system clock stands before what was written by it
├── StoreError            1  the store cannot be read or written
└── ModelError            1  a model broke its own promise (grain, identity)

A message says what failed, where, and the next step.
"""

from __future__ import annotations

import errno
import re

from hve_monitor.text import printable

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
DONE, FAILED, USAGE, INCOMPLETE, TEMPORARY = 0, 1, 2, 3, 75


class HveError(Exception):
    """Base of every error that is shown as one line instead of a traceback."""

    exit_code = FAILED

    def __str__(self) -> str:
        """The message on one line: the words of a service in it forge no other."""
        return printable(super().__str__())


class ConfigError(HveError):
    """A key, a flag or a file that the user must change; a line for each mistake."""

    exit_code = USAGE

    def __str__(self) -> str:
        return printable(Exception.__str__(self), kept="\n")


class AuthError(HveError):
    """Entra ID gave no token, or the token lacks a permission."""


class SourceContractError(HveError):
    """A source answered outside its documented shape; names the page and the field."""


class SourceUnavailable(HveError):
    """A source could not be reached within the retry budget."""

    exit_code = TEMPORARY


class ThrottledError(SourceUnavailable):
    """A source kept refusing because its quota is used up."""


class LockedError(HveError):
    """Another process is writing; says which one."""

    exit_code = TEMPORARY


class ClockError(HveError):
    """The system clock went back; it will pass the last write, or must be set."""

    exit_code = TEMPORARY


class StoreError(HveError):
    """The store is damaged, full or not writable."""


class ModelError(HveError):
    """A model's output breaks its grain or its accounting identity."""


# What no other command line or configuration would mend.
DISK_TROUBLE = {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS}


def unwritable(path: object, error: OSError) -> HveError:
    """The error for a file that cannot be written: of the disk (1), or of the path (2)."""
    reason = f"{path}: cannot be written ({error.strerror or error})"
    if error.errno in DISK_TROUBLE:
        return StoreError(f"{reason}; free space or check the disk")
    return ConfigError(reason)


def disk_line(error: OSError) -> str:
    """An error of the operating system as one plain line; libraries draw it as a coloured tree."""
    reason = _COLOUR.sub("", error.strerror or str(error))
    steps = [line.strip(" \u21b3") for line in reason.splitlines()]
    return f"{error.filename or 'disk'}: {': '.join(step for step in steps if step)}"
