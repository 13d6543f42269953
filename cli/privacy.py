"""Commands about personal data; each leaves an entry in the audit log."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from cli.feedback import Author, Reason
from cli.options import ConfigFile, Json, Now, Wide, load, moment_of, show

commands = typer.Typer()


@commands.command()
def reveal(
    pseudonym: Annotated[str, typer.Argument(metavar="PSEUDONYM", help="p-…")],
    reason: Reason = None,
    author: Author = None,
    config: ConfigFile = None,
    now: Now = None,
    as_json: Json = False,
) -> None:
    """Say who is behind a pseudonym."""
    from actions import reveal as names
    from actions.author import author_of, reason_of
    from cli.text import privacy as privacy_text

    why = reason_of(reason, "reveal")
    document = names.reveal(load(config), pseudonym, why, author_of(author), moment_of(now))
    show(document, as_json, privacy_text.reveal)


@commands.command()
def erase(
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="Of a person.")],
    backup: Annotated[
        list[Path] | None,
        typer.Option(help="A backup, or a folder with a copy of the store; repeatable."),
    ] = None,
    account: Annotated[
        bool, typer.Option("--account", help="Also an address of a sending account.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be removed; change nothing.")
    ] = False,
    reason: Reason = None,
    author: Author = None,
    config: ConfigFile = None,
    now: Now = None,
    wide: Wide = False,
    as_json: Json = False,
) -> None:
    """Take a person out of everything stored; counts and costs stay."""
    from actions import privacy
    from actions.author import author_of
    from cli.text import privacy as privacy_text

    document = privacy.erase(
        load(config),
        address,
        reason or "",
        author_of(author),
        moment_of(now),
        backup or (),
        with_account=account,
        dry_run=dry_run,
    )
    show(document, as_json, privacy_text.erase, wide=wide)


@commands.command()
def purge(
    reason: Reason = None,
    author: Author = None,
    config: ConfigFile = None,
    now: Now = None,
    as_json: Json = False,
) -> None:
    """Drop what is older than the retention."""
    from actions import privacy
    from actions.author import author_of
    from cli.text import privacy as privacy_text

    why = reason or "retention"
    document = privacy.purge(load(config), author_of(author), why, moment_of(now))
    show(document, as_json, privacy_text.purge)


@commands.command("rotate-key")
def rotate_key(
    file: Annotated[Path, typer.Argument(metavar="NEW_KEY_FILE")],
    reason: Reason = None,
    author: Author = None,
    config: ConfigFile = None,
    now: Now = None,
    as_json: Json = False,
) -> None:
    """Change the key outside the store; pseudonyms stay the same."""
    from actions import privacy
    from actions.author import author_of
    from cli.text import privacy as privacy_text

    document = privacy.change_key(
        load(config), file, reason or "", author_of(author), moment_of(now)
    )
    show(document, as_json, privacy_text.rotate_key)


@commands.command()
def audit(
    limit: Annotated[int, typer.Option(min=1, help="Newest entries.")] = 1000,
    config: ConfigFile = None,
    now: Now = None,  # noqa: ARG001 - every command takes it
    wide: Wide = False,
    as_json: Json = False,
) -> None:
    """Who searched, revealed, erased or purged, when and why."""
    from cli.text import privacy as privacy_text
    from warehouse.configured import store_of
    from warehouse.privacy.audit import entries

    with store_of(load(config)) as store:
        listed = [entry._asdict() for entry in entries(store.state, limit)]
        show({"entries": listed}, as_json, partial(privacy_text.audit, wide=wide), wide=wide)
