"""What the rows of a file say, counted from the file alone: no model, no mart, no store."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from tests.unit.stores.five_stores import Sent

PRICE = Decimal("0.000042")  # USD for a delivered recipient since June 2026
STATUSES = ("delivered", "failed", "quarantined", "filtered_as_spam", "pending")


@dataclass(frozen=True)
class Truth:
    """Counts of some rows; a count by status is None where no row carries a status."""

    rows: Sequence[Sent]

    @property
    def recipients(self) -> int:
        """One row is one recipient of one message; none of the files names a list."""
        return len(self.rows)

    @property
    def messages(self) -> int:
        """Different ids."""
        return len({row.id for row in self.rows})

    @property
    def unknown(self) -> int:
        """Rows without a status."""
        return sum(not row.status for row in self.rows)

    def of_status(self, status: str) -> int | None:
        """Rows of a status, None where none carries any."""
        if self.unknown == len(self.rows):
            return None
        return sum(row.status == status for row in self.rows)

    @property
    def delivered(self) -> int | None:
        """What Microsoft charges for, as far as it is known."""
        return self.of_status("delivered")

    @property
    def cost(self) -> Decimal | None:
        """Of the known part."""
        return None if self.delivered is None else self.delivered * PRICE

    @property
    def settled(self) -> int:
        """Rows whose outcome is final."""
        return sum(row.status in STATUSES[:4] for row in self.rows)

    @property
    def rate(self) -> float | None:
        """Delivered of the settled ones."""
        return (self.delivered or 0) / self.settled if self.settled else None


def truth(rows: Iterable[Sent], since: datetime | None = None, account: str | None = None) -> Truth:
    """Of all rows, of those from an instant on, of one account."""
    first = "" if since is None else f"{since:%Y-%m-%dT%H:%M:%SZ}"
    return Truth(
        [row for row in rows if row.received_at >= first and account in (None, row.sender)]
    )


def by_account(rows: Iterable[Sent], since: datetime | None = None) -> dict[str, Truth]:
    """The truth of each account that sent."""
    kept = truth(rows, since).rows
    return {name: truth(kept, account=name) for name in sorted({row.sender for row in kept})}
