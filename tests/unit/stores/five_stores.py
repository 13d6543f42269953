"""Stores of one tenant whose files leave something out, imported as people import them.

Every row is one recipient of one message. `none`: no file says a status. `mixed`: some rows do.
`aggregate`: the store keeps no names. `many`: more accounts than a run judges at once, most of
them without a status. `three`: one account with three days.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from actions.import_files import import_files
from hve_monitor.config import load_config

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
FIRST = datetime(2026, 10, 13, tzinfo=UTC)
NIGHT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
APP, HR, NEWS = "app@contoso.com", "hr@contoso.com", "news@contoso.com"
TOML = """\
[warehouse]
path = "store"

[privacy]
mode = "{mode}"

[[tenants]]
name = "contoso"
accounts = "files"
timezone = "Europe/Berlin"

[[budgets]]
name = "all"
amount = 0.02

[[budgets]]
name = "people"
cost_center = "HR"
amount = 0.01

[[cost_centers]]
name = "HR"
accounts = ["hr@contoso.com"]
"""


@dataclass(frozen=True)
class Sent:
    """One recipient of one message, as a file says it; status "" is a file that does not."""

    id: str
    sender: str
    recipient: str
    received_at: str
    status: str
    from_ip: str
    subject: str


def _sent(
    name: str, sender: str, recipient: str, at: datetime, status: str, ip: str = "192.0.2.10"
) -> Sent:
    return Sent(name, sender, recipient, f"{at:%Y-%m-%dT%H:%M:%SZ}", status, ip, "News of the day")


def _office(account: str, status: str) -> Iterator[Sent]:
    """Four recipients in each of nine hours of every working day until 24 November, noon."""
    for day in range((NOW - FIRST).days + 1):
        for hour in range(7, 16):
            at = FIRST + timedelta(days=day, hours=hour)
            if at.weekday() < 5 and at < NOW:
                for n in range(4):
                    name = f"{account[:3]}-{day}-{hour}-{n}"
                    moment = at + timedelta(minutes=13 * n)
                    yield _sent(name, account, f"staff{n}@contoso.com", moment, status)


def _burst(account: str, status: str) -> Iterator[Sent]:
    """Four hundred strangers in an hour of the night, from another network."""
    for n in range(400):
        at = NIGHT + timedelta(seconds=8 * n)
        yield _sent(f"burst-{n}", account, f"x{n}@fabrikam.com", at, status, "203.0.113.66")


def _storm(account: str, statuses: tuple[str, ...]) -> Iterator[Sent]:
    """Sixty known recipients in an hour, whose statuses follow each other."""
    for n in range(60):
        at = NIGHT + timedelta(hours=8, seconds=50 * n)
        status = statuses[n % len(statuses)]
        yield _sent(f"storm-{n}", account, f"staff{n % 4}@contoso.com", at, status)


def none() -> Iterator[Sent]:
    """Two accounts, one with a burst: 31 days of 36 recipients, no status anywhere."""
    yield from _office(APP, "")
    yield from _office(HR, "")
    yield from _burst(APP, "")


def mixed() -> Iterator[Sent]:
    """HR: 41 delivered, 3 failed, 596 unknown; news: one day known, the next one not."""
    yield from _office(APP, "delivered")
    yield from _storm(APP, ("failed", "", "", ""))
    start = datetime(2026, 11, 10, 9, tzinfo=UTC)
    for n in range(640):
        status = "delivered" if n < 41 else "failed" if n < 44 else ""
        yield _sent(f"hr-{n // 20}", HR, f"p{n}@contoso.com", start + timedelta(seconds=n), status)
    for day, status in ((16, "quarantined"), (17, ""), (18, "pending")):
        for n in range(5):
            at = datetime(2026, 11, day, 10, n, tzinfo=UTC)
            yield _sent(f"news-{day}", NEWS, f"p{n}@contoso.com", at, status)


def aggregate() -> Iterator[Sent]:
    """Two accounts with statuses; in one hour all that one of them sends fails."""
    yield from _office(APP, "delivered")
    yield from _office(HR, "delivered")
    yield from _storm(HR, ("failed",))


def many() -> Iterator[Sent]:
    """503 accounts with a recipient each, three of them with a status."""
    for n in range(503):
        at = datetime(2026, 11, 1 + n % 20, 10, n % 60, tzinfo=UTC)
        status = "delivered" if n < 2 else "failed" if n == 2 else ""
        yield _sent(f"m{n}", f"app{n:03}@contoso.com", f"u{n}@contoso.com", at, status)


def three() -> Iterator[Sent]:
    """18 to 20 November: 10, 12 and 14 recipients, of whom one a day fails, two are pending."""
    for day, count in ((18, 10), (19, 12), (20, 14)):
        for n in range(count):
            at = datetime(2026, 11, day, 9, n, tzinfo=UTC)
            status = "failed" if n == 0 else "pending" if day == 20 and n < 3 else "delivered"
            yield _sent(f"d{day}-{n}", HR, f"p{n}@contoso.com", at, status)


ROWS: dict[str, Callable[[], Iterator[Sent]]] = {
    "none": none,
    "mixed": mixed,
    "aggregate": aggregate,
    "many": many,
    "three": three,
}


def fill(folder: Path, name: str) -> Path:
    """Imports the rows of a store into a folder; its hve.toml, beside which lies rows.csv."""
    file = folder / "hve.toml"
    mode = "aggregate" if name == "aggregate" else "full"
    file.write_text(TOML.format(mode=mode), encoding="utf-8")
    source = folder / "rows.csv"
    with source.open("w", newline="", encoding="utf-8") as stream:
        rows = [asdict(row) for row in ROWS[name]()]
        names = [column for column in rows[0] if any(row[column] for row in rows)]
        table = csv.DictWriter(stream, names, extrasaction="ignore")
        table.writeheader()
        table.writerows(rows)
    config = load_config(file)
    import_files(config, config.served[0], [source], {}, "auto", NOW, lambda *_: None)
    return file
