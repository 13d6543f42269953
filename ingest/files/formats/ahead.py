"""Items of an iterator, computed one ahead in a second thread.

Decoding and parsing of the next block runs while the rows of this one are worked out.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from concurrent.futures import Executor, wait
from typing import TypeVar

Item = TypeVar("Item")


def ahead(items: Iterator[Item], pool: Executor) -> Generator[Item, None, None]:
    """The same items in the same order; an error comes in its place."""
    following = pool.submit(next, items, None)
    try:
        while (item := following.result()) is not None:
            following = pool.submit(next, items, None)
            yield item
    finally:
        wait([following])
