"""Files: reference data, the SQL beside a module, and files that are replaced whole.

A reader of a replaced file sees the old one or the new one, never a part, also after a crash.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from hve_monitor.errors import ConfigError, unwritable

REFERENCE = Path(__file__).parents[1] / "data" / "reference"
PRIVATE, SHARED = 0o600, 0o644
# An address of a service, also as a Path writes it, with one slash; C:/ is a drive of Windows.
URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")


def no_folder(name: object) -> str:
    """What is wrong with an address where a file or folder of this machine is meant."""
    return f"{name} is no file or folder of this machine; mount the storage and name its folder"


def local(path: Path) -> Path:
    """The same path. Raises: ConfigError where it is an address, as s3://contoso/store."""
    if URL.match(str(path)):
        raise ConfigError(no_folder(path))
    return path


def reference_rows(name: str) -> list[dict[str, str]]:
    """Rows of data/reference/<name>.csv, in their order."""
    with (REFERENCE / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def sql(module: str, name: str) -> str:
    """Text of <name>.sql beside a module, which passes its `__file__`; "folder/name" lies below."""
    return (Path(module).parent / f"{name}.sql").read_text(encoding="utf-8")


def sha256(file: Path) -> str:
    """SHA-256 of a file's bytes as hexadecimal text."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def secret_text(file: Path) -> str:
    """Text of a file that somebody wrote by hand, without the mark that Windows puts before it.

    Raises: OSError, UnicodeDecodeError.
    """
    return decoded(file.read_bytes())


def decoded(data: bytes) -> str:
    """UTF-8 as text, and UTF-16 where its mark shows it (PowerShell 5.1 writes both with marks).

    Raises: UnicodeDecodeError.
    """
    is_wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return data.decode("utf-16" if is_wide else "utf-8-sig")


@contextmanager
def replaced(path: Path, mode: int = PRIVATE, *, parents: bool = False) -> Iterator[Path]:
    """A free path for the new file, which takes the place of `path` when the block ends well.

    It lies in a folder of the owner's beside the place: nobody else can open a half-written file.
    parents: missing folders are created.
    Raises: ConfigError when the folder or the file cannot be written, or a device is in the place;
    StoreError when the disk is full or broken.
    """
    if path.exists() and not path.is_file():
        raise ConfigError(f"{path}: cannot be written (it is no file)")
    try:
        if parents:
            path.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as folder:
            fresh = Path(folder) / path.name
            yield fresh
            fresh.chmod(mode)
            put_in_place(fresh, path)
    except OSError as error:
        raise unwritable(path, error) from None


def write_text(path: Path, text: str, mode: int = PRIVATE, *, parents: bool = False) -> None:
    """Replaces a UTF-8 text file. Raises: ConfigError."""
    with replaced(path, mode, parents=parents) as fresh:
        fresh.write_text(text, encoding="utf-8", newline="\n")


def put_in_place(fresh: Path, path: Path) -> None:
    """Renames a whole file over another; both the bytes and the name outlast a crash."""
    sync_file(fresh)
    fresh.replace(path)
    sync_folder(path.parent)


def sync_file(path: Path) -> None:
    """Makes the bytes of a file durable."""
    flags = os.O_RDONLY if os.name != "nt" else os.O_RDWR
    handle = os.open(path, flags)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_folder(folder: Path) -> None:
    """Makes the names in a folder durable; Windows has no such call and needs none."""
    if os.name != "nt":
        sync_file(folder)
