"""Files of the product: reference data, and the SQL that stands beside a module."""

from __future__ import annotations

from pathlib import Path

REFERENCE = Path(__file__).parents[1] / "data" / "reference"


def sql(module: str, name: str) -> str:
    """Text of <name>.sql beside a module, which passes its `__file__`; "folder/name" lies below."""
    return (Path(module).parent / f"{name}.sql").read_text(encoding="utf-8")
