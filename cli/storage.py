"""Commands about the store as a whole."""

from pathlib import Path
from typing import Annotated

import typer

from cli.feedback import Author, Reason
from cli.options import ConfigFile, Json, Now, Wide, finish, here, load_whole, moment_of, show

commands = typer.Typer()


@commands.command()
def backup(
    out: Annotated[
        Path,
        typer.Option(
            "--out", callback=here, help="A new file, outside the store; of shards a folder."
        ),
    ],
    config: ConfigFile = None,
    now: Now = None,
    as_json: Json = False,
) -> None:
    """Write the whole store into one file, with checksums; works while runs go on."""
    from actions.shards.upkeep import back_up_all
    from cli.text import storage as storage_text

    finish(back_up_all(load_whole(config), out, moment_of(now)), as_json, storage_text.backup)


@commands.command()
def restore(
    source: Annotated[Path, typer.Argument(help="What hve backup wrote.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Move the present store aside first.")
    ] = False,
    config: ConfigFile = None,
    now: Now = None,
    as_json: Json = False,
) -> None:
    """Put the store of a backup in place, after every checksum was right, and publish it."""
    from actions.progress import progress_bar
    from actions.shards.upkeep import restore_all
    from cli.text import storage as storage_text
    from hve_monitor.errors import ConfigError

    loaded = load_whole(config)
    if loaded.warehouse.tables:
        raise ConfigError(
            "hve restore lays a whole store out in warehouse.path; restore without"
            " warehouse.tables, then move facts and marts there (docs/scale.md)"
        )
    with progress_bar() as progress:
        restored = restore_all(loaded, source, moment_of(now), progress, replaces=replace)
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
    from actions.shards.upkeep import examine_stores
    from cli.text import storage as storage_text

    outcome = examine_stores(load_whole(config), repair=repair)
    finish(outcome, as_json, storage_text.verified, wide=wide)


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
    from actions.shards.upkeep import confirm_clocks
    from cli.text import storage as storage_text

    why = reason_of(reason, "set-clock")
    outcome = confirm_clocks(load_whole(config), moment_of(now), author_of(author), why)
    finish(outcome, as_json, storage_text.clock_set)
