"""Values of Parquet as text: lists, bytes, and ids of 16 bytes in either order."""

from __future__ import annotations

import uuid
from decimal import Decimal

import pyarrow as pa
import pytest

from ingest.files.formats.values import as_text

IDS = [uuid.UUID(int=number << 80 | 4 << 76 | 2 << 62 | 0x08DA6E38DD10) for number in range(1, 9)]


@pytest.mark.parametrize("order", ["bytes", "bytes_le"])
@pytest.mark.parametrize("kind", [pa.binary(16), pa.binary(), pa.large_binary()])
def test_an_id_of_sixteen_bytes_is_a_guid(order: str, kind: pa.DataType) -> None:
    values = pa.array([*(getattr(guid, order) for guid in IDS), None], kind)
    assert as_text(values).to_pylist() == [*(guid.hex for guid in IDS), None]
    assert as_text(values[3:5]).to_pylist() == [guid.hex for guid in IDS[3:5]]


def test_ids_without_a_version_are_read_as_parquet_writes_them() -> None:
    guid = uuid.UUID(int=0xFF)
    assert as_text(pa.array([guid.bytes], pa.binary(16))).to_pylist() == [guid.hex]


def test_bytes_that_are_text_stay_text() -> None:
    values = pa.array([b"hr@contoso.com..", None], pa.binary(16))
    assert as_text(values).to_pylist() == ["hr@contoso.com..", None]
    assert as_text(pa.array([b"\xff\x01"])).to_pylist() == ["b'\\xff\\x01'"]


def test_lists_and_other_values() -> None:
    lists = pa.array([["ana@x.com", "\u00fc@x.com"], [], None])
    assert as_text(lists).to_pylist() == ['["ana@x.com", "\u00fc@x.com"]', "[]", None]
    assert as_text(pa.array([Decimal("2048"), None])).to_pylist() == ["2048", None]
    assert as_text(pa.array([None, None], pa.binary(16))).to_pylist() == [None, None]
