"""Mistakes of a configuration: one line for each key, with the nearest valid key."""

from __future__ import annotations

import difflib
import os
from pathlib import Path

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from hve_monitor.config.configuration import Config
from hve_monitor.config.section import section_of


def mistakes(path: Path, details: list[ErrorDetails]) -> list[str]:
    """One line per key; of a union's branches the first reason is enough, and the innermost."""
    lines: dict[str, str] = {}
    for detail in details:
        place = [part for part in detail["loc"] if not _is_union_branch(part)]
        key = ".".join(str(part) for part in place)
        lines.setdefault(key, _line(path, key, place, detail))
    inner = {key.rpartition(".")[0] for key in lines if "." in key}
    return [line for key, line in lines.items() if key not in inner]


def _line(path: Path, key: str, place: list[str | int], detail: ErrorDetails) -> str:
    reason = detail["msg"].removeprefix("Value error, ")
    if detail["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(place[-1]), _known_keys(place[:-1]), n=1, cutoff=0.4)
        reason = "unknown key" + (f"; did you mean '{near[0]}'?" if near else "")
    elif detail["type"] == "missing":
        reason = "is missing"
    where = "environment" if _comes_from_a_variable(place) else str(path)
    return f"{where}: {key}: {reason}" if key else f"{where}: {reason}"


def _comes_from_a_variable(place: list[str | int]) -> bool:
    names = [str(part).upper() for part in place]
    return any("HVE_" + "__".join(names[:n]) in os.environ for n in range(1, len(names) + 1))


def _is_union_branch(part: str | int) -> bool:
    branches = ("literal[", "tuple[", "function-")
    return isinstance(part, str) and (part.startswith(branches) or part in ("str", "AlertTarget"))


def _known_keys(place: list[str | int]) -> list[str]:
    section: type[BaseModel] | None = Config
    for key in place:
        if isinstance(key, str) and section is not None:
            field = section.model_fields.get(key)
            section = section_of(field.annotation) if field else None
    return list(section.model_fields) if section else []
