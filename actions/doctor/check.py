"""What the doctor examined: one check, and the document of them all."""

from __future__ import annotations

from typing import Literal

from hve_monitor.document import Document

Health = Literal["ok", "warn", "fail"]


class DoctorCheck(Document):
    """One thing examined; `fix` is empty when nothing is wrong."""

    check: str
    status: Health
    detail: str
    fix: str = ""
    tenant: str | None = None


class DoctorReport(Document):
    """What `hve doctor` prints."""

    checks: list[DoctorCheck]


def check(
    name: str, status: Health, detail: str, fix: str = "", tenant: str | None = None
) -> DoctorCheck:
    """One check, written as briefly as there are many."""
    return DoctorCheck(check=name, status=status, detail=detail, fix=fix, tenant=tenant)
