"""Every check of the readiness board, in the order in which a reader wants them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from models.readiness.account_setup import (
    check_aliases,
    check_app_access,
    check_display_name,
    check_licence,
    check_listed,
    check_reply_to,
)
from models.readiness.authentication import check_authentication_policy, check_security_defaults
from models.readiness.conditional_access import check_accounts, check_workloads
from models.readiness.expiry import check_billing, check_credentials, check_idle
from models.readiness.facts import Facts
from models.readiness.finding import Finding
from models.readiness.sign_in_methods import check_endpoint, check_oauth

Check = Callable[[Facts], Iterator[Finding]]
CHECKS: dict[str, Check] = {
    "security_defaults": check_security_defaults,
    "conditional_access": check_accounts,
    "workload_conditional_access": check_workloads,
    "authentication_policy": check_authentication_policy,
    "account_listed": check_listed,
    "licence_assigned": check_licence,
    "billing_policy": check_billing,
    "credentials": check_credentials,
    "display_name": check_display_name,
    "reply_to": check_reply_to,
    "aliases": check_aliases,
    "app_access": check_app_access,
    "idle_account": check_idle,
    "oauth_migration": check_oauth,
    "endpoint": check_endpoint,
}


def findings_of(facts: Facts) -> list[Finding]:
    """What every check finds in the facts, one finding per key."""
    return [finding for check in CHECKS.values() for finding in check(facts)]
