"""The walk at a midnight: what its parts remember as arrays by name, and the parts from them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.baseline.baseline import LocalCalendar
from models.baseline.memory import Kept

TAIL_HOURS = 72
Values = NDArray[Any]
Arrays = Mapping[str, Values]


class Part(Protocol):
    """A part of the walk."""

    kept: Kept


Parts = Mapping[str, Part]


def memory_of(parts: Parts, day: int, calendar: LocalCalendar) -> dict[str, Values]:
    """What all parts remember on the morning of a day that was begun, by part and name."""
    end = calendar.columns(day)[0]
    tail = slice(max(end - TAIL_HOURS, 0), end)
    arrays: dict[str, Values] = {}
    for place, part in parts.items():
        kept = part.kept
        for name, reach in kept.days.items():
            arrays[f"{place}.{name}"] = getattr(part, name)[max(day - reach, 0) : day]
        for name in kept.hours:
            arrays[f"{place}.{name}"] = getattr(part, name)[..., tail]
        for name in kept.accounts:
            arrays[f"{place}.{name}"] = getattr(part, name)
        if kept.open_as is not None:
            text = msgspec.msgpack.encode(part._open, enc_hook=_plain)  # type: ignore[attr-defined]
            arrays[f"{place}._open"] = np.frombuffer(text, np.uint8)
    return arrays


def remember(parts: Parts, arrays: Arrays, day: int, calendar: LocalCalendar) -> None:
    """Gives all parts what they remembered on the morning of a day.

    Raises: KeyError, ValueError, msgspec.ValidationError for what other parts remembered.
    """
    end = calendar.columns(day)[0]
    tail = slice(max(end - TAIL_HOURS, 0), end)
    for place, part in parts.items():
        kept = part.kept
        for name, reach in kept.days.items():
            getattr(part, name)[max(day - reach, 0) : day] = arrays[f"{place}.{name}"]
        for name in kept.hours:
            getattr(part, name)[..., tail] = arrays[f"{place}.{name}"]
        for name in kept.accounts:
            getattr(part, name)[...] = arrays[f"{place}.{name}"]
        if kept.open_as is not None:
            text = arrays[f"{place}._open"].tobytes()
            going_on = msgspec.msgpack.decode(text, type=dict[int, kept.open_as])  # type: ignore[name-defined]
            part._open = going_on  # type: ignore[attr-defined]


def history_of(parts: Parts, day: int, calendar: LocalCalendar) -> dict[str, Values]:
    """The hours of a finished day, by part and name."""
    first, last = calendar.columns(day)
    return {
        f"{place}.{name}": getattr(part, name)[..., first:last]
        for place, part in parts.items()
        for name in part.kept.history
    }


def recall(parts: Parts, arrays: Arrays, day: int, calendar: LocalCalendar) -> None:
    """Gives all parts the hours of a finished day back."""
    first, last = calendar.columns(day)
    for place, part in parts.items():
        for name in part.kept.history:
            getattr(part, name)[..., first:last] = arrays[f"{place}.{name}"]


def _plain(value: object) -> object:
    """A number of numpy as one of Python."""
    if isinstance(value, np.generic):
        return value.item()
    raise NotImplementedError(f"{type(value)} is no value of what goes on")
