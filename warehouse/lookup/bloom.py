"""Bloom filters of Parquet files: which files may hold a text in a column.

The engine reads whole filters, and none where several values are looked for; here a value costs
32 bytes of a filter. Source: BloomFilter.md of the Parquet format: blocks of 256 bits, XXH64.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import IO, NamedTuple

import duckdb
from xxhash import xxh64_intdigest

from warehouse.connection import quoted

COLUMNS = ("trace_id", "message_id", "recipient")
BLOCK_BYTES, HEAD_BYTES = 32, 16
HEAD_FIELD = 0x15  # of the filter's head in Thrift's compact form: its bytes, a number of 32 bits
MOST_KNOWN = 50_000
WORD = (1 << 32) - 1
Opener = Callable[[str], IO[bytes]]  # of files by name, without a buffer
SALTS = (
    *(0x47B6137B, 0x44974D91, 0x8824AD5B, 0xA2B7289D),
    *(0x705495C7, 0x2DF1424B, 0x9EFC4947, 0x5C6BFB31),
)


class BloomFilter(NamedTuple):
    """The filter of a column in a row group: where its blocks begin in the file, and how many."""

    start: int
    blocks: int


class Probe(NamedTuple):
    """What to look for in a filter: the upper half of the hash, and the bits of its block."""

    upper: int
    bits: int


# By file and column; a file never changes, and a filter that is missing leaves the column out.
_KNOWN: dict[str, dict[str, list[BloomFilter]]] = {}


def on_disk(file: str) -> IO[bytes]:
    """A file of this machine, opened without a buffer."""
    return open(file, "rb", buffering=0)  # noqa: PTH123 - a Path takes twice as long


def files_with(
    connection: duckdb.DuckDBPyConnection,
    files: Sequence[str],
    column: str,
    texts: Iterable[str],
    opened: Opener = on_disk,
) -> set[str]:
    """Files that may hold one of the texts in a column of COLUMNS; also those without a filter."""
    _learn(connection, [file for file in files if file not in _KNOWN], opened)
    probes = [_probe(xxh64_intdigest(text.encode())) for text in texts]
    return {file for file in files if _may_hold(file, column, probes, opened)}


def _may_hold(file: str, column: str, probes: Sequence[Probe], opened: Opener) -> bool:
    filters = _KNOWN.get(file, {}).get(column)
    if filters is None:
        return True
    try:
        with opened(file) as stream:
            return any(_is_in(stream, bloom, probe) for bloom in filters for probe in probes)
    except OSError:
        return True  # the engine says what is wrong with it


def _is_in(stream: IO[bytes], bloom: BloomFilter, probe: Probe) -> bool:
    stream.seek(bloom.start + BLOCK_BYTES * (probe.upper * bloom.blocks >> 32))
    block = int.from_bytes(stream.read(BLOCK_BYTES), "little")
    return block & probe.bits == probe.bits


def _probe(hashed: int) -> Probe:
    lower = hashed & WORD
    places = (32 * at + ((lower * salt & WORD) >> 27) for at, salt in enumerate(SALTS))
    return Probe(hashed >> 32, sum(1 << place for place in places))


def _learn(connection: duckdb.DuckDBPyConnection, files: Sequence[str], opened: Opener) -> None:
    """Reads where the filters of files are."""
    if not files:
        return
    if len(_KNOWN) > MOST_KNOWN:
        _KNOWN.clear()
    columns = ", ".join(map(quoted, COLUMNS))
    rows = connection.execute(
        "select file_name, path_in_schema, bloom_filter_offset, bloom_filter_length"
        f" from parquet_metadata([{', '.join(map(quoted, files))}])"
        f" where path_in_schema in ({columns})"
    ).fetchall()
    places = defaultdict[str, list[tuple[str, int | None, int | None]]](list)
    for file, *place in rows:
        places[file].append(tuple(place))
    for file in files:
        _KNOWN[file] = _filters(file, places[file], opened)


def _filters(
    file: str, places: Iterable[tuple[str, int | None, int | None]], opened: Opener
) -> dict[str, list[BloomFilter]]:
    filters: dict[str, list[BloomFilter]] = {}
    unusable: set[str] = set()
    with opened(file) as stream:
        for column, start, length in places:
            bloom = None if start is None or length is None else _bloom(stream, start, length)
            if bloom is None:
                unusable.add(column)
            else:
                filters.setdefault(column, []).append(bloom)
    return {column: blooms for column, blooms in filters.items() if column not in unusable}


def _bloom(stream: IO[bytes], start: int, length: int) -> BloomFilter | None:
    """The filter behind its head; None where the head does not fit its length."""
    stream.seek(start)
    head = stream.read(HEAD_BYTES)
    size = shift = 0
    for byte in head[1:]:
        size |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            break
    size >>= 1  # zigzag: an even number is a positive one
    if head[:1] != bytes([HEAD_FIELD]) or size % BLOCK_BYTES or not 0 < size < length:
        return None
    return BloomFilter(start + length - size, size // BLOCK_BYTES)
