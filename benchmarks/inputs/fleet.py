"""Accounts of a tenant drawn for measuring detection: habits, volumes and sources as they occur.

Unlike the roster of the demo, kinds and volumes differ from seed to seed.
"""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np

from simulator.mail.account import Account
from simulator.mail.sends import Random

# kind and how often it occurs among a hundred accounts
_KINDS = {
    "scan": 14,
    "small_scan": 12,
    "ticketing": 11,
    "crm": 11,
    "alerts": 11,
    "codes": 5,
    "batch": 8,
    "digest": 8,
    "growing": 4,
    "intermittent": 6,
    "newsletter": 3,
    "bulletin": 3,
    "payroll": 4,
}
# The kinds that occur at all come first, so that every family finds its carrier.
_ALWAYS = ("scan", "ticketing", "crm", "alerts", "alerts", "batch", "digest", "small_scan")
# Accounts that are not clockwork; each occurs once before one occurs again.
IRREGULAR = ("occasional", "lumpy", "weekly_scan", "monthly", "quarterly")
_IRREGULAR_SHARES = (0.3, 0.25, 0.25, 0.15, 0.05)
_STEADY, _BLANK = 0.8, 0.1  # share with addresses of their own, and without any; the rest roams
_ROAMING_POOL = 120


def draw_fleet(
    seed: int, domain: str, now: datetime, count: int, irregular: float = 0.0
) -> list[Account]:
    """`count` accounts, all of them older than a history of 200 days.

    irregular: share of the accounts that are not clockwork; they take the places of others.
    """
    random = np.random.default_rng([seed, 21])
    shares = np.array(list(_KINDS.values()), float) / sum(_KINDS.values())
    drawn = random.choice(list(_KINDS), count - len(_ALWAYS), p=shares).tolist()
    fleet = [
        _account(random, index, kind, domain, now) for index, kind in enumerate([*_ALWAYS, *drawn])
    ]
    number = min(round(irregular * count), len(drawn))
    return [*fleet[: count - number], *_irregular(seed, domain, now, range(count - number, count))]


def _irregular(seed: int, domain: str, now: datetime, places: range) -> list[Account]:
    """Accounts that are not clockwork, old enough for three quarterly mailings."""
    random = np.random.default_rng([seed, 24])
    more = random.choice(IRREGULAR, len(places), p=_IRREGULAR_SHARES).tolist()
    kinds = [*IRREGULAR, *more][: len(places)]
    drawn = [
        _account(random, index, kind, domain, now)
        for index, kind in zip(places, kinds, strict=True)
    ]
    oldest = now - timedelta(days=500)
    return [
        replace(account, created_at=min(account.created_at, oldest), scale=max(account.scale, 0.7))
        for account in drawn
    ]


def _account(random: Random, index: int, kind: str, domain: str, now: datetime) -> Account:
    name = f"{kind.replace('_', '-')}{index}"
    age = timedelta(days=float(random.uniform(200, 900)))
    scale = float(np.exp(random.normal(0.0, 0.5)))
    return Account(
        index=index,
        primary=f"{name}@{domain}",
        addresses=(f"{name}@{domain}",),
        kind=kind,
        display_name=name,
        alias=name,
        object_id=str(uuid.UUID(bytes=random.bytes(16), version=4)),
        created_at=(now - age).replace(microsecond=0),
        source_ips=_sources(random, index),
        reply_to=None,
        billing_status="BillingPolicyValid",
        suspended_at=None,
        scale=round(scale, 2),
    )


def _sources(random: Random, index: int) -> tuple[str, ...]:
    """One or two addresses for life, none that is known, or many of a cloud service."""
    habit = random.random()
    if habit < _STEADY:
        own = (f"198.51.100.{index + 1}", f"192.0.2.{index + 1}")
        return own[: 1 + int(random.random() < 0.4)]
    if habit < _STEADY + _BLANK:
        return ("",)
    return tuple(f"2001:db8:{number:x}::{index + 1:x}" for number in range(_ROAMING_POOL))
