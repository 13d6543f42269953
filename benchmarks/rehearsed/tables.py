"""The counts as tables."""

from __future__ import annotations

import statistics

from benchmarks.measure import table
from benchmarks.plain.naive_alarms import THRESHOLDS
from benchmarks.rehearsed.examiner import NAIVE, NAIVE_QUIET
from benchmarks.rehearsed.tally import Tally


def report(tally: Tally, blank: Tally) -> None:
    """Prints the tables."""
    print(table(recall_rows(tally, blank)))
    print("\n" + table(alike_rows(tally, blank)))
    print("\n" + table(rate_rows(tally, blank)))
    print("\n" + table(habit_rows(tally)))
    if tally.quiet_found:
        print("\n" + table(outage_rows(tally)))


def recall_rows(tally: Tally, blank: Tally) -> list[tuple[str, ...]]:
    """Recall per family and strength, with delay, beside the naive alarms."""
    best = {name: best_threshold(tally, name) for name in NAIVE}
    head = ("family", "strength", "labels", "recall", "high", "recall without source")
    rows = [(*head, "median delay (h)", *(f"{name} > {best[name]:g}" for name in NAIVE))]
    for key in sorted(tally.labels):
        labels = tally.labels[key]
        delays = tally.delays[key]
        naive = (tally.naive_found[name, best[name], key] / labels for name in NAIVE)
        rows.append(
            (
                *key,
                str(labels),
                f"{tally.found[key] / labels:.2f}",
                f"{tally.high[key] / labels:.2f}",
                f"{blank.found[key] / labels:.2f}",
                f"{statistics.median(delays):.2f}" if delays else "–",
                *(f"{share:.2f}" for share in naive),
            )
        )
    return rows


def best_threshold(tally: Tally, name: str) -> float:
    """The lowest threshold with at most one alarm beyond the labels per account-month."""
    return next(
        (
            threshold
            for threshold in THRESHOLDS
            if tally.naive_beyond[name, threshold] <= tally.account_months
        ),
        THRESHOLDS[-1],
    )


def alike_rows(tally: Tally, blank: Tally) -> list[tuple[str, ...]]:
    """Benign look-alikes and how they were raised."""
    rows = [
        ("look-alike", "labels", "raised high", "high without source", "raised at all", "twice")
    ]
    for family, labels in sorted(tally.alike.items()):
        high = (str(counts.alike_high[family]) for counts in (tally, blank))
        medium, again = tally.alike_medium[family], tally.alike_again[family]
        rows.append((family, str(labels), *high, str(medium), str(again)))
    return rows


def rate_rows(tally: Tally, blank: Tally) -> list[tuple[str, ...]]:
    """Incidents beyond the labels."""
    rows = [("incidents beyond the labels", "with source", "without source")]
    both = (tally, blank)
    medium = (f"{sum(counts.beyond.values()) / counts.account_months:.2f}" for counts in both)
    high = (f"{counts.beyond['high'] / counts.tenant_months:.2f}" for counts in both)
    rows.append(("high and medium per account-month", *medium))
    rows.append(("high per tenant-month", *high))
    high = (f"{counts.beyond['high'] / counts.account_months:.3f}" for counts in both)
    rows.append(("high per account-month", *high))
    return rows


def habit_rows(tally: Tally) -> list[tuple[str, ...]]:
    """Incidents beyond the labels per account-month, by the habit of the account."""
    head = ("habit", "account-months", "silences", "high silences", "other", "high other")
    rows = [(*head, *(f"silences: {name}" for name in NAIVE_QUIET))]
    for habit, months in sorted(tally.habit_months.items()):
        counts = []
        for what in ("silence", "other"):
            medium, high = (tally.habit_beyond[habit, what, level] for level in ("medium", "high"))
            counts += [medium + high, high]
        counts += [tally.quiet_beyond[name, habit] for name in NAIVE_QUIET]
        rows.append((habit, f"{months:.0f}", *(f"{count / months:.2f}" for count in counts)))
    return rows


def outage_rows(tally: Tally) -> list[tuple[str, ...]]:
    """Outages of irregular accounts."""
    head = ("outages of", "labels", "in time", "later", "median delay (days)")
    rows = [(*head, *(f"in time: {name}" for name in NAIVE_QUIET))]
    for key in sorted(key for key in tally.labels if key[0] == "outage"):
        labels, delays = tally.labels[key], tally.delays[key]
        shares = [counts[key] / labels for counts in (tally.found, tally.late)]
        naive = [tally.quiet_found[name, key[1]] / labels for name in NAIVE_QUIET]
        delay = f"{statistics.median(delays) / 24:.1f}" if delays else "–"
        shown = [f"{share:.2f}" for share in (*shares, *naive)]
        rows.append((key[1], str(labels), *shown[:2], delay, *shown[2:]))
    return rows
