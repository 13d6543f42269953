"""The configuration for a page, and stamps that show whether a file is another one."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from hve_monitor.config import DEFAULT_FILE, Config, load_config
from warehouse.shards import check_shards

# Inode, time in nanoseconds, bytes: looked at on every rerun, without opening the file.
Stamp = tuple[int, int, int] | None


def configuration() -> Config:
    """What `load_config` gives, read again only when the file or a variable is another one.

    Raises: ConfigError.
    """
    file = Path(os.environ.get("HVE_CONFIG") or DEFAULT_FILE).absolute()
    variables = sorted(pair for pair in os.environ.items() if pair[0].startswith("HVE_"))
    return _read(file, stamp_of(file), tuple(variables))


@lru_cache(maxsize=4)
def _read(
    file: Path,  # noqa: ARG001 - load_config finds it by the variables
    stamp: Stamp,  # noqa: ARG001 - another stamp is another file
    variables: tuple[tuple[str, str], ...],  # noqa: ARG001
) -> Config:
    config = load_config()
    check_shards(config)
    return config


def store_roots(config: Config) -> tuple[Path, ...]:
    """The folders of the stores, one for each shard."""
    return tuple(config.warehouse.of_shard(shard).path for shard in config.shards)


def published_stamp(root: Path) -> Stamp:
    """Of the published file; None while there is none."""
    return stamp_of(root / "hve.duckdb")


def state_stamp(root: Path) -> tuple[Stamp, Stamp]:
    """Of state.db and its log: both change when somebody says something."""
    return stamp_of(root / "state.db"), stamp_of(root / "state.db-wal")


def stamp_of(file: Path) -> Stamp:
    """Inode, time in nanoseconds, bytes; None where there is no such file."""
    try:
        state = file.stat()
    except OSError:
        return None
    return state.st_ino, state.st_mtime_ns, state.st_size
