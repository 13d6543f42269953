"""Who acts: named on the command line, else the user of this machine."""

from __future__ import annotations

import getpass
import os

from hve_monitor.errors import ConfigError


def author_of(given: str | None) -> str:
    """The name that an act is recorded under."""
    if given is not None and given.strip():
        return given.strip()
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container's user may have a number and no name
        return f"user {os.getuid()}" if hasattr(os, "getuid") else "unknown"


def reason_of(given: str | None, command: str) -> str:
    """The reason for an act. Raises: ConfigError when there is none."""
    if given is None or not given.strip():
        raise ConfigError(f"{command}: --reason is missing; say why, it is kept with the act")
    return given.strip()
