"""What signals mean together: whether they make an incident, how serious, and of which kind."""

from __future__ import annotations

from collections.abc import Mapping

from models.incident import RANK, SUPPORTING, VOLUME, Severity

_LOUD = (
    "new_recipients",
    "failure_storm",
    "filtered_share",
    "external_attempts",
    "repeated_recipient",
)
_MANY_NEW = 100.0


def severity_of(levels: Mapping[str, int], values: Mapping[str, float]) -> Severity | None:
    """Severity of signals that fired close in time; None when they make no incident.

    levels: 1 weak, 2 strong; for volume signals the rank of their own severity.
    values: the largest count that each signal showed.
    """
    if _is_high(levels, values):
        return "high"
    if _is_medium(levels, values):
        return "medium"
    if levels.get("off_hours", 0) >= 2:
        return "low"
    quiet = set(SUPPORTING) | {"repeated_recipient"}
    return "low" if set(levels) - quiet else None


def _is_high(levels: Mapping[str, int], values: Mapping[str, float]) -> bool:
    """Page somebody: an own source in own hours may be a mailing, and is never enough."""
    volume = max((levels.get(name, 0) for name in VOLUME), default=0)
    reaches = levels.get("new_recipients", 0) >= 2 and values["new_recipients"] >= _MANY_NEW / 5
    reaches |= levels.get("fan_out", 0) >= 2
    fails = max(levels.get(name, 0) for name in ("failure_storm", "external_attempts")) >= 2
    stolen = "new_source" in levels or "sign_ins" in levels
    if stolen and (reaches or volume >= RANK["medium"]):
        return True
    if "ceiling" in levels and (stolen or reaches or fails):
        return True  # the first mailing of a new account is a broken ceiling alone
    many = levels.get("new_recipients", 0) >= 2 and values["new_recipients"] >= _MANY_NEW
    return volume >= RANK["high"] or (many and fails)


def _is_medium(levels: Mapping[str, int], values: Mapping[str, float]) -> bool:
    volume = max((levels.get(name, 0) for name in VOLUME), default=0)
    if "new_source" in levels or volume >= RANK["medium"]:
        return True
    if any(levels.get(name, 0) >= 2 for name in (*_LOUD, "growth")):
        return True
    if levels.get("sign_ins", 0) >= 2:
        return True
    others = ("new_recipients", "dormant_account")
    # More mail has more wide messages as well: they say nothing that volume does not.
    beside_volume = any(name in levels for name in ("new_subject", "off_hours", "config_change"))
    if volume and beside_volume:
        return True
    if any(name in levels for name in others) and (beside_volume or "fan_out" in levels):
        return True
    if "repeated_recipient" in levels and "off_hours" in levels:
        return True
    if levels.get("off_hours", 0) >= 2 and values["off_hours"] >= _MANY_NEW:
        return True
    return "fan_out" in levels and "new_subject" in levels


def kind_of(levels: Mapping[str, int], volume_kind: str | None) -> str:
    """The kind that names what happened best; `volume_kind` is that of the volume signal."""
    reaches = "new_recipients" in levels or "new_source" in levels
    troubled = [name for name in ("failure_storm", "filtered_share") if levels.get(name, 0) >= 2]
    if troubled and not reaches:
        return "failure_storm"
    if levels.get("repeated_recipient", 0) >= 2 and not reaches:
        return "drift"
    volume = max((levels.get(name, 0) for name in VOLUME), default=0)
    if volume_kind is not None and (volume >= RANK["medium"] or "new_source" not in levels):
        # A ceiling is how a surge is seen at the latest, not another kind of trouble.
        return "surge" if volume_kind == "ceiling" else volume_kind
    order = ("new_source", "new_recipients", "dormant_account", "external_attempts", "sign_ins")
    return next((name for name in order if name in levels), _other(levels))


def _other(levels: Mapping[str, int]) -> str:
    if "failure_storm" in levels or "filtered_share" in levels:
        return "failure_storm"
    if "repeated_recipient" in levels:
        return "drift"
    return "config_change" if set(levels) == {"config_change"} else "surge"
