"""Sign-ins of the senders, drawn per account and UTC day.

How sign-ins of High Volume Email look in the logs is not documented: client names and numbers
are invented within the documented shape. Accounts sign in interactively ("Authenticated SMTP" or
"SMTP"), applications as service principals; a burst is preceded by failures from its source.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from functools import lru_cache
from typing import TypedDict

import numpy as np

from simulator.mail.account import Account
from simulator.mail.incident import InjectedIncident
from simulator.mail.instant import DAY, HOUR, MINUTE, day_of, micros, moment_of
from simulator.mail.sends import Random
from simulator.world.conditional_access import ENABLED
from simulator.world.tenant import SimulatedTenant

RETENTION_DAYS = 30
_EXCHANGE = "00000002-0000-0ff1-ce00-000000000000"
_REASONS = {
    0: "Other.",
    50126: "Error validating credentials due to invalid username or password.",
    53003: "Access has been blocked by Conditional Access policies.",
}
_DEVICE: dict[str, object] = {
    "deviceId": "",
    "displayName": "",
    "operatingSystem": "",
    "browser": "",
    "isCompliant": False,
    "isManaged": False,
    "trustType": None,
}


class SignInStatus(TypedDict):
    """0 and "Other." for a success."""

    errorCode: int
    failureReason: str
    additionalDetails: str | None


class _SignInBasics(TypedDict):
    """The values that every sign-in has."""

    id: str
    createdDateTime: str
    correlationId: str
    ipAddress: str
    resourceDisplayName: str
    resourceId: str
    status: SignInStatus
    riskLevelAggregated: str
    riskState: str
    riskDetail: str
    riskEventTypes: list[str]
    riskEventTypes_v2: list[str]
    location: dict[str, object]
    deviceDetail: dict[str, object]


class ServedSignIn(_SignInBasics):
    """One `signIn`."""

    userId: str
    userPrincipalName: str
    appDisplayName: str
    appId: str
    clientAppUsed: str
    isInteractive: bool
    conditionalAccessStatus: str
    appliedConditionalAccessPolicies: list[dict[str, object]]
    signInEventTypes: list[str]


class UserSignIn(ServedSignIn):
    """That of a user."""

    userDisplayName: str
    riskLevelDuringSignIn: str


class ApplicationSignIn(ServedSignIn):
    """That of an application."""

    servicePrincipalId: str
    servicePrincipalName: str


class SignIns:
    """Sign-ins by day; a day does not change once it is over."""

    def __init__(self, tenant: SimulatedTenant, seed: int) -> None:
        self._tenant, self._seed = tenant, seed
        self._day = lru_cache(maxsize=1_000)(self._draw_day)

    def rows(self, clock: int, *, principals: bool) -> list[ServedSignIn]:
        """Rows visible at a clock, newest first: of accounts, or of service principals."""
        oldest = max(self._tenant.traffic.first_day, day_of(clock) - RETENTION_DAYS)
        days = range(day_of(clock), oldest - 1, -1)
        return [
            row
            for day in days
            for at, row in self._day(day, principals)
            if at + 5 * MINUTE <= clock  # an invented delay of the log
        ]

    def _draw_day(self, day: int, principals: bool) -> list[tuple[int, ServedSignIn]]:
        parts = self._principals(day) if principals else self._accounts(day)
        return sorted(parts, key=lambda pair: (-pair[0], pair[1]["id"]))

    def _accounts(self, day: int) -> Iterator[tuple[int, ServedSignIn]]:
        for account in self._tenant.accounts:
            random = np.random.default_rng([self._seed, account.index, day, 6])
            if account.primary not in self._tenant.readiness.without_basic:
                yield from self._usual(account, day, random)
            for item in (
                self._tenant.traffic.incidents if self._tenant.readiness.is_attacked else ()
            ):
                if item.account == account.index and item.source_ip and day_of(item.start) == day:
                    yield from self._attack(account, item, random)

    def _usual(
        self, account: Account, day: int, random: Random
    ) -> Iterator[tuple[int, ServedSignIn]]:
        blocked = bool(self._tenant.readiness.matching(account, ENABLED))
        end = micros(account.suspended_at) if account.suspended_at else (day + 1) * DAY
        for _ in range(int(random.poisson(4))):
            at = day * DAY + int(random.integers(0, DAY))
            source = str(random.choice(list(account.source_ips)))
            refused = 53003 if blocked and random.random() < 0.4 else 50126
            error = refused if random.random() < (0.6 if blocked else 0.03) else 0
            row = self._row(account, at, source, error, random)
            if micros(account.created_at) <= at < end:
                yield at, row

    def _attack(
        self, account: Account, item: InjectedIncident, random: Random
    ) -> Iterator[tuple[int, ServedSignIn]]:
        """Eight wrong passwords in the hour before a burst, then the right one."""
        steps = [(item.start - int(random.integers(0, HOUR)), 50126) for _ in range(8)]
        for at, error in [*steps, (item.start, 0)]:
            yield at, self._row(account, at, item.source_ip or "", error, random)

    def _row(
        self, account: Account, at: int, source: str, error: int, random: Random
    ) -> UserSignIn:
        policies: list[dict[str, object]] = [
            {
                "id": policy["id"],
                "displayName": policy["displayName"],
                "enforcedGrantControls": ["Block"],
                "enforcedSessionControls": [],
                "result": "failure",
            }
            for policy in self._tenant.readiness.matching(account, ENABLED)
        ]
        own = source in account.source_ips
        client = "SMTP" if account.index % 3 == 0 else "Authenticated SMTP"
        return {
            **_common(at, source, error, random, "DE" if own else "XX"),
            "userId": account.object_id,
            "userPrincipalName": account.primary,
            "userDisplayName": account.display_name,
            "appDisplayName": "Office 365 Exchange Online",
            "appId": _EXCHANGE,
            "clientAppUsed": client,
            "isInteractive": True,
            "conditionalAccessStatus": "failure" if error == 53003 else "notApplied",
            "appliedConditionalAccessPolicies": policies if error == 53003 else [],
            "riskLevelDuringSignIn": "none" if own else "high",
            "signInEventTypes": ["interactiveUser"],
        }

    def _principals(self, day: int) -> Iterator[tuple[int, ServedSignIn]]:
        """An application asks for a token about once an hour."""
        for number, application in enumerate(self._tenant.readiness.applications):
            random = np.random.default_rng([self._seed, number, day, 7])
            for hour in range(24):
                at = day * DAY + hour * HOUR + int(random.integers(0, HOUR))
                source = f"198.51.100.{240 + number}"
                row: ApplicationSignIn = {
                    **_common(at, source, 0, random, "DE"),
                    "servicePrincipalId": application["id"],
                    "servicePrincipalName": application["displayName"],
                    "appDisplayName": application["displayName"],
                    "appId": application["appId"],
                    "userId": "",
                    "userPrincipalName": "",
                    "clientAppUsed": "",
                    "isInteractive": False,
                    "conditionalAccessStatus": "notApplied",
                    "appliedConditionalAccessPolicies": [],
                    "signInEventTypes": ["servicePrincipal"],
                }
                yield at, row


def _common(at: int, source: str, error: int, random: Random, country: str) -> _SignInBasics:
    """The values that every row has."""
    row_id, correlation = (str(uuid.UUID(bytes=random.bytes(16), version=4)) for _ in range(2))
    return {
        "id": row_id,
        "createdDateTime": moment_of(at).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "correlationId": correlation,
        "ipAddress": source,
        "resourceDisplayName": "Office 365 Exchange Online",
        "resourceId": _EXCHANGE,
        "status": {
            "errorCode": error,
            "failureReason": _REASONS[error],
            "additionalDetails": None,
        },
        "riskLevelAggregated": "none",
        "riskState": "none",
        "riskDetail": "none",
        "riskEventTypes": [],
        "riskEventTypes_v2": [],
        "location": {
            "city": "",
            "state": "",
            "countryOrRegion": country,
            "geoCoordinates": {"altitude": None, "latitude": 0.0, "longitude": 0.0},
        },
        "deviceDetail": _DEVICE,
    }
