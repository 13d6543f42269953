"""The `hve` command. Each command parses, calls, prints; the work is done in the rooms.

Heavy libraries are imported inside the commands, so that `hve --help` answers at once.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys
from collections.abc import Callable, Iterable
from functools import cache
from types import ModuleType

import typer

from cli import delivery, exports, feedback, incidents, operation, privacy, runs, storage
from cli import money as spending
from hve_monitor.errors import FAILED, USAGE, ConfigError, HveError, disk_line
from hve_monitor.log_lines import log_in_lines

groups = (
    runs, spending, incidents, feedback, delivery, privacy, operation, exports, storage
)  # fmt: skip


def app_of(modules: Iterable[ModuleType]) -> typer.Typer:
    """The command line with the commands of some modules."""
    app = typer.Typer(
        name="hve",
        help="Usage, cost and incidents of Microsoft 365 High Volume Email.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,  # boxes and colours would double the time that --help takes
        add_completion=False,
    )
    for module in modules:
        app.add_typer(module.commands)
    return app


app = app_of(groups)


@cache
def command(name: str) -> Callable[[], None]:
    """The command line with the commands of the one module that has this command, or with all.

    Making all of them takes 60 ms.
    """
    modules = [module for module in groups if name in names_of(module.commands)]
    return typer.main.get_command(app_of(modules or groups))


def names_of(commands: typer.Typer) -> set[str]:
    """How the commands and groups of a module are called."""
    subcommands = {str(group.name) for group in commands.registered_groups}
    return subcommands | {
        info.name or typer.main.get_command_name(getattr(info.callback, "__name__", ""))
        for info in commands.registered_commands
    }


def refuse_other_bytes(arguments: Iterable[str]) -> None:
    """Nothing that is stored or compared takes bytes that are no text.

    Raises: ConfigError.
    """
    for argument in arguments:
        try:
            argument.encode()
        except UnicodeEncodeError:
            raise ConfigError(f"{argument}: is no text in UTF-8; type it anew") from None


def main() -> None:
    """Entry point: errors end as one line on stderr and their exit code."""
    # At its end a process would look for garbage among all that it holds, which takes 0.1 s.
    atexit.register(gc.freeze)
    # Imports make many objects that stay: with the usual 700 it looks for garbage 250 times.
    gc.set_threshold(50_000)
    # Looking for plugins of pydantic reads what is known of every installed library.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "true")
    # Whatever this process makes is for its owner alone; what others may read says so itself.
    os.umask(0o077)
    log_in_lines()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        name = sys.argv[1] if len(sys.argv) > 1 else ""
        if name != "explain":  # reads whatever a log holds
            refuse_other_bytes(sys.argv[1:])
        command(name)()
    except HveError as error:
        from actions.explain import pointer

        # A wrong command line or configuration says itself what to write instead.
        more = "" if error.exit_code == USAGE else pointer(str(error))
        sys.stderr.write(f"hve: {error}{more}\n")
        sys.exit(error.exit_code)
    except OSError as error:
        sys.stderr.write(f"hve: {disk_line(error)}\n")
        sys.exit(FAILED)
