"""Findings say what to pin, and compare what is pinned."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from models.invoice.causes import causes
from models.invoice.ledger import LedgerSettings
from models.invoice.rate import Pinned
from models.invoice.undocumented import discoveries
from tests.unit.models.invoice.test_ledger import hours, one, rows, uneven


def test_a_unit_that_is_not_the_pinned_one_is_told() -> None:
    usage = hours(uneven)
    counted = usage.recipients(("delivered",), 0)
    measured = [replace(row, quantity=Decimal(counted[row.day]) / 1_000_000) for row in rows(usage)]
    ledger = one(usage, measured, settings=LedgerSettings(recipients_per_unit=1))
    (unit,) = [finding for finding in discoveries(ledger) if finding.kind == "meter_unit"]
    assert unit.value == 1_000_000
    assert "not 1 as pinned" in unit.text


def test_a_pinned_ratio_that_holds_is_kept() -> None:
    usage = hours(uneven)
    cheaper = [replace(row, amount=row.amount * Decimal("0.9")) for row in rows(usage)]
    ledger = one(usage, cheaper, settings=LedgerSettings(Pinned(ratio=Decimal("0.9"))))
    assert ledger.applied_rate.ratio == Decimal("0.9")
    assert {line.status for line in ledger.days()} <= {"matched", "late"}


def test_a_pinned_meter_is_no_finding_and_two_of_them_are_a_suspect() -> None:
    usage = hours(uneven)
    pinned = [replace(row, is_hve=True) for row in rows(usage)]
    kinds = {finding.kind for finding in discoveries(one(usage, pinned))}
    assert "meter" not in kinds
    other = replace(pinned[19], meter=replace(pinned[19].meter, name="Data Out"))
    ledger = one(usage, [*pinned, replace(other, amount=Decimal(1))])
    line = next(day for day in ledger.days() if day.day == other.day)
    assert "foreign_meter" in {cause.kind for cause in causes(ledger, line)}


def test_noisy_days_agree_only_nearly_and_that_is_told() -> None:
    usage = hours(uneven)
    noisy = [
        replace(row, amount=row.amount * (1 + Decimal(row.day.day % 7 - 3) / 1000))
        for row in rows(usage)
    ]
    kinds = {finding.kind: finding.value for finding in discoveries(one(usage, noisy))}
    assert kinds["inexact"] in (0.001, 0.01)
