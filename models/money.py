"""Money: exact decimals, never floats."""

from __future__ import annotations

from decimal import Decimal

MICRO = Decimal("0.000001")


def times(price: Decimal | None, recipients: float | None) -> Decimal | None:
    """Price × recipients. Whole counts stay exact; projected ones are rounded to a millionth."""
    if price is None or recipients is None:
        return None
    if float(recipients).is_integer():
        return price * int(recipients)
    return (price * Decimal(repr(round(recipients, 3)))).quantize(MICRO)
