"""The configuration for a page: read again only when the file or a variable is another one."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from dashboards.session.stamps import Stamp, stamp_of
from hve_monitor.config import DEFAULT_FILE, Config, load_config


def configuration() -> Config:
    """What `load_config` gives. Raises: ConfigError."""
    file = Path(os.environ.get("HVE_CONFIG") or DEFAULT_FILE).absolute()
    variables = sorted(pair for pair in os.environ.items() if pair[0].startswith("HVE_"))
    return _read(file, stamp_of(file), tuple(variables))


@lru_cache(maxsize=4)
def _read(
    file: Path,  # noqa: ARG001 - load_config finds it by the variables
    stamp: Stamp,  # noqa: ARG001 - another stamp is another file
    variables: tuple[tuple[str, str], ...],  # noqa: ARG001
) -> Config:
    return load_config()
