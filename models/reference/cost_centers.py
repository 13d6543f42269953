"""Who pays for an account: cost centers and their owners, from configuration and CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from hve_monitor.addresses import one_address
from hve_monitor.config import Config
from hve_monitor.errors import ConfigError

COLUMNS = ("account", "cost_center", "owner")


@dataclass(frozen=True)
class Center:
    """A cost center and whom to ask about it."""

    name: str
    owner: str


@dataclass(frozen=True)
class Centers:
    """The cost center of every account that has one; all others are unallocated."""

    by_account: Mapping[str, Center]

    def of(self, account: str) -> Center | None:
        """The account's cost center, None when nobody pays for it."""
        return self.by_account.get(account.lower())

    def accounts(self, name: str) -> frozenset[str] | None:
        """Accounts of the cost center, None when there is none of that name."""
        accounts = frozenset(
            account for account, center in self.by_account.items() if center.name == name
        )
        return accounts or None


def read_centers(config: Config) -> Centers:
    """Cost centers of the configuration and of its CSV.

    Raises: ConfigError, one line per mistake.
    """
    by_account: dict[str, Center] = {}
    mistakes = [
        f"cost_centers: {account} belongs to {by_account[account].name} and to {center.name}"
        for center in config.cost_centers
        for account in map(str.lower, center.accounts)
        if by_account.setdefault(account, Center(center.name, center.owner)).name != center.name
    ]
    if config.cost_centers_file is not None:
        mistakes += _read_file(config.cost_centers_file, by_account)
    if mistakes:
        raise ConfigError("\n".join(mistakes))
    return Centers(by_account)


def _read_file(file: Path, by_account: dict[str, Center]) -> list[str]:
    """Adds the accounts of the CSV; returns its mistakes."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        return [f"{file}: cannot be read ({error.strerror}); check cost_centers_file"]
    except UnicodeDecodeError:
        return [f"{file}: is not UTF-8; save it as CSV UTF-8"]
    return list(_mistakes(file, text, by_account))


def _mistakes(file: Path, text: str, by_account: dict[str, Center]) -> Iterator[str]:
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    lines = csv.reader(io.StringIO(text), delimiter=separator)
    header = [name.strip().lower().replace(" ", "_") for name in next(lines, [])]
    if not {"account", "cost_center"} <= set(header):
        yield f"{file}: line 1: columns must be {', '.join(COLUMNS)}, not {', '.join(header)}"
        return
    for row in lines:
        if any(cell.strip() for cell in row):
            mistake = _take(dict(zip(header, map(str.strip, row), strict=False)), by_account)
            if mistake:
                yield f"{file}: line {lines.line_num}: {mistake}"


def _take(row: Mapping[str, str], by_account: dict[str, Center]) -> str | None:
    account, name = one_address(row.get("account", "")), row.get("cost_center", "")
    if account is None:
        return f"'{row.get('account', '').lower()}' is no SMTP address"
    if not name:
        return f"{account} has no cost_center"
    center = by_account.setdefault(account, Center(name, row.get("owner", "")))
    if center.name != name:
        return f"{account} belongs to {center.name} and to {name}"
    return None
