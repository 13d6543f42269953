"""Money: exact decimals, never floats; an amount cut into shares that add up to it exactly."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal

MICRO, CENT = Decimal("0.000001"), Decimal("0.01")


def times(price: Decimal | None, recipients: float | None) -> Decimal | None:
    """Price × recipients. Whole counts stay exact; projected ones are rounded to a millionth."""
    if price is None or recipients is None:
        return None
    if float(recipients).is_integer():
        return price * int(recipients)
    return (price * Decimal(repr(round(recipients, 3)))).quantize(MICRO)


def shares(amount: Decimal, weights: Mapping[str, Decimal], unit: Decimal) -> dict[str, Decimal]:
    """The amount, in whole units, by weight; what rounding leaves goes to the largest remainders.

    Weights are not negative; without any weight nobody gets anything.
    """
    total = sum(weights.values(), Decimal(0))
    if not total:
        return dict.fromkeys(weights, Decimal(0))
    return whole({name: amount * weight / total for name, weight in weights.items()}, amount, unit)


def whole(parts: Mapping[str, Decimal], amount: Decimal, unit: Decimal) -> dict[str, Decimal]:
    """The parts in whole units that add up to the rounded amount, each less than a unit off."""
    rounded = {name: part.quantize(unit, ROUND_FLOOR) for name, part in parts.items()}
    goal = amount.quantize(unit, ROUND_HALF_UP)
    left = int((goal - sum(rounded.values(), Decimal(0))) / unit)
    by_remainder = sorted(parts, key=lambda name: (rounded[name] - parts[name], name))
    for name in by_remainder[: max(left, 0)]:
        rounded[name] += unit
    return rounded
