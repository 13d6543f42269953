"""Addresses of the organisation: staff, distribution lists and addresses that do not exist.

A recipient is a number. From 0 on: staff in order of hiring (numbers beyond the first head count
are later hires). Below 0: distribution lists. From `UNKNOWN` on: no such mailbox. From `EXTERNAL`
on: people of another organisation, whom this service never reaches.
"""

from __future__ import annotations

from functools import cache

UNKNOWN = 1_000_000
UNKNOWN_COUNT = 4_000
EXTERNAL = 2_000_000
EXTERNAL_DOMAIN = "fabrikam.com"
SITES = ("berlin", "hamburg", "leipzig", "munich")
_HIRES_PER_DAY = 0.0003  # about ten per cent of the staff in a year

_FIRST_NAMES = (
    "anna ben clara david elena felix greta hugo ines jonas katrin lukas maria nils olga paul "
    "rosa simon tina ulrich vera walter xenia yusuf zoe aylin boris carla dora emil fatma georg "
    "hanna ivan jana karl lena marco nora oskar"
)
_LAST_NAMES = (
    "adler bauer conrad dietz ebert fischer graf hartmann iversen jung keller lang meyer neumann "
    "otto peters quast richter schmidt thiel ulrich vogel weber xander yilmaz zimmer arnold beck "
    "clausen dorn engel frank gross huber imhof jansen koch lorenz maier nowak oswald pohl rau "
    "sauer tesch uhl voss wolf albers brandt cramer decker ernst fuchs geiger haas ihde jost kern "
    "lutz"
)
_FIRST, _LAST = _FIRST_NAMES.split(), _LAST_NAMES.split()
_NAMES = len(_FIRST) * len(_LAST)


@cache
def _local(number: int) -> str:
    """A unique local part per number; 1,009 spreads family names over neighbours."""
    spread = (number * 1009) % _NAMES
    name = f"{_FIRST[spread % len(_FIRST)]}.{_LAST[spread // len(_FIRST)]}"
    return name if number < _NAMES else f"{name}{number // _NAMES + 1}"


class Directory:
    """Maps recipient numbers to addresses and back; `staff` is the first head count."""

    def __init__(self, domain: str, staff: int, first_day: int) -> None:
        self.domain = domain
        self.staff = staff
        self._first_day = first_day
        self._numbers: dict[str, int] = {}

    def headcount(self, day: int) -> int:
        """Staff on a UTC day number; grows slowly up to twice the start, never shrinks."""
        gained = max(0, day - self._first_day) * _HIRES_PER_DAY * self.staff
        return self.staff + min(int(gained), self.staff)

    def address(self, number: int, letter_case: int = 0) -> str:
        """The address as lower case (0), with capital name (1) or with capital domain (2)."""
        local = self._local_part(number)
        if letter_case == 1:
            return f"{local.title()}@{self.domain}"
        if number >= EXTERNAL:
            return f"{local}@{EXTERNAL_DOMAIN}"
        domain = self.domain.capitalize() if letter_case == 2 else self.domain
        return f"{local}@{domain}"

    def number_of(self, address: str) -> int | None:
        """The recipient number of an address in any letter case; None when nobody has it."""
        if not self._numbers:
            numbers = (
                *range(-len(SITES), 2 * self.staff),
                *range(UNKNOWN, UNKNOWN + UNKNOWN_COUNT),
            )
            # Built aside and put in place at once: requests run in several threads.
            self._numbers = {self.address(number): number for number in numbers}
        return self._numbers.get(address.lower())

    def _local_part(self, number: int) -> str:
        if number < 0:
            return f"all-{SITES[-number - 1]}"
        if number >= EXTERNAL:
            return _local(number - EXTERNAL)
        # Leavers and guesses of a spammer: the same names with a year behind them.
        return f"{_local(number - UNKNOWN)}.79" if number >= UNKNOWN else _local(number)
