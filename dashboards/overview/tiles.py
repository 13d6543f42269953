"""The overview's tiles: one number each, what it was before, and its last weeks."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import accumulate

import streamlit as st

from dashboards.overview.windows import Sent, sent_in
from dashboards.parts.amounts import age, between, change, count, moment, money, percent, percents
from dashboards.parts.check_words import failing_over_time
from dashboards.parts.incident_words import ended_unjudged, open_ones, unjudged_ones
from dashboards.parts.known_words import at_least, expected_words, lacking
from dashboards.parts.tile import Tile, tile_markup
from dashboards.session import readings
from dashboards.session.links import ARROW, link_to
from dashboards.session.view import View
from hve_monitor.clock import days_between
from hve_monitor.plural import plural
from models.cost.documents import CostReport
from models.delivery.rate import (
    Counts,
    delivery_rate,
    final_recipients,
    rate_range,
    unknown_recipients,
)
from models.incidents.cards import IncidentCard
from models.periods import end_of_month

DAY, WEEK = timedelta(days=1), timedelta(days=7)
TREND_DAYS = 28
Link = tuple[str, str, dict[str, str]]
BY_ACCOUNT: Link = ("spend", "By account", {})
BUDGETS: Link = ("spend", "Budgets and what-if", {"part": "Budgets and what-if"})


def overview_tiles(view: View, spent: CostReport | None, cards: list[IncidentCard]) -> None:
    """Draws them in rows that wrap on a narrow screen."""
    with st.container(horizontal=True, gap="small", key="overview-tiles"):
        _spent_tile(view, spent)
        _month_end_tile(view, spent)
        _recipient_tile(view, "Recipients, last 24 h", DAY)
        _recipient_tile(view, "Recipients, last 7 days", WEEK)
        _rate_tile(view)
        _incident_tile(view, cards)
        _readiness_tile(view)
        _read_tile(view)


def _tile(view: View, tile: Tile, link: Link) -> None:
    """link: the page that is one click deeper, what stands there, and what of it is chosen."""
    page, words, chosen = link
    with st.container(border=True, height="stretch", gap="xsmall"):
        st.html(tile_markup(tile))
        link_to(view, page, words, ARROW, **chosen)


def _spent_tile(view: View, spent: CostReport | None) -> None:
    if spent is None:
        _tile(view, Tile("Spent this month", "–", "several currencies"), BY_ACCOUNT)
        return
    currency, so_far = spent.currency, spent.month_to_date
    trend = _trend_days(view)
    costs = readings.daily_costs(view, currency, trend[0], trend[-1])
    tile = Tile(
        "Spent this month",
        at_least(money(so_far.cost, currency), so_far),
        lacking(so_far, currency) or f"{count(so_far.billable_recipients)} billable",
        trend=[float(day.counted.cost) for day in costs if day.counted.cost is not None],
        kind="bar",
        help="Estimate from message traces: delivered recipients × unit price. Not the invoice."
        f" Bars: cost of each of the last {TREND_DAYS} UTC days of which something is known.",
    )
    _tile(view, tile, BY_ACCOUNT)


def _month_end_tile(view: View, spent: CostReport | None) -> None:
    if spent is None:
        _tile(view, Tile("Expected by month end", "–", "several currencies"), BUDGETS)
        return
    ahead = spent.projection
    tile = Tile(
        "Expected by month end",
        expected_words(ahead.month_end, ahead.range, spent.currency),
        f"80 %: {between(ahead.p80)}",
        trend=_path_to_month_end(view, spent),
        help=f"Method: {ahead.method}, from {ahead.history_days} days of history."
        " Area: cumulative cost of the month, straight from today to its expected end.",
    )
    _tile(view, tile, BUDGETS)


def _path_to_month_end(view: View, spent: CostReport) -> list[float]:
    """Positions: each day's cumulative cost; none where the end is unknown."""
    if spent.projection.month_end is None:
        return []
    today = view.now.date()
    costs = readings.daily_costs(view, spent.currency, today.replace(day=1), today)
    sums = accumulate(float(day.counted.cost or 0) for day in costs)
    path, left = list(sums), (end_of_month(today) - today).days
    end = float(spent.projection.month_end)
    return path + [path[-1] + (end - path[-1]) * step / left for step in range(1, left + 1)]


def _recipient_tile(view: View, label: str, span: timedelta) -> None:
    now = view.hour
    sent, before = sent_in(view, now - span, now), sent_in(view, now - WEEK - span, now - WEEK)
    compared = change(sent.recipients, before.recipients) if sent.whole and before.whole else None
    tile = Tile(
        label,
        sent.shown,
        f"{_arrow(compared)}{compared} on week before"
        if compared
        else _no_comparison(sent, before),
        trend=_sums(view, span.days),
        kind="bar" if span == DAY else "area",
        help=f"Whole hours until {moment(now)}. The same hours one week earlier: {before.shown}."
        f" Shape: sums of {span.days} UTC days.",
    )
    _tile(view, tile, ("senders", "Who sent it", {}))


def _arrow(compared: str) -> str:
    """The way of a signed difference."""
    return "▼ " if compared.startswith("-") else "▲ "


def _no_comparison(sent: Sent, before: Sent) -> str:
    if not sent.whole:
        return "not all was read"
    return "none the week before" if before.whole else "week before not read"


def _rate_tile(view: View) -> None:
    now = view.hour
    counts = readings.counts(view, now - WEEK, now)
    rate, before = (
        _whole_rate(counts),
        _whole_rate(readings.counts(view, now - 2 * WEEK, now - WEEK)),
    )
    compared = None if rate is None or before is None else f"{100 * (rate - before):+.1f} points"
    shares = [_whole_rate(row) for row in readings.daily(view, _trend_days(view)[0]).values()]
    worse = bool(compared) and str(compared).startswith("-")
    tile = Tile(
        "Delivery rate, 7 days",
        percent(delivery_rate(counts)),
        f"{_arrow(compared)}{compared}" if compared else _of_known(counts),
        tone=("bad" if worse else "good") if compared else "",
        trend=[100 * share for share in shares if share is not None],
        kind="line",
        help="Delivered of all recipients whose outcome is final; pending ones are left out. Where"
        " statuses are unknown, the range says what the rate of all may be."
        " Line: rate per UTC day whose statuses are all known.",
    )
    _tile(view, tile, ("delivery", "What failed, and why", {}))


def _whole_rate(counts: Counts) -> float | None:
    """The rate where every status is known: known parts alone cannot be compared."""
    return None if unknown_recipients(counts) else delivery_rate(counts)


def _of_known(counts: Counts) -> str:
    """What the rate leaves out."""
    unknown, bounds = unknown_recipients(counts), rate_range(counts)
    if not unknown or bounds is None:
        return "nothing to compare"
    known = final_recipients(counts)
    return (
        f"of {count(known)} known, {count(unknown)} unknown: {percents(bounds)}"
        if known
        else f"the status of {count(unknown)} is unknown"
    )


def _incident_tile(view: View, cards: list[IncidentCard]) -> None:
    raised = [card.detected_at for card in cards]
    new = sum(at > view.now - DAY for at in raised)
    read = readings.coverage(view, view.now - DAY, view.now).complete
    unjudged = len(unjudged_ones(cards))
    tile = Tile(
        "Open incidents",
        str(len(open_ones(cards))),
        f"{new} new in {'24 h' if read else 'what was read of 24 h'}"
        + (f"; {ended_unjudged(unjudged)}" if unjudged else ""),
        tone="bad" if unjudged else "",
        trend=[sum(at.date() == day for at in raised) for day in _trend_days(view)],
        kind="bar",
        help=f"Bars: incidents detected on each of the last {TREND_DAYS} UTC days.",
    )
    _tile(view, tile, ("senders", "Each with its reasons", {}))


def _readiness_tile(view: View) -> None:
    report = readings.readiness(view)
    failed, checked = report.failed, len(report.findings)
    unknown = sum(finding.status == "unknown" for finding in report.findings)
    beside = f", {count(unknown)} unknown" if unknown else ""
    tile = Tile(
        "Checks that fail",
        count(failed) if checked > unknown else "unknown",
        f"of {plural(checked, 'check')}{beside}" if checked else "nothing was checked",
        trend=list(failing_over_time(report.history or []).values()),
        help="Is every account set up right: settings, billing, credentials, sign-in."
        " Area: failing checks after each change.",
    )
    _tile(view, tile, ("readiness", "What to fix", {}))


def _read_tile(view: View) -> None:
    report, days = readings.coverage(view), readings.coverage_days(view, _trend_days(view)[0])
    shares = days.groupby("day")["share"].mean().tolist()
    gaps = plural(len(report.gaps), "gap") if report.gaps else "nothing read"
    known = {True: "complete", False: gaps, None: "unknown"}
    oldest = next(iter(readings.reads(view)), None)
    tile = Tile(
        "What was read",
        known[report.complete],
        "never read"
        if oldest is None or oldest.read_at is None
        else f"{age(max(view.now - oldest.read_at, timedelta(0)))} old",
        trend=[100.0 * share for share in shares],
        kind="bar",
        help="Whether every window of every address was read. Bars: per cent of each UTC day that"
        " was read, over all accounts.",
    )
    _tile(view, tile, ("health", "Gaps, runs and quota", {}))


def _trend_days(view: View) -> list[date]:
    today = view.now.date()
    return list(days_between(today - timedelta(days=TREND_DAYS - 1), today))


def _sums(view: View, days: int) -> list[int]:
    """Recipients of every run of so many days."""
    daily = readings.daily(view, _trend_days(view)[0])
    counts = [int(daily.get(str(day), {}).get("recipients") or 0) for day in _trend_days(view)]
    return [sum(counts[end - days : end]) for end in range(days, len(counts) + 1)]
