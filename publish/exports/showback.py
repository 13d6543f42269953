"""A month's showback: one CSV over all cost centers, and a page to print for each."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from html import escape
from pathlib import Path

from hve_monitor.clock import iso
from hve_monitor.document import decimal_text
from hve_monitor.files import write_text
from hve_monitor.spreadsheet import write_csv
from models.cost.documents import CenterCost, CostReport

UNALLOCATED = "(unallocated)"
COLUMNS = (
    "month",
    "cost_center",
    "owner",
    "account_count",
    "messages",
    "billable_recipients",
    "currency",
    "estimated_cost",
    "cost_per_message",
    "cost_per_1000_recipients",
    "incident_recipients",
    "incident_cost",
    "invoiced",
    "unknown_recipients",
    "unread_days",
    "estimated_cost_low",
    "estimated_cost_high",
)
STYLE = """
@page { size: A4; margin: 18mm }
body { font: 11pt/1.45 system-ui, sans-serif; color: #1b1b1b; max-width: 46rem; margin: 2rem auto }
h1 { font-size: 20pt; margin: 0 }
p.lead { font-size: 13pt } p.note { color: #595959; font-size: 9.5pt }
table { border-collapse: collapse; width: 100%; margin: 1rem 0 }
th, td { text-align: left; padding: .35rem .5rem; border-bottom: 1px solid #d0d0d0 }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums }
"""


def write_showback(report: CostReport, out: Path, now: datetime) -> list[Path]:
    """Files of the month in the folder `out`: the CSV first, then a page per cost center."""
    table = out / f"hve-showback-{report.month}.csv"
    write_csv(table, COLUMNS, (_line(report, center) for center in report.by_cost_center))
    pages = []
    for center in report.by_cost_center:
        name = _file_name(center.cost_center) if center.cost_center else "unallocated"
        page = out / f"hve-showback-{report.month}-{name}.html"
        write_text(page, page_of(report, center, now), parents=True)
        pages.append(page)
    return [table, *pages]


def page_of(report: CostReport, center: CenterCost, now: datetime) -> str:
    """One print-ready HTML page; needs nothing from elsewhere."""
    name, currency = center.cost_center or UNALLOCATED, report.currency
    owner = f" · owner {escape(center.owner)}" if center.owner else ""
    facts = [
        ("Messages", _count(center.messages)),
        ("Billable recipients", _count(center.billable_recipients)),
        ("Estimated cost", _money(decimal_text(center.cost), currency)),
        *_unknown(center, currency),
        ("Invoiced share", _money(_booked(report, center), currency)),
        ("Cost per message", _money(decimal_text(center.cost_per_message), currency)),
        (
            "Cost per 1,000 recipients",
            _money(decimal_text(center.cost_per_1000_recipients), currency),
        ),
        ("Part of it caused by incidents", _money(decimal_text(center.incident_cost), currency)),
    ]
    head = f"High Volume Email {report.month}: {escape(name)}"
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{head}</title>'
        f"<style>{STYLE}</style></head><body>\n<h1>{escape(name)}</h1>\n"
        f'<p class="lead">High Volume Email in {report.month}{owner}</p>\n'
        f"{_table(('', 'Month'), facts)}\n"
        f"{_table(('Account', f'Estimated cost, {currency}'), _accounts(report, center))}\n"
        '<p class="note">Estimates are delivered recipients in message traces × the price of their'
        " day; they are not the invoice. The invoiced share is cut by those estimates. Made by"
        f" hve-monitor as of {iso(now)}.</p>\n</body></html>\n"
    )


def _accounts(report: CostReport, center: CenterCost) -> list[tuple[str, str]]:
    return [
        (line.account, decimal_text(line.month_to_date) or "unknown")
        for line in report.by_account
        if line.account in center.accounts
    ]


def _table(head: tuple[str, str], rows: list[tuple[str, str]]) -> str:
    body = "".join(
        f'<tr><td>{escape(name)}</td><td class="number">{escape(value)}</td></tr>'
        for name, value in rows
    )
    titles = f'<tr><th>{escape(head[0])}</th><th class="number">{escape(head[1])}</th></tr>'
    return f"<table><thead>{titles}</thead><tbody>{body}</tbody></table>"


def _line(report: CostReport, center: CenterCost) -> list[object]:
    return [
        report.month,
        center.cost_center or UNALLOCATED,
        center.owner,
        len(center.accounts),
        center.messages,
        center.billable_recipients,
        report.currency,
        decimal_text(center.cost),
        decimal_text(center.cost_per_message),
        decimal_text(center.cost_per_1000_recipients),
        center.incident_recipients,
        decimal_text(center.incident_cost),
        _booked(report, center),
        center.unknown_recipients,
        center.unread_days,
        *map(decimal_text, center.range),
    ]


def _booked(report: CostReport, center: CenterCost) -> str | None:
    """The center's share of the invoice in cents; None without an invoice."""
    shares = report.invoice.shares() if report.invoice else {}
    return shares[center.cost_center].booked if center.cost_center in shares else None


def _unknown(center: CenterCost, currency: str) -> list[tuple[str, str]]:
    """What is not known of the center's cost, so that the known part never stands alone."""
    low, high = map(decimal_text, center.range)
    lines = []
    if center.unknown_recipients:
        lines.append(("Recipients without a status", _count(center.unknown_recipients)))
    if center.unread_days:
        lines.append(("Days not read wholly", _count(center.unread_days)))
    if center.unknown_recipients and low is not None:
        lines.append(("Range of the estimated cost", f"{low} to {high} {currency}"))
    return lines


def _count(number: int | None) -> str:
    return "unknown" if number is None else f"{number:,}"


def _money(amount: str | None, currency: str) -> str:
    return "unknown" if amount is None else f"{amount} {currency}"


def _file_name(name: str) -> str:
    """Letters and digits of the name; what that leaves out comes back as a few hash digits."""
    plain = re.sub(r"[^\w.-]+", "-", name).strip("-.")[:80]
    return plain if plain == name else f"{plain}-{hashlib.sha256(name.encode()).hexdigest()[:6]}"
