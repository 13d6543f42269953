"""The dashboard: who may see what, and when its readiness board warns."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator

from hve_monitor.config.section import Section

HOST_NAME = re.compile(r"[^\s:/@?#*\[\]]+")
Role = Literal["finops", "security", "mail", "admin"]


class Auth(Section):
    """Dashboard login: which claim holds the roles, what they are called, and who sees names.

    secrets_file: Streamlit's secrets with an [auth] section; without it nobody logs in.
    hosts: names under which a proxy passes requests on, besides this machine's and the login's.
    tenants: which values of `tenants_claim` (of `roles_claim` where it is empty) open which tenant,
    "*" every one. Without any, each role sees all of them; an admin always does.
    """

    secrets_file: Path | None = None
    hosts: tuple[str, ...] = ()
    roles_claim: str = "roles"
    roles: dict[Role, tuple[str, ...]] = {}
    names: tuple[Role, ...] = ("security", "mail", "admin")
    tenants_claim: str = ""
    tenants: dict[str, tuple[str, ...]] = {}
    session_hours: Annotated[float, Field(gt=0)] = 12.0

    @field_validator("hosts")
    @classmethod
    def _names_alone(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for host in value:
            if not HOST_NAME.fullmatch(host):
                raise ValueError(f"{host!r}: write a host name alone, without scheme, port or path")
        return value


class Readiness(Section):
    """When the readiness board warns of idle accounts and of what ends soon."""

    idle_days: Annotated[int, Field(ge=1)] = 60
    ending_days: Annotated[int, Field(ge=1)] = 30
