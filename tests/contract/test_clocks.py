"""Runs by the system clock, without --now, as schedulers start them: fractions, zones, borders.

libfaketime gives each run another clock; the services keep the right one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from tests.contract.conftest import Site
from tests.contract.test_pipeline import truth, usage

PLACES = ("/usr/lib/*/faketime", "/usr/lib/faketime", "/usr/lib64/faketime")
LIBRARIES = [
    str(file) for place in PLACES for file in Path("/").glob(f"{place[1:]}/libfaketimeMT.so.1")
]
pytestmark = [
    pytest.mark.contract,
    pytest.mark.slow,
    pytest.mark.skipif(not LIBRARIES, reason="libfaketime is not installed"),
]
STEP = timedelta(minutes=15)
LAG = timedelta(seconds=60)  # a run ends before the services' clock, which stands still meanwhile
TINY = {"days": 3, "staff": 10}


@pytest.fixture(autouse=True)
def _date_of_the_tenant_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The services must not tell the real time beside the tenant's."""
    usual = uvicorn.Config.__init__

    def without_date(config: uvicorn.Config, *values: Any, **named: Any) -> None:
        usual(config, *values, **named | {"date_header": False})

    monkeypatch.setattr(uvicorn.Config, "__init__", without_date)


@dataclass
class Clocked:
    """A site whose runs go by the system clock, in a zone."""

    site: Site
    zone: str = "UTC"

    def run(self, off: timedelta = timedelta()) -> tuple[int, Any, str]:
        """Exit code, document (None without) and stderr of `hve run --json`, by a clock that is
        off by so much.
        """
        clock = self.site.tenant.now - LAG + off
        ahead = clock.timestamp() - time.time()
        done = subprocess.run(
            [sys.executable, "-m", "cli", "run", "--json", "--config", str(self.site.file)],
            capture_output=True, text=True, check=False, timeout=120,
            env=os.environ | {
                "TZ": self.zone,
                "LD_PRELOAD": LIBRARIES[0],
                "FAKETIME": f"{ahead:+.3f}",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            },
        )  # fmt: skip
        return done.returncode, json.loads(done.stdout) if done.stdout else None, done.stderr

    def assert_true(self, off: timedelta = timedelta()) -> None:
        """A run by the right clock is complete, and days that are over are as the tenant counts."""
        code, document, errors = self.run(off)
        assert code == 0, errors
        assert document["coverage"]["gaps"] == []
        assert document["coverage"]["complete"] is True
        today = str((self.site.tenant.now - LAG).date())
        stored = usage(self.site.config(), self.site.tenant.now)
        assert over(stored, today) == over(truth(self.site), today)


def over(rows: dict[tuple[str, str], Any], today: str) -> dict[tuple[str, str], Any]:
    """Rows of the days before today."""
    past = {key: row for key, row in rows.items() if key[1] < today}
    assert past
    return past


BORDERS = {
    "a fraction, west of midnight": ("2026-11-24T07:59:58.712Z", "America/Los_Angeles"),
    "the end of a month": ("2026-11-30T23:59:58.900Z", "Europe/Berlin"),
    "the hour that comes twice": ("2026-10-25T00:59:58.043Z", "Europe/Berlin"),
    "the hour that is left out": ("2026-03-29T00:59:58.999Z", "Europe/Berlin"),
}


@pytest.mark.parametrize("border", BORDERS)
def test_coverage_is_complete_and_numbers_are_right(
    border: str, make_site: Callable[..., Site]
) -> None:
    text, zone = BORDERS[border]
    clock = datetime.fromisoformat(text)
    whole = clock.replace(microsecond=0)
    clocked = Clocked(make_site(now=whole + LAG, **TINY), zone)
    clocked.assert_true(clock - whole)
    clocked.site.tenant.advance(timedelta(hours=5))
    clocked.assert_true(clock - whole)


WRONG = {
    "twenty hours ahead": (timedelta(hours=20, milliseconds=500), (0, 3)),
    "years ahead": (timedelta(days=5 * 365), (0, 3, 75)),
    "a little back": (timedelta(seconds=-1000), (75,)),
    "years back": (timedelta(days=-7 * 365), (75,)),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_one_run_by_a_wrong_clock_leaves_no_hole_and_deletes_nothing(
    wrong: str, make_site: Callable[..., Site]
) -> None:
    off, codes = WRONG[wrong]
    clocked = Clocked(make_site(**TINY))
    clocked.assert_true()
    clocked.site.tenant.advance(STEP)
    code, _, errors = clocked.run(off)
    assert code in codes, errors
    assert "Traceback" not in errors
    assert len(errors.splitlines()) <= 12, errors
    clocked.site.tenant.advance(timedelta(hours=24))
    clocked.assert_true()
