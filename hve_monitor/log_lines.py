"""What a process logs: one line on stderr for each warning."""

from __future__ import annotations

import logging
import sys

from hve_monitor.text import printable


class OneLine(logging.Formatter):
    """Messages on one line each: words of a service in them forge no other."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the base's name
        return printable(super().formatMessage(record))


def log_in_lines() -> None:
    """Makes warnings and errors of this process lines on stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(OneLine("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    # Each retry would be a line; whoever gives up in the end reports the failure.
    logging.getLogger("stamina").setLevel(logging.ERROR)
