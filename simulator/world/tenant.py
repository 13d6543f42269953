"""The simulated tenant: its accounts, its clock and its secrets."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import numpy as np

from simulator.mail.account import Account, build_accounts, build_people
from simulator.mail.directory import Directory
from simulator.mail.incident import plan_incidents
from simulator.mail.instant import DAY, day_of, micros
from simulator.mail.traffic import SimulatedTraffic
from simulator.world.access import EVERYTHING
from simulator.world.access import IssuedTokens as Tokens
from simulator.world.access import RequestQuota as Quota
from simulator.world.invoice import Invoice
from simulator.world.ledger import DayCount, IncidentLabel, count_truth, list_labels
from simulator.world.readiness import AccessSettings


class SimulatedTenant:
    """A tenant whose past is fixed by its arguments and whose clock moves on request alone.

    Args:
        seed: same seed and same `now`, same tenant, row for row.
        now: first value of the tenant's clock; aware, the present by default.
        days: whole UTC days of history before the day of `now`.
        quota_requests, quota_window_seconds: message-trace quota, on the real clock.
        token_seconds: life of an access token, on the real clock.
        page_delay: seconds that each message-trace answer takes longer.
        name: organisation; the domain is `<name>.com`.
        staff: employees; fewer employees mean fewer messages.
        graph_refused: message traces of Graph answer 401 (True or 401) or 403 (403).
        exchange_refused: every cmdlet answers the 403 of a missing role.
        other_senders: ordinary users who also send mail; they are in no truth.
        domain_of_accounts: domain of the accounts' addresses; the organisation's by default.
        premium: whether the tenant has the licence that sign-in logs need.
        granted: names of permissions, see `permission`; all by default.
        ahead: incidents are placed as seen from so long after `now`; some are still to come then.
    Every argument after `staff` but the senders and the domain is also an attribute to set.
    Raises: ValueError when `now` has no zone or there are too many other senders.
    """

    def __init__(
        self,
        seed: int = 7,
        now: datetime | None = None,
        days: int = 90,
        quota_requests: int = 100,
        quota_window_seconds: float = 300.0,
        token_seconds: int = 3600,
        page_delay: float = 0.0,
        name: str = "contoso",
        staff: int = 1200,
        graph_refused: bool | int = False,
        exchange_refused: bool = False,
        other_senders: int = 0,
        domain_of_accounts: str | None = None,
        premium: bool = True,
        granted: Iterable[str] = EVERYTHING,
        ahead: timedelta = timedelta(0),
    ) -> None:
        self._now = _in_utc(now or datetime.now(UTC).replace(microsecond=0))
        self.seed = seed
        self.token_seconds = token_seconds
        self.page_delay = page_delay
        self.next_link_seconds = 1800.0
        self.name, self.domain = name, f"{name}.com"
        self.quota = Quota(quota_requests, quota_window_seconds)
        self.tokens = Tokens()
        self.graph_refused, self.exchange_refused = graph_refused, exchange_refused
        self.premium, self.granted = premium, set(granted)
        self._name_identities(seed)
        domain = (domain_of_accounts or self.domain).lower()
        self.accounts: list[Account] = build_accounts(seed, domain, self._now)
        self.people = build_people(seed, self.accounts, self.domain, other_senders, self._now)
        self.traffic = self._build_traffic(seed, days, staff, ahead)
        self.azure = Invoice(seed, self.traffic, self.billing_policy_id, lambda: self.clock)
        self.readiness = AccessSettings(seed, self.accounts, self._now)
        self.readiness.own_application["appId"] = self.client_id

    def _name_identities(self, seed: int) -> None:
        random = np.random.default_rng([seed, 9])
        ids = [str(uuid.UUID(bytes=random.bytes(16), version=4)) for _ in range(5)]
        self.tenant_id, self.client_id, self.billing_policy_id, self.lapsed_policy_id, _ = ids
        self.client_secret = f"simulated-{ids[4]}"

    def _build_traffic(
        self, seed: int, days: int, staff: int, ahead: timedelta
    ) -> SimulatedTraffic:
        first_day = day_of(micros(self._now)) - days
        directory = Directory(self.domain, staff, first_day)
        seen_from = micros(self._now + ahead)
        incidents = plan_incidents(seed, self.accounts, staff, seen_from, first_day * DAY, days)
        return SimulatedTraffic(seed, self.accounts, directory, incidents, first_day, self.people)

    @property
    def now(self) -> datetime:
        """The tenant's clock."""
        return self._now

    @property
    def clock(self) -> int:
        """The tenant's clock in microseconds since 1970."""
        return micros(self._now)

    def move_to(self, moment: datetime) -> None:
        """Sets the clock.

        Raises: ValueError when the moment is before the clock or has no zone.
        """
        moment = _in_utc(moment)
        if moment < self._now:
            raise ValueError(f"the clock shows {self._now}; it cannot go back to {moment}")
        self._now = moment

    def advance(self, step: timedelta) -> None:
        """Moves the clock forward.

        Raises: ValueError when the step is negative.
        """
        self.move_to(self._now + step)

    def truth(self) -> list[DayCount]:
        """Counts per (account, UTC day) that a complete reading at the clock must give."""
        return count_truth(self.traffic, self.clock)

    def labels(self) -> list[IncidentLabel]:
        """Injected incidents that have begun; `ended_at` is None while one is running."""
        return list_labels(self.traffic, self.clock)

    def visible_accounts(self) -> list[Account]:
        """Accounts that exist at the clock."""
        return [account for account in self.accounts if account.created_at <= self._now]


def _in_utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone")
    return moment.astimezone(UTC)
