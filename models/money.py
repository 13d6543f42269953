"""Money as text: exact decimals, never floats."""

from __future__ import annotations

from decimal import Decimal

MICRO = Decimal("0.000001")


def plain(amount: Decimal | None) -> str | None:
    """The amount without exponent and without trailing zeros; None stays None."""
    if amount is None:
        return None
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def times(price: Decimal | None, recipients: float | None) -> Decimal | None:
    """Price × recipients. Whole counts stay exact; projected ones are rounded to a millionth."""
    if price is None or recipients is None:
        return None
    if float(recipients).is_integer():
        return price * int(recipients)
    return (price * Decimal(repr(round(recipients, 3)))).quantize(MICRO)
