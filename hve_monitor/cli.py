"""The `hve` command. Each command parses, calls, prints; the work is done in the rooms.

Heavy libraries are imported inside the commands, so that `hve --help` answers at once.
"""

from __future__ import annotations

import logging
import sys

import typer

from hve_monitor.commands import delivery, feedback, incidents, operation, privacy, runs, spending
from hve_monitor.errors import FAILED, HveError

app = typer.Typer(
    name="hve",
    help="Usage, cost and incidents of Microsoft 365 High Volume Email.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for group in (runs, spending, incidents, feedback, delivery, privacy, operation):
    app.add_typer(group.commands)


def main() -> None:
    """Entry point: errors end as one line on stderr and their exit code."""
    logging.basicConfig(
        level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s"
    )
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        app()
    except HveError as error:
        sys.stderr.write(f"hve: {error}\n")
        sys.exit(error.exit_code)
    except OSError as error:
        sys.stderr.write(f"hve: {error.filename or 'disk'}: {error.strerror or error}\n")
        sys.exit(FAILED)
