"""What to do about an incident, per kind: contain, scope, recover. Nothing here runs a cmdlet.

Each step names whether its cmdlet is verified by Microsoft's documents for HVE accounts.
Source: Microsoft Learn, Exchange PowerShell reference, Manage High Volume Email; read 2026-11.
"""

from __future__ import annotations

import re

from hve_monitor.plural import whole_percent

_SECURITY, _ALL, _MAIL = ["security"], ["security", "finops", "mail"], ["mail"]
AUDIENCE: dict[str, list[str]] = {
    "surge": _ALL,
    "ceiling": _ALL,
    "drift": ["mail", "finops", "security"],
    "new_recipients": ["security", "mail"],
    "new_source": _SECURITY,
    "external_attempts": ["security", "mail"],
    "dormant_account": ["security", "mail"],
    "sign_ins": _SECURITY,
    "config_change": ["security", "mail"],
    "failure_storm": _MAIL,
    "silence": _MAIL,
    "idle_account": ["mail", "finops"],
    "spend": ["finops"],
}

VERIFIED = "cmdlet verified by Microsoft's documents"
UNVERIFIED = "cmdlet documented, its effect on HVE accounts not verified"
_ASK = "Ask the owner of {account} whether this was planned."
_SCOPE = (
    "Scope: see whom it reached, with trace ids: hve incidents {id} --recipients",
    "Scope: see what was sent and from where: hve trace --sender {account}",
)
_CONTAIN = (
    "Contain: reset the password of {account} in the admin center.",
    f"Contain: disable its sign-in: Set-User {{account}} -AccountDisabled $true ({UNVERIFIED}).",
    (
        f"Contain: end its sessions: Set-User {{account}} -STSRefreshTokensValidFrom (Get-Date)"
        f" ({UNVERIFIED})."
    ),
    f"Contain: take applications away: Remove-HVEAppAccess {{account}} -AppIds <id> ({VERIFIED}).",
    (
        "Contain: hold its mail with a transport rule:"
        f" New-TransportRule -From {{account}} -Quarantine $true ({UNVERIFIED})."
    ),
    (
        "Contain: as a last resort take its billing policy away:"
        f" Set-HVEAccountBillingPolicy {{account}} -BillingPolicyId '' ({VERIFIED})."
    ),
)
_RECOVER = (
    "Recover: warn the recipients, then remove the messages with Defender or a content search.",
    "Recover: give the application new credentials and watch the next send: hve incidents",
)
_ATTACK = (_ASK, *_SCOPE, *_CONTAIN, *_RECOVER)

STEPS: dict[str, tuple[str, ...]] = {
    "surge": _ATTACK,
    "ceiling": _ATTACK,
    "new_recipients": _ATTACK,
    "new_source": (
        "Ask the owner of {account} whether its application or relay was moved.",
        *_SCOPE,
        *_CONTAIN,
        *_RECOVER,
    ),
    "external_attempts": _ATTACK,
    "dormant_account": _ATTACK,
    "sign_ins": (_ASK, *_CONTAIN, *_RECOVER),
    "drift": (
        "Ask the owner of {account} whether the application behind it loops.",
        *_SCOPE,
        (
            "Contain: stop the application, or take it away:"
            f" Remove-HVEAppAccess {{account}} -AppIds <id> ({VERIFIED})."
        ),
        "Recover: tell those who had the same mail again and again.",
    ),
    "failure_storm": (
        "Scope: see what failed and why: hve trace --sender {account} --status failed",
        "Scope: read the bounce: hve explain '<status line>'",
        "Contain: correct the recipients or the content at the application of {account}.",
        "Recover: send again what did not arrive.",
    ),
    "silence": (
        "Ask the owner of {account} whether the application behind it was stopped.",
        (
            "Scope: check that it may send: Get-HVEAccountBillingPolicy -Identity {account}"
            f" ({VERIFIED})."
        ),
        "Scope: look for sign-in failures of {account} in the Entra sign-in log.",
        (
            "Recover: start the application again and follow the next message: hve trace --sender"
            " {account}"
        ),
    ),
    "config_change": (
        "Ask who changed {account}, and compare with your change record.",
        f"Scope: Get-HVEAccountSettings -Identity {{account}} ({VERIFIED}).",
        f"Recover: Set-HVEAccountSettings {{account}} -ReplyTo <address> ({VERIFIED}).",
    ),
    "idle_account": (
        "Ask the owner of {account} whether it is still needed.",
        (
            "Recover: remove applications and billing policy of an account that nobody needs:"
            f" Remove-HVEAppAccess {{account}} -AppIds <id> ({VERIFIED})."
        ),
    ),
    "spend": (
        "See what makes the cost: hve cost",
        "Ask the owners of the largest accounts whether the volume is meant to stay.",
    ),
}

CANNOT_SHOW = (
    "Message traces hold no body, links or attachments: they cannot show whether a message is"
    " harmful, only that it is unusual for this account."
)
_ATTACK_KINDS = ("surge", "new_recipients", "new_source", "external_attempts", "dormant_account")
_PLAIN = re.compile(r"[\w.+=%-]+@[\w.-]+")


def next_steps(kind: str, account: str, incident: str = "<id>") -> list[str]:
    """Steps in the order in which to take them.

    They are pasted into shells: a name that is no plain address stays out of them.
    """
    named = account if _PLAIN.fullmatch(account) else "<account>"
    return [step.format(account=named, id=incident) for step in STEPS[kind]]


def limits_of(kind: str, severity: str) -> list[str]:
    """What the card must say beside its reasons: what metadata cannot show, and base rates."""
    return [CANNOT_SHOW, *([precision(severity)] if kind in _ATTACK_KINDS else [])]


# Measured by benchmarks/incidents.py: alarms beyond what was injected, per account-month.
FALSE_PER_ACCOUNT_MONTH = {"high": 0.001, "medium": 0.2, "low": 0.6}
_RECALL = 0.95
_BASE_RATE = 0.02  # organisations with a hijacked sender per month: 1 in 7 in seven months
_ACCOUNTS = 20


def precision(severity: str) -> str:
    """The precision to expect at a stated base rate, for a tenant of twenty accounts."""
    false = FALSE_PER_ACCOUNT_MONTH[severity] * _ACCOUNTS
    share = _BASE_RATE * _RECALL / (_BASE_RATE * _RECALL + false)
    return (
        "If one organisation in fifty has a hijacked sender in a month (published rate), about"
        f" {whole_percent(share)} of {severity} incidents in a tenant of {_ACCOUNTS} accounts are"
        " attacks; most of the others are mailings that nobody announced."
    )
