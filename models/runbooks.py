"""What to do about an incident, per kind. Cmdlets are Microsoft's; nothing here runs them."""

from __future__ import annotations

AUDIENCE: dict[str, list[str]] = {
    "surge": ["security", "finops", "mail"],
    "drift": ["security", "finops", "mail"],
    "ceiling": ["security", "finops", "mail"],
    "silence": ["mail"],
}

_UNUSUAL = (
    "Ask the owner of {account} whether this send was planned.",
    "See what was sent, to whom and from where: hve trace --sender {account}",
    "If it was not planned, reset the password of {account}.",
    "End its sessions: Set-User {account} -STSRefreshTokensValidFrom (Get-Date)",
    "Take applications away from it: Remove-HVEAppAccess {account} -AppIds <id>",
)

STEPS: dict[str, tuple[str, ...]] = {
    "surge": _UNUSUAL,
    "drift": _UNUSUAL,
    "ceiling": _UNUSUAL,
    "silence": (
        "Ask the owner of {account} whether the application behind it was stopped.",
        "Check that the account may send: Get-HVEAccountBillingPolicy -Identity {account}",
        "Look for sign-in failures of {account} in the Entra sign-in log (Authenticated SMTP).",
    ),
}


def next_steps(kind: str, account: str) -> list[str]:
    """Steps in the order in which to take them."""
    return [step.format(account=account) for step in STEPS[kind]]
