"""What a Conditional Access policy demands that a password over SMTP cannot give.

Source: https://learn.microsoft.com/graph/api/resources/conditionalaccessgrantcontrols
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

WORDS = {
    "block": "blocks access",
    "mfa": "demands multifactor authentication",
    "compliantDevice": "demands a compliant device",
    "domainJoinedDevice": "demands a hybrid joined device",
    "approvedApplication": "demands an approved client app",
    "compliantApplication": "demands an app protection policy",
    "passwordChange": "demands a password change",
}


def unmet_demands(grant: object) -> list[str]:
    """What stops a password alone, in words; empty where nothing does.

    A policy without grant controls (null: it rules sessions only) stops nobody. With `OR` one
    demand that can be met is enough. A custom strength may allow a password by itself.
    """
    if not isinstance(grant, Mapping):
        return []
    controls = [str(control) for control in grant.get("builtInControls") or []]
    if "block" in controls:
        return [WORDS["block"]]
    unmet = [WORDS.get(control, f"demands {control}") for control in controls]
    unmet += ["demands terms of use"] if grant.get("termsOfUse") else []
    unmet += ["demands a custom factor"] if grant.get("customAuthenticationFactors") else []
    strength = grant.get("authenticationStrength")
    is_met = isinstance(strength, Mapping) and _allows_password(strength)
    if isinstance(strength, Mapping) and not is_met:
        name = strength.get("displayName") or strength.get("id") or "without a name"
        unmet.append(f"demands the authentication strength {name}")
    return [] if is_met and str(grant.get("operator")).upper() == "OR" else unmet


def _allows_password(strength: Mapping[str, Any]) -> bool:
    return "password" in (strength.get("allowedCombinations") or [])
