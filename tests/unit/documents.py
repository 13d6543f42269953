"""Documents for tests that are about a few of their fields."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec
from msgspec import inspect

D = TypeVar("D")
BLANKS: dict[type[inspect.Type], Any] = {
    inspect.BoolType: False,
    inspect.IntType: 0,
    inspect.FloatType: 0.0,
    inspect.StrType: "",
    inspect.DecimalType: "0",
    inspect.DateType: "2026-11-24",
    inspect.DateTimeType: "2026-11-24T08:00:00Z",
    inspect.ListType: [],
    inspect.VarTupleType: [],
    inspect.DictType: {},
}


def filled(kind: type[D], **known: Any) -> D:
    """A document with the known fields, written as in JSON; the rest is null, empty or 0."""
    return msgspec.convert(_filled(inspect.type_info(kind), known), kind)


def _filled(kind: inspect.Type, known: Any) -> Any:
    if isinstance(kind, inspect.UnionType) and known is not None:
        kind = next(part for part in kind.types if not isinstance(part, inspect.NoneType))
    if isinstance(kind, inspect.StructType | inspect.DataclassType):
        return {
            field.encode_name: _filled(field.type, known[field.encode_name])
            if field.encode_name in known
            else _blank(field.type)
            for field in kind.fields
            if field.required or field.encode_name in known
        }
    if isinstance(kind, inspect.ListType | inspect.VarTupleType):
        return [_filled(kind.item_type, item) for item in known]
    return known


def _blank(kind: inspect.Type) -> Any:
    if isinstance(kind, inspect.UnionType) and kind.includes_none:
        return None
    if isinstance(kind, inspect.TupleType):
        return [_blank(part) for part in kind.item_types]
    if isinstance(kind, inspect.StructType | inspect.DataclassType):
        return _filled(kind, {})
    return BLANKS[type(kind)]
