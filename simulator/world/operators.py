"""The people of the simulated organisation who look at the dashboard, by what they may see."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Operator:
    """Somebody who can log in; `roles` are the values of the token's claim of that name."""

    login: str
    name: str
    roles: tuple[str, ...]


OPERATORS = (
    Operator("fiona.ops", "Fiona Ops", ("FinOps",)),
    Operator("sam.oc", "Sam Oc", ("SOC",)),
    Operator("max.change", "Max Change", ("ExchangeAdmins",)),
    Operator("ada.min", "Ada Min", ("Admins",)),
    Operator("guest", "Guest", ()),
)
