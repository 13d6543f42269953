"""What `hve cost`, `hve whatif` and `hve export` print for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from msgspec import UNSET, UnsetType

from cli.text.tables import cell_text, clean, coverage, money_text, table_text
from dashboards.parts.amounts import (
    UNKNOWN,
    change_words,
    count,
    counted,
    digits,
    moment,
    money,
    percent,
    signed,
)
from dashboards.parts.cost_words import NO_CENTER, group_name
from dashboards.parts.known_words import at_least
from hve_monitor.plural import agreeing, plural, whole_percent

if TYPE_CHECKING:  # commands that print no money start faster without
    from models.cost.documents import (
        AccountCost,
        BudgetStatus,
        ChangeCost,
        ChangedBudget,
        ChangedPeriod,
        CostReport,
        GroupDays,
        GroupMonths,
        KnownPart,
        MonthsBeside,
    )
    from models.forecast.backtest import Backtest
    from models.usage.corrections import Correction
    from publish.exports.exports import ExportedFiles


STEPS = {
    "estimate": "estimate of all traces",
    "price": "price and billing day",
    "not_posted": "not posted yet",
    "credit": "credit",
    "unexplained": "unexplained",
    "invoice": "invoice",
}


def exported(export: ExportedFiles) -> str:
    """Files of an export."""
    count = "" if export.rows is None else f", {plural(export.rows, 'row')}"
    return "\n".join([f"{export.format}{count}:", *export.files])


def cost(report: CostReport, *, wide: bool = False) -> str:
    """Spend of the month and the accounts that make it, and what else was to be shown."""
    return "\n".join(
        [
            _spent(report),
            _expected(report),
            _accounts(report, wide=wide),
            *map(cell_text, cost_lines(report)),
            *_months(report.months, wide=wide),
            *_days(report.days, wide=wide),
            *_backtest(report.backtest, wide=wide),
            coverage(report.coverage),
        ]
    )


def _accounts(report: CostReport, *, wide: bool) -> str:
    """A line per account; what is known of a part only is marked as on the pages."""
    rows = [
        {
            "account": line.account,
            "billable_recipients": line.billable_recipients,
            "month_to_date": at_least(money_text(line.month_to_date), line),
            "month_end": line.month_end,
            "80_%": line.p80,
            "at_most_so_far": line.range[1],
            "unknown_recipients": line.unknown_recipients,
            "unread_days": line.unread_days,
            "projected_from": line.method,
        }
        for line in report.by_account
    ]
    return table_text(rows, UNKNOWN, wide=wide)


def _months(beside: MonthsBeside | UnsetType, *, wide: bool) -> list[str]:
    """Months beside each other: the newest first, since those that do not fit are left out."""
    if beside is UNSET:
        return []
    newest = beside.months[::-1]
    head = f"{beside.currency} by {beside.by.replace('_', ' ')}, {newest[0]} until {beside.until}:"
    shown = beside.groups if wide or beside.others is None else beside.alone
    rows = [_group(row, group_name(beside.by, row), newest) for row in shown]
    if beside.others is not None and not wide:
        rows.append(_group(beside.others, plural(beside.others.members, "other"), newest))
    rows.append(_group(beside.total, "total", newest))
    return [head, table_text(rows, UNKNOWN, wide=wide)]


def _group(row: GroupMonths, name: str, newest: Sequence[str]) -> dict[str, object]:
    amounts = {
        month.month: at_least(money_text(month.cost), month) for month in reversed(row.months)
    }
    compared = {"difference": signed(row.difference), "of_it": change_words(row.ratio)}
    first = {month: amounts.pop(month) for month in newest[:2]}
    return {"group": name, **first, **compared, **amounts}


def _days(days: GroupDays | UnsetType, *, wide: bool) -> list[str]:
    """The days of one group, the newest last."""
    if days is UNSET:
        return []
    whose = days.name or NO_CENTER
    total = at_least(money_text(days.total.cost), days.total)
    rows = [
        {
            "day_utc": day.day_utc,
            "billable_recipients": day.billable_recipients,
            f"cost_{days.currency}": at_least(money_text(day.cost), day),
            "at_most": day.range[1],
            "unknown_recipients": day.unknown_recipients,
        }
        for day in days.days
    ]
    head = f"{whose} in {days.month}: {total} {days.currency}"
    return [cell_text(head), table_text(rows, UNKNOWN, wide=wide)]


def cost_lines(report: CostReport) -> list[str]:
    """Budgets, payers, reconciliation, corrections and closing, a line each."""
    return [
        *_budgets(report),
        *_centers(report),
        *_reconciliation(report),
        *_corrections(report),
        *_closed(report),
    ]


def _spent(report: CostReport) -> str:
    spent, currency = report.month_to_date, report.currency
    if spent.billable_recipients is None:
        head = f"{report.month}: unknown so far"
    else:
        head = (
            f"{report.month}: {at_least(money(spent.cost, currency), spent)} so far"
            f" ({count(spent.billable_recipients)} billable recipients, estimated from traces)"
        )
    return "\n".join([head, *lacking(spent, currency)])


def lacking(part: KnownPart | AccountCost | BudgetStatus, currency: str) -> list[str]:
    """What is not known of an amount, a line each; nothing where all is known."""
    low, high = part.range
    lines = []
    if part.unknown_recipients:
        ends = f": {money_text(low)} to {money_text(high)} {currency}" if low is not None else ""
        have = agreeing(part.unknown_recipients, "has", "have")
        unknown = plural(part.unknown_recipients, "recipient")
        lines.append(f"  {unknown} {have} no status{ends}")
    if part.unread_days:
        lines.append(f"  days that were not read wholly, which may add to it: {part.unread_days}")
    return lines


def _expected(report: CostReport) -> str:
    projection = report.projection
    if projection.p80 is None:
        return f"month end: {projection.method}"
    low, high = projection.p80
    end = _between(projection.month_end, projection.range)
    return (
        f"month end: {end} {report.currency}, 80 % between"
        f" {money_text(low)} and {money_text(high)} ({projection.method})"
    )


def _between(amount: Decimal | None, ends: tuple[Decimal | None, Decimal | None]) -> str:
    """The amount, or from its least to its most where recipients have no status."""
    low, high = ends
    is_exact = amount is None or low is None or high is None or low == high
    return money_text(amount) if is_exact else f"{money_text(low)} to {money_text(high)}"


def _budgets(report: CostReport) -> Iterator[str]:
    for budget in report.budgets:
        amount = money(budget.amount, report.currency)
        used = "unknown part" if budget.used_ratio is None else percent(budget.used_ratio)
        yield f"budget {budget.name}: {at_least(used, budget)} of {amount} used"
        yield from lacking(budget, report.currency)
        if budget.may_be_passed:
            yield "  may be passed already: what is unknown would pass it"
        if budget.expected is not None:
            expected = _between(budget.expected, budget.expected_range)
            yield f"  {expected} expected by {budget.last}"
        for part in budget.thresholds:
            if part.passed_on:
                yield f"  {whole_percent(part.threshold)} passed on {part.passed_on}"
            elif part.passes_on_expected:
                expected_on = part.passes_on_expected
                yield f"  {whole_percent(part.threshold)} expected on {expected_on}"


def _centers(report: CostReport) -> Iterator[str]:
    invoice = report.invoice
    shares = invoice.shares() if invoice else {}
    for center in report.by_cost_center:
        name = center.cost_center
        share = f", {shares[name].booked} of the invoice" if name in shares else ""
        cost = at_least(money(center.cost, report.currency), center)
        yield f"{name or NO_CENTER}: {cost} estimated{share}"
        yield from lacking(center, report.currency)
    if report.invoice_bridge is not None:
        yield f"from the estimate to the invoice, {report.invoice_bridge.currency}:"
        for step in report.invoice_bridge.steps:
            yield f"  {STEPS[step.step]}: {digits(step.amount)}"


def _reconciliation(report: CostReport) -> Iterator[str]:
    for month in report.reconciliation_months:
        if month.status == "unavailable":
            yield f"nothing was invoiced or sent ({month.status}): {month.scope}"
            continue
        yield (
            f"invoiced {money(month.invoiced, month.currency or '')} of"
            f" {money_text(month.expected)} expected ({month.status}): {month.scope}"
        )
        yield from (f"  {discovery.text}" for discovery in month.findings)
    for day in report.reconciliation:
        if day.status == "unexplained":
            causes = "; ".join(cause.text for cause in day.causes)
            yield f"  {day.day_utc} unexplained: {money_text(day.residual)} ({causes})"


def _corrections(report: CostReport) -> Iterator[str]:
    if report.corrections:
        newest = report.corrections[0]
        yield (
            f"{plural(len(report.corrections), 'correction')} of past days, the newest"
            f" {newest.account} {newest.day_utc}: {_recipients_of(newest)}"
        )


def _recipients_of(correction: Correction) -> str:
    if correction.change is not None:
        noun = agreeing(abs(correction.change), "recipient", "recipients")
        return f"{correction.change:+,} {noun}"
    after = counted(correction.billable_after, "recipient")
    return f"{after} after {count(correction.billable_before)}"


def _closed(report: CostReport) -> Iterator[str]:
    for closed in report.closed or []:
        yield f"{report.month} closed for {closed.tenant} at {moment(closed.closed_at)}"
    for change in report.restatements:
        before, after = money_text(change.closed), money_text(change.now)
        yield f"  restated: {change.account or change.what} {before} is now {after}"


def _backtest(past: Backtest | UnsetType, *, wide: bool) -> list[str]:
    """Errors and cover of earlier projections; nothing where they are not part of the report."""
    if past is UNSET:
        return []
    if past.unavailable:
        return [f"backtest: unavailable: {past.unavailable}"]
    periods = plural(len(past.periods), "period")
    head = f"backtest: {periods} of {past.period_days} days, seen from their day"
    return [head, table_text(past.rows, wide=wide)]


def whatif(change: ChangeCost) -> str:
    """Cost of a planned change, its messages and what it does to budgets."""
    currency, monthly, messages = change.currency, change.per_month, change.messages
    each_send = (
        f"{change.account}: {money_text(change.cost_per_send)} {currency} each send of"
        f" {plural(change.recipients_per_send, 'recipient')}, in"
        f" {plural(messages.per_send, 'message')} of"
        f" {messages.recipients_per_message} or one to a distribution list (its members cost"
        " the same)"
    )
    lines = [each_send]
    if monthly is not None:
        recipients = plural(monthly.recipients, "recipient")
        lines.append(f"a month: {money_text(monthly.cost)} {currency}, {recipients}")
    months, total = change.months, change.total
    lines.append(
        f"{months[0].month} to {months[-1].month}: {money_text(total.cost)} {currency},"
        f" {plural(total.sends, 'send')}, {plural(total.recipients, 'recipient')}"
    )
    lines += [_budget_effect(budget, currency) for budget in change.budgets]
    return clean("\n".join(lines))


def _budget_effect(budget: ChangedBudget, currency: str) -> str:
    return (
        f"budget {budget.name}: {money_text(budget.usual)} + {money_text(budget.added)} ="
        f" {money_text(budget.together)} of {money_text(budget.amount)} {currency} a"
        f" {budget.period} ({budget.first} to {budget.last}){_effect(budget, budget.amount)}"
        + (_next(budget.next, budget.amount) if budget.next else "")
    )


def _next(period: ChangedPeriod, amount: Decimal) -> str:
    return (
        f"\n  the next: {money_text(period.usual)} + {money_text(period.added)} ="
        f" {money_text(period.together)} ({period.first} to {period.last}){_effect(period, amount)}"
    )


def _effect(period: ChangedPeriod, amount: Decimal) -> str:
    """What the change does to the budget; nothing where it stays within."""
    if period.passed_on:
        return f"; already passed without it on {period.passed_on}"
    if period.passes_without:
        return "; expected to be passed without it"
    if period.passes:
        return "; the change passes it"
    high = period.range[1]
    if high is not None and high >= amount:
        return "; may be passed: recipients without a status would pass it"
    return "; unknown whether it is passed" if period.passes is None else ""
