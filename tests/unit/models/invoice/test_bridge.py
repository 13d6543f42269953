"""The steps from the estimate to the invoice add up exactly."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from models.invoice.bridge import invoice_bridge
from models.invoice.documents import MonthReconciliation
from tests.unit.documents import filled

METER = {"service": "s", "category": "c", "subcategory": "", "name": "m", "resource_group": ""}
amounts = st.decimals(-100, 100, places=9)


def row(**more: Any) -> MonthReconciliation:
    return filled(MonthReconciliation, currency="USD", meters=[METER], **more)


def test_the_parts_of_a_month_are_its_steps() -> None:
    month = row(
        estimated="3.8635",
        expected="3.6703",
        late="0.082",
        credits="-0.0193",
        residual="-0.0485",
        invoiced="3.5205",
    )
    bridge = invoice_bridge([month], "USD")
    assert bridge is not None
    assert {step.step: str(step.amount) for step in bridge.steps} == {
        "estimate": "3.8635",
        "price": "-0.1932",
        "not_posted": "-0.082",
        "credit": "-0.0193",
        "unexplained": "-0.0485",
        "invoice": "3.5205",
    }


@given(st.lists(st.tuples(st.none() | amounts, *[amounts] * 4), min_size=1, max_size=3))
def test_the_steps_add_up_to_the_invoice(scopes: list[tuple[Decimal | None, ...]]) -> None:
    months = []
    for estimated, expected, late, credit, residual in scopes:
        assert expected is not None
        assert late is not None
        assert credit is not None
        assert residual is not None
        invoiced = expected - late + residual + credit
        months.append(
            row(
                estimated=None if estimated is None else str(estimated),
                expected=str(expected),
                late=str(late),
                credits=str(credit),
                residual=str(residual),
                invoiced=str(invoiced),
            )
        )
    bridge = invoice_bridge(months, "USD")
    assert bridge is not None
    *steps, invoice = bridge.steps
    assert sum(step.amount for step in steps) == invoice.amount


def test_what_was_not_invoiced_has_no_bridge() -> None:
    assert invoice_bridge([], "USD") is None
    assert invoice_bridge([row(invoiced=None)], "USD") is None
    assert invoice_bridge([row(invoiced="1")], "EUR") is None
