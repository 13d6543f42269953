"""The files that `hve import PATH…` means."""

from __future__ import annotations

import glob
from collections.abc import Sequence
from pathlib import Path

from hve_monitor.errors import ConfigError


def expand(paths: Sequence[Path]) -> list[Path]:
    """The files meant: a folder stands for the files below it, a pattern for what it matches.

    Raises: ConfigError when there is none.
    """
    files: list[Path] = []
    for path in paths:
        if path.exists():
            files += _below(path)
            continue
        matches = [Path(name) for name in sorted(glob.glob(str(path), recursive=True))]  # noqa: PTH207 - an absolute pattern is no method of Path
        if not matches:
            raise ConfigError(f"{path}: no such file or folder")
        files += [file for match in matches for file in _below(match)]
    if not files:
        raise ConfigError(f"{paths[0]}: the folder holds no file")
    return list(dict.fromkeys(files))


def _below(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    return [
        file for file in sorted(path.rglob("*")) if file.is_file() and not file.name.startswith(".")
    ]
