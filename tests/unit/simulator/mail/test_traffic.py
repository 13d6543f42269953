from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from simulator import Account, SimulatedTenant
from simulator.mail.block import EXPANDED, FAILED
from simulator.mail.instant import HOUR, MINUTE, day_of


def account_of(tenant: SimulatedTenant, kind: str) -> Account:
    return next(account for account in tenant.accounts if account.kind == kind)


def days_of(tenant: SimulatedTenant) -> range:
    return range(tenant.traffic.first_day, day_of(tenant.clock))


def hourly(tenant: SimulatedTenant, kind: str) -> np.ndarray:
    index = account_of(tenant, kind).index
    blocks = [tenant.traffic.block(index, day) for day in days_of(tenant)]
    hours = [block.received // HOUR % 24 for block in blocks]
    return np.concatenate([np.bincount(hour, minlength=24) for hour in hours])


@pytest.mark.parametrize("kind", ["alerts", "ticketing", "scan", "batch"])
def test_hourly_counts_are_over_dispersed(tenant: SimulatedTenant, kind: str) -> None:
    counts = hourly(tenant, kind)
    assert counts.var() / counts.mean() > 1.8


def test_trace_id_and_recipient_are_unique(tenant: SimulatedTenant) -> None:
    seen: Counter[tuple[bytes, int]] = Counter()
    for account in tenant.accounts:
        for day in days_of(tenant):
            block = tenant.traffic.block(account.index, day)
            ids = [row.tobytes() for row in block.ids]
            seen.update(
                zip((ids[at] for at in block.message), block.recipient.tolist(), strict=True)
            )
    assert max(seen.values()) == 1


def test_addresses_are_unique(tenant: SimulatedTenant) -> None:
    directory = tenant.traffic.directory
    numbers = [*range(-4, 3_000), *range(1_000_000, 1_004_000)]
    assert len({directory.address(number) for number in numbers}) == len(numbers)
    spelled = directory.address(17, letter_case=1)
    assert spelled != spelled.lower()
    assert directory.number_of(spelled) == 17
    assert directory.number_of("nobody@fabrikam.com") is None


def test_rows_show_late_and_settle_within_four_hours(tenant: SimulatedTenant) -> None:
    index = account_of(tenant, "ticketing").index
    blocks = [tenant.traffic.block(index, day) for day in days_of(tenant)]
    lag = np.concatenate([block.visible - block.received for block in blocks])
    settling = np.concatenate([block.final_from - block.received for block in blocks])
    assert lag.min() >= MINUTE
    assert lag.max() <= 3 * HOUR
    assert settling.max() <= 4 * HOUR
    assert np.median(settling) < 5 * MINUTE


def test_a_list_mailing_has_one_expanded_row_and_its_members(tenant: SimulatedTenant) -> None:
    index = account_of(tenant, "newsletter").index
    blocks = [tenant.traffic.block(index, day) for day in days_of(tenant)]
    block = next(block for block in blocks if (block.final == EXPANDED).any())
    messages = block.message[block.final == EXPANDED]
    assert len(messages) == 4
    members = [(block.message == message).sum() - 1 for message in messages]
    assert sum(members) >= 60


def test_messages_outside_lists_have_at_most_fifty_recipients(tenant: SimulatedTenant) -> None:
    for account in tenant.accounts:
        for day in days_of(tenant):
            block = tenant.traffic.block(account.index, day)
            direct = ~np.isin(block.message, block.message[block.final == EXPANDED])
            assert np.bincount(block.message[direct], minlength=1).max() <= 50


def test_rows_come_newest_first(tenant: SimulatedTenant) -> None:
    block = tenant.traffic.block(2, tenant.traffic.first_day)
    assert all(earlier >= later for earlier, later in pairwise(block.received.tolist()))


def test_ids_lead_back_to_account_and_day(tenant: SimulatedTenant) -> None:
    day = tenant.traffic.first_day + 1
    block = tenant.traffic.block(4, day)
    assert tenant.traffic.locate(block.ids[0].tobytes()) == (4, day)
    assert tenant.traffic.locate(bytes(16)) is None


def test_a_small_share_fails() -> None:
    tenant = SimulatedTenant(seed=3, days=20, staff=400)
    index = account_of(tenant, "codes").index
    finals = np.concatenate([tenant.traffic.block(index, day).final for day in days_of(tenant)])
    assert 0.001 < (finals == FAILED).mean() < 0.02
