"""Whether a place of an object store does what the tables need: read, write, list, and refuse."""

from __future__ import annotations

from uuid import uuid4

from warehouse.objects.storage import Overtaken, Storage

FOLDER = "hve/probes"


def unfit(storage: Storage) -> str | None:
    """What the place lacks, None for one that is fit. Raises: HveError for what it refuses."""
    path = f"{FOLDER}/{uuid4().hex}"
    mark = storage.put(path, b"first", "nothing")
    try:
        if not _refuses(storage, path, b"second", "nothing"):
            return "puts an object where another one is, though asked not to (If-None-Match)"
        storage.put(path, b"third", mark)
        if not _refuses(storage, path, b"fourth", mark):
            return "replaces an object that was changed, though asked not to (If-Match)"
        if storage.get(path)[0] != b"third":
            return "does not answer with what was put last"
        if path not in {facts["path"] for facts in storage.objects(FOLDER)}:
            return "does not list what was put"
    finally:
        storage.remove(path)
    return "does not remove an object" if storage.head(path) else None


def _refuses(storage: Storage, path: str, content: bytes, after: str) -> bool:
    try:
        storage.put(path, content, after)
    except Overtaken:
        return True
    return False
