"""Files of pages that do not fit into memory."""

from __future__ import annotations

import asyncio
import stat
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from dashboards.session import large_files
from dashboards.session.large_files import ROUTES, LargeFiles
from hve_monitor.spreadsheet import write_sheet

NAMES = ("recipient", "subject")


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> Iterator[LargeFiles]:
    kept = LargeFiles()
    monkeypatch.setattr(large_files, "large_files", lambda: kept)
    yield kept
    kept.folder.cleanup()


def rows(count: int) -> Iterator[dict[str, object]]:
    return ({"recipient": f"{n}@contoso.com", "subject": "=News " * 20} for n in range(count))


def sheet(count: int, file: Path) -> None:
    write_sheet(file, NAMES, rows(count))


def asked(address: str) -> httpx.Response:
    async def answer() -> httpx.Response:
        transport = httpx.ASGITransport(Starlette(routes=ROUTES))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as browser:
            return await browser.get(f"/{address}")

    return asyncio.run(answer())


def test_a_file_is_sent_under_its_address_alone(files: LargeFiles) -> None:
    address = files.add("hve-traces.csv", lambda file: sheet(3, file))
    answer = asked(address)
    assert answer.status_code == 200
    assert answer.text.splitlines()[1].startswith('"0@contoso.com","\'=News')
    assert answer.headers["content-disposition"] == 'attachment; filename="hve-traces.csv"'
    assert answer.headers["cache-control"] == "no-store"
    for other in ("hve-file/x", "hve-file/../x", f"{address}x", "hve-file/"):
        assert asked(other).status_code == 404
    files.remove(address.rpartition("/")[2])
    assert asked(address).status_code == 404


def test_only_the_owner_reads_the_folder_and_a_file_goes_by_itself(
    files: LargeFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    class AtOnce:
        """A timer whose time has come."""

        def __init__(self, seconds: float, function: object, arguments: list[str]) -> None:
            assert seconds == 600
            assert callable(function)
            self.start = lambda: function(*arguments)

    folder = Path(files.folder.name)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    monkeypatch.setattr(large_files, "Timer", AtOnce)
    files.add("hve-traces.csv", lambda file: sheet(3, file))
    assert list(folder.iterdir()) == []
    assert files.names == {}


def test_a_file_that_cannot_be_written_leaves_nothing(files: LargeFiles) -> None:
    def broken(file: Path) -> None:
        file.write_text("half", encoding="utf-8")
        raise OSError("full")

    with pytest.raises(OSError, match="full"):
        files.add("hve-traces.csv", broken)
    assert list(Path(files.folder.name).iterdir()) == []


def test_a_large_file_takes_no_memory_of_its_size(files: LargeFiles) -> None:
    tracemalloc.start()
    try:
        files.add("hve-traces.csv", lambda file: sheet(20_000, file))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    (file,) = Path(files.folder.name).iterdir()
    assert file.stat().st_size > 2_500_000
    assert peak < 500_000
