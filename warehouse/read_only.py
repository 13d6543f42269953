"""state.db of a store that nobody may write to: a read-only medium, a folder of somebody else.

SQLite makes files beside one that it opens, also for reading, and what a killed process left there
is part of the file. So the file is copied with it, and the copy refuses every write.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

COMPANIONS = ("", "-wal")  # -shm is made anew from the other


def is_read_only(file: Path) -> bool:
    """Whether the file is there, and its folder takes no other."""
    return file.exists() and not os.access(file.parent, os.W_OK)


def copied(file: Path) -> sqlite3.Connection:
    """The whole file in memory. Raises: sqlite3.Error."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    with TemporaryDirectory(prefix="hve-state-") as folder:
        for companion in COMPANIONS:
            source = file.with_name(file.name + companion)
            if source.exists():
                shutil.copyfile(source, Path(folder) / source.name)
        with closing(sqlite3.connect(Path(folder) / file.name)) as whole:
            whole.backup(connection)
    return connection
