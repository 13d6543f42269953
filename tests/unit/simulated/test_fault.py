from __future__ import annotations

from collections import Counter

import pytest

from tests.simulated import Faults, FaultyTenant
from tests.simulated.fault import KINDS, Fault, FaultDraws
from tests.unit.simulator.conftest import NOW

EVEN = Faults(0.1, 0.1, 0.1, 0.1, 0.1, seed=1)


def draw(faults: Faults, count: int = 2_000) -> list[Fault | None]:
    draws = FaultDraws(faults)
    return [draws.next(follows_link=True) for _ in range(count)]


def test_the_same_seed_gives_the_same_faults() -> None:
    assert draw(EVEN) == draw(EVEN)
    assert draw(EVEN) != draw(Faults(0.1, 0.1, 0.1, 0.1, 0.1, seed=2))


def test_the_rates_are_kept() -> None:
    counts = Counter(fault.kind for fault in draw(EVEN) if fault)
    assert set(counts) == set(KINDS)
    assert all(150 < count < 250 for count in counts.values())


def test_without_rates_nothing_happens() -> None:
    assert set(draw(Faults(), 50)) == {None}


@pytest.mark.parametrize("rates", [{"rate_429": -0.1}, {"rate_429": 0.6, "rate_503": 0.6}])
def test_rates_are_shares(rates: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="shares"):
        Faults(**rates)  # type: ignore[arg-type] # no seed among them


def test_new_faults_start_a_new_series() -> None:
    tenant = FaultyTenant(now=NOW, days=0, staff=60, faults=Faults(rate_503=1.0))
    first = tenant.draw_fault(follows_link=False)
    assert first is not None
    assert first.kind == "503"
    tenant.faults = Faults(rate_429=1.0)
    second = tenant.draw_fault(follows_link=False)
    assert second is not None
    assert second == Fault("429", first.variant, first.detail)
