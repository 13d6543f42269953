"""Files that appear whole: a reader sees the old one or the new one, never a part."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

PRIVATE, SHARED = 0o600, 0o644


def write_lines(path: Path, lines: Iterable[str], mode: int = PRIVATE) -> None:
    """Writes the lines beside the file and renames them into its place. Raises: OSError."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        # Nobody else can open it before it has its mode.
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w",
                       encoding="utf-8", newline="\n") as file:  # fmt: skip
            file.writelines(f"{line}\n" for line in lines)
            file.flush()
            os.fsync(file.fileno())
        fresh.chmod(mode)
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
