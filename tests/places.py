"""Folders that tests read: the repository, and what may lie beside it."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"
ROOMS = (
    "hve_monitor",
    "warehouse",
    "ingest",
    "models",
    "publish",
    "actions",
    "dashboards",
    "cli",
    "simulator",
)
BUILDS = ("staging", "marts", "steps")  # SQL that builds run; all other SQL of models is a query


def queries() -> list[Path]:
    """Every .sql file of models/ that a published version is asked with."""
    files = (ROOT / "models").rglob("*.sql")
    return sorted(file for file in files if file.parent.name not in BUILDS)
