"""Steps to take: pasted into shells, so that nothing of a sender's name may run."""

from __future__ import annotations

import pytest

from models.incidents.runbooks import STEPS, next_steps


@pytest.mark.parametrize("kind", sorted(STEPS))
@pytest.mark.parametrize(
    "name", ["a@contoso.com; rm -rf ~", "$(id)@contoso.com", "'`x`'@contoso.com", "a b@contoso.com"]
)
def test_a_hostile_name_stays_out_of_commands(kind: str, name: str) -> None:
    assert not [step for step in next_steps(kind, name) if name in step]


def test_a_plain_address_is_in_its_commands() -> None:
    assert any("hr+pay@contoso.com" in step for step in next_steps("surge", "hr+pay@contoso.com"))
