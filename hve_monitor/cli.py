"""The `hve` command. Each command parses, calls, prints; the work is done in the rooms.

Heavy libraries are imported inside the commands, so that `hve --help` answers at once.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from functools import cache

import typer

from hve_monitor.commands import (
    delivery,
    exports,
    feedback,
    incidents,
    operation,
    privacy,
    runs,
    spending,
    storage,
)
from hve_monitor.errors import FAILED, USAGE, HveError, disk_line

app = typer.Typer(
    name="hve",
    help="Usage, cost and incidents of Microsoft 365 High Volume Email.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # boxes and colours would double the time that --help takes
    add_completion=False,
)
groups = (
    runs, spending, incidents, feedback, delivery, privacy, operation, exports, storage
)  # fmt: skip
for group in groups:
    app.add_typer(group.commands)


@cache
def command() -> Callable[[], None]:
    """What the command line means: made once, as that takes 60 ms."""
    return typer.main.get_command(app)


def main() -> None:
    """Entry point: errors end as one line on stderr and their exit code."""
    # Whatever this process makes is for its owner alone; what others may read says so itself.
    os.umask(0o077)
    logging.basicConfig(
        level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s"
    )
    # Each retry would be a line; what does not pass in the end is told by whoever gave up.
    logging.getLogger("stamina").setLevel(logging.ERROR)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        command()()
    except HveError as error:
        from hve_monitor.explanation import pointer

        # A wrong command line or configuration says itself what to write instead.
        more = "" if error.exit_code == USAGE else pointer(str(error))
        sys.stderr.write(f"hve: {error}{more}\n")
        sys.exit(error.exit_code)
    except OSError as error:
        sys.stderr.write(f"hve: {disk_line(error)}\n")
        sys.exit(FAILED)
