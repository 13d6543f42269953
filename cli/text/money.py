"""What `hve cost` and `hve export` print for people beyond spend and accounts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Document = dict[str, Any]


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
