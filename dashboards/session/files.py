"""Files of a page that are made when somebody wants them: made of rows, never kept.

Whoever does not need names gets the rows without them, some thousand at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from io import BytesIO
from itertools import islice
from pathlib import Path

from dashboards.session.access import require_reading
from dashboards.session.large_files import large_files
from dashboards.session.pseudonyms import pseudonymised
from dashboards.session.view import View
from hve_monitor.spreadsheet import write_rows, write_sheet
from models.delivery.conditions import TraceFilter
from models.delivery.search import COLUMNS, ROWS_AT_ONCE, exported_rows, searching
from publish.exports.evidence import evidence_of, pack
from warehouse.connection import Row

MOST_IN_MEMORY = 50_000  # rows, some 15 MB


def trace_file(view: View, wanted: TraceFilter) -> bytes:
    """CSV of every row of a search, as `hve trace --out` writes it, for at most MOST_IN_MEMORY.

    Raises: RefusedError, ConfigError for what the privacy mode cannot find.
    """
    whole = BytesIO()
    with _traces(view, wanted) as rows:
        write_rows(whole.write, COLUMNS, rows)
    return whole.getvalue()


def large_trace_file(view: View, wanted: TraceFilter, name: str) -> str:
    """The address of the same file on the disk, relative to the page.

    Raises: as trace_file, StoreError where the disk is full.
    """

    def write(path: Path) -> None:
        with _traces(view, wanted) as rows:
            write_sheet(path, COLUMNS, rows)

    return large_files().add(name, write)


@contextmanager
def _traces(view: View, wanted: TraceFilter) -> Iterator[Iterator[Row]]:
    """The rows of a search as the user may see them, noted as an export."""
    require_reading(view, "trace_file", ("delivery",))
    user = view.user
    with searching(view.config, wanted, view.now, user.name, "export", user.subject) as searched:
        yield _shown(view, exported_rows(*searched))


def evidence_file(view: View, incident: str) -> bytes:
    """The ZIP that `hve incidents ID --evidence` writes, noted in the audit log as it is there.

    Raises: RefusedError, ConfigError for an id that is not there.
    """
    from actions.privacy import note  # joins every room: loaded when somebody wants the file

    require_reading(view, "evidence_file", ("senders",))
    whole, user = BytesIO(), view.user
    with view.published() as published:
        evidence = evidence_of(published, incident)
        card = evidence.card
        if not _sees_names(view):
            card = pseudonymised(view.config, view.version, card)
        pack(replace(evidence, card=card, traces=_shown(view, evidence.traces)), whole)
    note(view.config, "export", f"evidence {incident}", user.name, view.now, subject=user.subject)
    return whole.getvalue()


def _sees_names(view: View) -> bool:
    return view.user.sees_names(view.config.auth)


def _shown(view: View, rows: Iterable[Row]) -> Iterator[Row]:
    if _sees_names(view):
        yield from rows
        return
    left = iter(rows)
    while some := list(islice(left, ROWS_AT_ONCE)):
        yield from pseudonymised(view.config, view.version, some)
