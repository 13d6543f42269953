"""The High Volume Email accounts of the simulated tenant."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache

import numpy as np

from simulator.mail.profile import PROFILES, SenderProfile

# local part, display name, kind, aliases, age in days at the tenant's first clock
_ROSTER: tuple[tuple[str, str, str, tuple[str, ...], float], ...] = (
    ("newsletter", "Company Newsletter", "newsletter", ("news",), 610),
    ("hr-bulletin", "HR Bulletin", "bulletin", (), 480),
    ("alerts", "Plant Alerts", "alerts", ("monitoring", "plant-alerts"), 700),
    ("codes", "Access Codes", "codes", (), 390),
    ("scan-north", "Scanners North", "scan", ("scanner",), 655),
    ("scan-south", "Scanners South", "small_scan", (), 330),
    ("payroll", "Payroll", "payroll", ("salary",), 540),
    ("facility", "Facility Desk", "intermittent", (), 260),
    ("orders", "Order Updates", "growing", ("order-status",), 410),
    ("onboarding", "Onboarding", "new", (), 20),
    ("servicedesk", "Service Desk", "ticketing", ("helpdesk", "tickets"), 590),
    ("crm", "Customer Records", "crm", (), 300),
    ("reports", "Nightly Reports", "batch", ("etl",), 450),
    ("events", "Company Events", "suspended", (), 220),
)
# Billing of this kind broke a few days ago; from then on the account may not send.
_SUSPENDED_DAYS = 4.0


LARGEST_NUMBER = 200
_NAMES = ("anna", "ben", "clara", "david", "elena", "felix", "greta", "hugo", "ines", "jonas")


@dataclass(frozen=True, slots=True)
class Account:
    """One High Volume Email account; `addresses` starts with the primary, all lower case."""

    index: int
    primary: str
    addresses: tuple[str, ...]
    kind: str
    display_name: str
    alias: str
    object_id: str
    created_at: datetime
    source_ips: tuple[str, ...]
    reply_to: str | None
    billing_status: str
    suspended_at: datetime | None
    scale: float = 1.0

    @property
    def profile(self) -> SenderProfile:
        """How this kind of account sends, `scale` times as much as is usual for its kind."""
        return _scaled(self.kind, self.scale)

    @property
    def spellings(self) -> tuple[str, ...]:
        """The ways senders write the addresses: lower, capital and mixed case per address."""
        return tuple(text for address in self.addresses for text in _spell(address))


@cache
def _scaled(kind: str, scale: float) -> SenderProfile:
    profile = PROFILES[kind]
    return profile if scale == 1.0 else replace(profile, messages=profile.messages * scale)


def _spell(address: str) -> tuple[str, str, str]:
    local, _, domain = address.partition("@")
    return address, f"{local.capitalize()}@{domain}", f"{local}@{domain.capitalize()}"


def build_accounts(seed: int, domain: str, now: datetime) -> list[Account]:
    """The roster with ages counted back from `now`; the same for the same arguments."""
    return [_account(seed, index, domain, now) for index in range(len(_ROSTER))]


def _account(seed: int, index: int, domain: str, now: datetime) -> Account:
    local, display_name, kind, aliases, age = _ROSTER[index]
    random = np.random.default_rng([seed, index, 1])
    suspended = now - timedelta(days=_SUSPENDED_DAYS) if kind == "suspended" else None
    created = now - timedelta(days=age, hours=float(random.uniform(0, 9)))
    return Account(
        index=index,
        primary=f"{local}@{domain}",
        addresses=tuple(f"{name}@{domain}" for name in (local, *aliases)),
        kind=kind,
        display_name=display_name,
        alias=local,
        object_id=str(uuid.UUID(bytes=random.bytes(16), version=4)),
        created_at=created.replace(microsecond=0),
        source_ips=_source_ips(index),
        reply_to=f"contact-{local}@{domain}" if index % 3 == 0 else None,
        billing_status="SubscriptionIsNotActive" if suspended else "BillingPolicyValid",
        suspended_at=suspended,
    )


def _source_ips(index: int) -> tuple[str, ...]:
    """One or two addresses for life, one account in four on IPv6 as well."""
    first = f"198.51.100.{10 + 3 * index}"
    if index % 4 == 2:
        return first, f"2001:db8:0:{index:x}::25"
    return (first, f"192.0.2.{20 + index}") if index % 3 == 1 else (first,)


def build_people(
    seed: int, accounts: Sequence[Account], domain: str, number: int, now: datetime
) -> list[Account]:
    """Users by turns in the domain of the accounts and in `sales.<domain>`.

    They are numbered after the accounts, so they leave the accounts' own traffic as it is.
    Raises: ValueError when `number` is negative or larger than a tenant can have here.
    """
    if not 0 <= number <= LARGEST_NUMBER:
        raise ValueError(f"other_senders is {number}, not from 0 to {LARGEST_NUMBER}")
    shared = accounts[0].primary.partition("@")[2]
    domains = (shared, f"sales.{domain}")
    return [
        _person(seed, len(accounts) + turn, turn, domains[turn % 2], now) for turn in range(number)
    ]


def _person(seed: int, index: int, turn: int, domain: str, now: datetime) -> Account:
    random = np.random.default_rng([seed, index, 1])
    name = f"{_NAMES[turn % len(_NAMES)]}.private{turn + 1}"
    return Account(
        index=index,
        primary=f"{name}@{domain}",
        addresses=(f"{name}@{domain}",),
        kind="person",
        display_name=f"Private person {turn + 1}",
        alias=name,
        object_id=str(uuid.UUID(bytes=random.bytes(16), version=4)),
        created_at=(now - timedelta(days=800)).replace(microsecond=0),
        source_ips=(f"192.0.2.{200 + turn % 50}",),
        reply_to=None,
        billing_status="NoProperBillingPolicyStored",
        suspended_at=None,
    )
