"""Ordinary mailbox users who also send mail: rows that a usage monitor must not keep.

Every address holds the word "private", so that a search of a store or a page finds a leak.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np

from simulator.mail.account import Account

LARGEST_NUMBER = 200
_NAMES = ("anna", "ben", "clara", "david", "elena", "felix", "greta", "hugo", "ines", "jonas")


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
