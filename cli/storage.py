"""Commands about the store as a whole."""

from pathlib import Path
from typing import Annotated

import typer

from cli.feedback import Author, Reason
from cli.options import ConfigFile, Json, Now, Wide, finish, here, load, moment_of, show

commands = typer.Typer()


@commands.command()
def backup(
    out: Annotated[
        Path, typer.Option("--out", callback=here, help="A new file, outside the store.")
    ],
    config: ConfigFile = None,
    now: Now = None,
    as_json: Json = False,
) -> None:
    """Write the whole store into one file, with checksums; works while runs go on."""
    from actions.author import author_of
    from actions.outcome import Outcome
    from actions.privacy import note
    from cli.text import storage as storage_text
    from hve_monitor.errors import DONE, INCOMPLETE
    from warehouse.configured import store_of
    from warehouse.maintenance.backup import back_up

    loaded = load(config)
    # Before the file is there: no backup without its entry, whatever dies in between.
    note(loaded, "backup", out.name, author_of(None), moment_of(now), "begun")
    with store_of(loaded) as store:
        written = back_up(store, out)
    outcome = Outcome(written, INCOMPLETE if written.damaged else DONE)
    finish(outcome, as_json, storage_text.backup)


@commands.command()
def restore(
    source: Annotated[Path, typer.Argument(help="A file that hve backup wrote.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Move the present store aside first.")
    ] = False,
    config: ConfigFile = None,
    now: Now = None,
    as_json: Json = False,
) -> None:
    """Put the store of a backup in place, after every checksum was right, and publish it."""
    from actions.author import author_of
    from actions.privacy import note
    from actions.progress import progress_bar
    from actions.rebuild import rebuild
    from cli.text import storage as storage_text
    from hve_monitor.errors import ConfigError
    from warehouse.maintenance.backup import restore as restore_store

    loaded = load(config)
    if loaded.warehouse.tables:
        raise ConfigError(
            "hve restore lays a whole store out in warehouse.path; restore without"
            " warehouse.tables, then move facts and marts there (docs/scale.md)"
        )
    restored = restore_store(source, loaded.warehouse.path, replaces=replace)
    with progress_bar() as progress:
        rebuild(loaded, moment_of(now), progress, full=False)
    note(loaded, "restore", source.name, author_of(None), moment_of(now))
    show(restored, as_json, storage_text.backup)


@commands.command()
def verify(
    repair: Annotated[
        bool, typer.Option("--repair", help="Set damaged files aside; their days are read again.")
    ] = False,
    config: ConfigFile = None,
    now: Now = None,  # noqa: ARG001 - every command takes the same three
    wide: Wide = False,
    as_json: Json = False,
) -> None:
    """Check files, checksums, state and marts of the store; exit 3 when something is wrong."""
    from actions.verify import examine_store
    from cli.text import storage as storage_text

    finish(examine_store(load(config), repair=repair), as_json, storage_text.verified, wide=wide)


@commands.command("set-clock")
def set_clock(
    reason: Reason = None,
    author: Author = None,
    config: ConfigFile = None,
    now: Now = None,
    as_json: Json = False,
) -> None:
    """Confirm that the clock is right, after one that was wrong or a long pause."""
    from actions.author import author_of, reason_of
    from actions.set_clock import confirm_clock
    from cli.text import storage as storage_text

    why = reason_of(reason, "set-clock")
    document = confirm_clock(load(config), moment_of(now), author_of(author), why)
    show(document, as_json, storage_text.clock_set)
