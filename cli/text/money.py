"""What `hve cost` and `hve export` print for people beyond spend and accounts."""

from __future__ import annotations

from collections.abc import Iterator

from cli.text.tables import Document, cell_text, clean, coverage, money_text, table_text


def cost_lines(document: Document) -> list[str]:
    """Payers, reconciliation, corrections and closing, a line each."""
    return [
        *_budgets(document),
        *_centers(document),
        *_reconciliation(document),
        *_corrections(document),
        *_closed(document),
    ]


def exported(document: Document) -> str:
    """Files of an export."""
    count = "" if document["rows"] is None else f", {document['rows']:,} rows"
    return "\n".join([f"{document['format']}{count}:", *document["files"]])


def _budgets(document: Document) -> Iterator[str]:
    for budget in document["budgets"]:
        yield f"budget {budget['name']}: {budget['used_ratio']:.0%} of {budget['amount']} used"
        for each in budget["thresholds"]:
            if each["passed_on"]:
                yield f"  {each['threshold']:.0%} passed on {each['passed_on']}"
            elif each["passes_on_expected"]:
                yield f"  {each['threshold']:.0%} expected on {each['passes_on_expected']}"


def _centers(document: Document) -> Iterator[str]:
    booked = {
        line["cost_center"]: line["booked"]
        for line in (document["invoice"] or {"by_cost_center": []})["by_cost_center"]
        if line["kind"] != "residual"
    }
    for row in document["by_cost_center"]:
        name = row["cost_center"]
        share = f", {booked[name]} of the invoice" if name in booked else ""
        cost = "unknown" if row["cost"] is None else row["cost"]
        yield f"{name or 'unallocated'}: {cost} {document['currency']} estimated{share}"


def _reconciliation(document: Document) -> Iterator[str]:
    for month in document["reconciliation_months"]:
        yield (
            f"invoiced {month['invoiced']} {month['currency'] or ''} of {month['expected']}"
            f" expected ({month['status']}): {month['scope']}"
        )
        yield from (f"  {finding['text']}" for finding in month["findings"])
    for row in document["reconciliation"]:
        if row["status"] == "unexplained":
            causes = "; ".join(cause["text"] for cause in row["causes"])
            yield f"  {row['day_utc']} unexplained: {row['residual']} ({causes})"


def _corrections(document: Document) -> Iterator[str]:
    found = document["corrections"]
    if found:
        newest = found[0]
        yield (
            f"{len(found)} corrections of past days, the newest {newest['account']}"
            f" {newest['day_utc']}: {newest['change']:+,} recipients"
        )


def _closed(document: Document) -> Iterator[str]:
    for each in document["closed"] or []:
        yield f"{document['month']} closed for {each['tenant']} at {each['closed_at']}"
    for each in document["restatements"]:
        name = each["account"] or each["what"]
        yield f"  restated: {name} {each['closed']} is now {each['now']}"


def cost(document: Document) -> str:
    """Spend of the month and the accounts that make it."""
    return "\n".join(
        [
            _spent(document),
            _expected(document),
            table_text(document["by_account"]),
            *map(cell_text, cost_lines(document)),
            *_backtest(document.get("backtest")),
            coverage(document["coverage"]),
        ]
    )


def _backtest(found: Document | None) -> list[str]:
    """Errors and cover of earlier projections; nothing when they were not asked for."""
    if found is None:
        return []
    if found["unavailable"]:
        return [f"backtest: unavailable: {found['unavailable']}"]
    periods = len(found["periods"])
    head = f"backtest: {periods} periods of {found['period_days']} days, seen from their day"
    return [head, table_text(found["rows"])]


def whatif(document: Document) -> str:
    """Cost of a planned change, its messages and what it does to budgets."""
    currency, monthly, total = document["currency"], document["per_month"], document["total"]
    messages, months = document["messages"], document["months"]
    each_send = (
        f"{document['account']}: {money_text(document['cost_per_send'])} {currency} each send of"
        f" {document['recipients_per_send']:,} recipients, in {messages['per_send']:,} messages of"
        f" {messages['recipients_per_message']} or one to a distribution list (its members cost"
        " the same)"
    )
    in_all = (
        f"{months[0]['month']} to {months[-1]['month']}: {money_text(total['cost'])} {currency},"
        f" {total['sends']} sends, {total['recipients']:,} recipients"
    )
    a_month = [
        f"a month: {money_text(each['cost'])} {currency}, {each['recipients']:,} recipients"
        for each in (monthly,)
        if each is not None
    ]
    effects = [_budget_effect(each, currency) for each in document["budgets"]]
    return clean("\n".join([each_send, *a_month, in_all, *effects]))


def _budget_effect(budget: Document, currency: str) -> str:
    return (
        f"budget {budget['name']}: {money_text(budget['usual'])} + {money_text(budget['added'])} ="
        f" {money_text(budget['together'])} of {budget['amount']} {currency} a {budget['period']}"
        + ("; the change passes it" if budget["passes"] else "")
    )


def _spent(document: Document) -> str:
    spent = document["month_to_date"]
    return (
        f"{document['month']}: {money_text(spent['cost'])} {document['currency']} so far"
        f" ({money_text(spent['billable_recipients'])} billable recipients, estimated from traces)"
    )


def _expected(document: Document) -> str:
    projection = document["projection"]
    if projection["p80"] is None:
        return f"month end: {projection['method']}"
    low, high = projection["p80"]
    return (
        f"month end: {money_text(projection['month_end'])} {document['currency']}, 80 % between"
        f" {money_text(low)} and {money_text(high)} ({projection['method']})"
    )
