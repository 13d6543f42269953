"""The readiness board over HTTPS: mistakes in a simulated tenant are found, none is made up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import numpy as np
import pytest

from actions.run import run_once
from hve_monitor.config import Config
from models.readiness.board import ReadinessFinding, current_findings
from simulator.world import access
from tests.contract.conftest import NOW, Site
from tests.contract.test_pipeline import quiet
from tests.misconfiguration import heal, mistakes
from warehouse.reading import read_published

pytestmark = pytest.mark.contract
HOUR = timedelta(hours=1)
Found = tuple[str, str | None, str | None, str]


def board(config: Config, hours: int = 0) -> list[ReadinessFinding]:
    now = NOW + hours * HOUR
    assert run_once(config, now, quiet).exit_code == 0
    with read_published(config.warehouse.path, now) as published:
        return current_findings(published)


def problems(found: list[ReadinessFinding]) -> set[Found]:
    """What does not pass; accounts that rarely send may be without mail in so short a time."""
    return {
        (finding.check, finding.account, finding.subject, finding.status)
        for finding in found
        if finding.status != "pass" and finding.check != "idle_account"
    }


def idle(found: list[ReadinessFinding]) -> set[str]:
    return {finding.account for finding in found
            if finding.check == "idle_account" and finding.status == "warn"}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("seed", [3, 8])
def test_mistakes_are_found_where_they_were_made_and_end_when_they_are_mended(
    make_site: Callable[..., Site], seed: int
) -> None:
    site = make_site(seed=seed, days=30, staff=30)
    tenant, random = site.tenant, np.random.default_rng(seed)
    heal(tenant)
    # Sign-ins of the past do not change any more: who used a password did so before the first run.
    basic = next(mistake for mistake in mistakes() if mistake.name == "basic")
    used = set(basic.make(tenant, tenant.accounts[0]))
    config = site.config(("[limits]", "[readiness]\nidle_days = 3\n\n[limits]"))
    before = board(config)
    assert problems(before) == used
    assert idle(before) == _without_mail(site, 3)

    others = np.array([mistake for mistake in mistakes() if mistake.name != "basic"], object)
    expected: dict[tuple[str, str | None, str | None], str] = {}
    for at, mistake in enumerate(random.permutation(others)[:12]):
        account = tenant.accounts[1 + at]
        expected |= {found[:3]: found[3] for found in mistake.make(tenant, account)}
    tenant.advance(HOUR)
    after = board(config, hours=1)
    assert problems(after) == used | {(*key, status) for key, status in expected.items()}
    for finding in after:
        if (finding.check, finding.account, finding.subject) in expected:
            assert finding.since == NOW + HOUR

    heal(tenant)
    tenant.advance(HOUR)
    assert problems(board(config, hours=2)) == used


def _without_mail(site: Site, days: int) -> set[str]:
    """Accounts old enough that sent nothing since the start of the day so many days ago."""
    start = NOW - days * 24 * HOUR
    last = {row["account"]: row["day_utc"] for row in site.tenant.truth() if row["recipients"]}
    return {
        account.primary
        for account in site.tenant.visible_accounts()
        if account.created_at <= start and last.get(account.primary, "") < str(start.date())
    }


def test_a_permission_that_is_missing_is_named_and_nothing_passes_for_it(
    small_site: Site,
) -> None:
    heal(small_site.tenant)
    small_site.tenant.granted -= {access.POLICIES, access.APPLICATIONS, access.SIGN_INS}
    found = board(small_site.config())
    unknown = {finding.check: finding.evidence for finding in found if finding.status == "unknown"}
    for check, name in (
        ("security_defaults", access.POLICIES),
        ("conditional_access", access.POLICIES),
        ("credentials", access.APPLICATIONS),
        ("app_access", access.APPLICATIONS),
        ("oauth_migration", access.SIGN_INS),
    ):
        assert name in unknown[check]
        assert {finding.status for finding in found if finding.check == check} == {"unknown"}
    assert {finding.status for finding in found} == {"pass", "unknown"} | (
        {"warn"} if idle(found) else set()
    )
