"""What the walk through the days of a tenant remembers: files of arrays beside the marts.

Everything here is derived, and judged anew where it is missing: a file is written beside the old
one and renamed, but not synced. One that a crash, a disk or another hand has damaged shows it by
its checksum and reads as missing.
"""

from __future__ import annotations

import json
import math
import os
import shutil
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

FOLDER = "walks"
_MAGIC = b"HVEWALK1"
_CODEC = pa.Codec("zstd", compression_level=1)
Arrays = Mapping[str, NDArray[Any]]


class WalkFiles:
    """The files of one tenant; a name may hold a folder."""

    def __init__(self, root: Path, tenant: str) -> None:
        self.folder = _folder(root, tenant)

    def names(self, folder: str = "") -> list[str]:
        """Names of all files of a folder, in order."""
        files = (self.folder / folder).glob("*")
        return sorted(f"{folder}/{file.name}".lstrip("/") for file in files if file.is_file())

    def write(self, name: str, arrays: Arrays) -> int:
        """Replaces a file; returns its checksum."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        parts = {key: np.ascontiguousarray(narrowed(part)) for key, part in arrays.items()}
        head = json.dumps([[key, str(part.dtype), part.shape] for key, part in parts.items()])
        data = b"".join(part.tobytes() for part in parts.values())
        body = b"\n".join((head.encode(), _CODEC.compress(data, asbytes=True)))
        checksum = zlib.crc32(body)
        fresh = path.with_name(f".{path.name}.new")
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(_MAGIC + checksum.to_bytes(4, "big") + body)
        fresh.replace(path)
        return checksum

    def read(self, name: str, checksum: int | None = None) -> dict[str, NDArray[Any]] | None:
        """The arrays of a file; None where it is missing, damaged, or another one was meant."""
        try:
            whole = memoryview((self.folder / name).read_bytes())
        except OSError:
            return None
        stamp, body = int.from_bytes(whole[8:12], "big"), whole[12:]
        if whole[:8] != _MAGIC or zlib.crc32(body) != stamp or checksum not in (None, stamp):
            return None
        text, _, data = bytes(body).partition(b"\n")
        return _arrays(json.loads(text), data)

    def remove(self, names: Iterable[str]) -> None:
        """Removes files, whether they are there or not."""
        for name in names:
            (self.folder / name).unlink(missing_ok=True)


def forget_walk(root: Path, tenant: str) -> None:
    """Removes all that is remembered of a tenant: the next run judges from scratch."""
    shutil.rmtree(_folder(root, tenant), ignore_errors=True)


def _folder(root: Path, tenant: str) -> Path:
    return root / FOLDER / f"tenant={tenant}"


def _arrays(head: list[list[Any]], data: bytes) -> dict[str, NDArray[Any]]:
    sizes = [math.prod(shape) * np.dtype(kind).itemsize for _, kind, shape in head]
    plain = _CODEC.decompress(data, decompressed_size=sum(sizes), asbytes=True)
    arrays, end = {}, 0
    for (key, kind, shape), size in zip(head, sizes, strict=True):
        arrays[key] = np.frombuffer(plain, kind, math.prod(shape), end).reshape(shape)
        end += size
    return arrays


def narrowed(values: NDArray[Any]) -> NDArray[Any]:
    """The same numbers in half the bytes, where none loses a digit."""
    if values.dtype != np.float64:
        return values
    with np.errstate(over="ignore"):
        half = values.astype(np.float32)
    return half if np.array_equal(half, values, equal_nan=True) else values
