"""Values of typed columns, as Parquet has them, as text.

A list becomes a JSON list. An id of 16 bytes is a GUID in the order of RFC 9562, as Parquet's own
type UUID has it, or in that of .NET and SQL Server, whose first three groups are turned round. The
version tells them apart: Exchange's ids are of version 4, a digit that stands in byte 6 or byte 7.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ingest.files.formats import objects

GUID_BYTES = 16
NUMBER_BYTES = 20
NET_ORDER = [3, 2, 1, 0, 5, 4, 7, 6, *range(8, GUID_BYTES)]
DIGITS = np.frombuffer(b"0123456789abcdef", np.uint8)
VERSION = 4


def as_text(values: pa.Array) -> pa.Array:
    """The values as text; null stays null."""
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    try:
        if _is_binary(values.type):
            return _of_bytes(values.cast(pa.binary()))
        return values.cast(pa.string())
    except pa.ArrowException:
        return objects.texts([_plain(value) for value in values.to_pylist()])


Sizes = npt.NDArray[np.int64]


def sizes(values: pa.Array) -> Sizes:
    """Bytes of each value as text, those of a dictionary once for every row; about, for numbers."""
    if pa.types.is_dictionary(values.type):
        lengths = np.append(sizes(values.dictionary), 0)
        places = values.indices.fill_null(len(lengths) - 1).to_numpy(zero_copy_only=False)
        return np.asarray(lengths[places], np.int64)
    if pa.types.is_string(values.type) or pa.types.is_binary(values.type):
        lengths = pc.binary_length(values).fill_null(0).to_numpy(zero_copy_only=False)
        return np.asarray(lengths, np.int64)
    if pa.types.is_list(values.type):
        ends = np.append(0, np.cumsum(sizes(values.values)))
        return np.asarray(np.diff(ends[values.offsets.to_numpy()]), np.int64)
    if pa.types.is_struct(values.type):
        return total_sizes(values.flatten(), len(values))
    return np.full(len(values), NUMBER_BYTES, np.int64)


def total_sizes(columns: Sequence[pa.Array], rows: int) -> Sizes:
    """Bytes of each row of several columns."""
    total = np.zeros(rows, np.int64)
    for column in columns:
        total += sizes(column)
    return total


def _is_binary(kind: pa.DataType) -> bool:
    kinds = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary)
    return any(is_kind(kind) for is_kind in kinds)


def _of_bytes(values: pa.Array) -> pa.Array:
    """Text where the bytes are text, else GUIDs. Raises: ArrowException when they are neither."""
    try:
        texts = values.cast(pa.string())
        if pc.all(pc.utf8_is_printable(texts)).as_py() is not False:
            return texts
    except pa.ArrowInvalid:
        pass
    return _guids(values.cast(pa.binary(GUID_BYTES)))


def _guids(values: pa.Array) -> pa.Array:
    """32 digits each."""
    flat = pa.concat_arrays([values.fill_null(bytes(GUID_BYTES))])
    raw = np.frombuffer(flat.buffers()[1], np.uint8, len(flat) * GUID_BYTES)
    raw = raw.reshape(len(flat), GUID_BYTES)
    if _versions(raw, 7) > _versions(raw, 6):
        raw = raw[:, NET_ORDER]
    digits = DIGITS[np.stack([raw >> 4, raw & 15], axis=-1)].tobytes()
    buffers = [None, pa.py_buffer(digits)]
    kind = pa.binary(2 * GUID_BYTES)
    texts = pa.Array.from_buffers(kind, len(flat), buffers).cast(pa.binary()).cast(pa.string())
    return pc.if_else(values.is_valid(), texts, pa.scalar(None, pa.string()))


def _versions(raw: npt.NDArray[np.uint8], place: int) -> int:
    """How many ids have the digit of their version in that byte."""
    return int(np.count_nonzero(raw[:, place] >> 4 == VERSION))


def _plain(value: object) -> object:
    """A value that JSON knows as well."""
    return value if value is None or isinstance(value, list | dict) else str(value)
