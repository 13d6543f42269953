"""Commands about personal data; each leaves an entry in the audit log."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from cli.feedback import Author, Reason
from cli.options import ConfigFile, Json, Now, Wide, finish, load_whole, moment_of, show

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
    from actions.author import author_of, reason_of
    from actions.shards.privacy import reveal_in
    from cli.text import privacy as privacy_text

    why = reason_of(reason, "reveal")
    document = reveal_in(load_whole(config), pseudonym, why, author_of(author), moment_of(now))
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
    from actions.author import author_of
    from actions.shards.privacy import erase_in
    from cli.text import privacy as privacy_text

    outcome = erase_in(
        load_whole(config),
        address,
        reason or "",
        author_of(author),
        moment_of(now),
        backup or (),
        with_account=account,
        dry_run=dry_run,
    )
    finish(outcome, as_json, privacy_text.erase, wide=wide)


@commands.command()
def purge(
    reason: Reason = None,
    author: Author = None,
    config: ConfigFile = None,
    now: Now = None,
    as_json: Json = False,
) -> None:
    """Drop what is older than the retention."""
    from actions.author import author_of
    from actions.shards.privacy import purge_in
    from cli.text import privacy as privacy_text

    why = reason or "retention"
    outcome = purge_in(load_whole(config), author_of(author), why, moment_of(now))
    finish(outcome, as_json, privacy_text.purge)


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
    from actions.author import author_of
    from actions.shards.privacy import change_key_in
    from cli.text import privacy as privacy_text

    outcome = change_key_in(
        load_whole(config), file, reason or "", author_of(author), moment_of(now)
    )
    finish(outcome, as_json, privacy_text.rotate_key)


@commands.command()
def audit(
    limit: Annotated[int, typer.Option(min=1, help="Newest entries.")] = 1000,
    config: ConfigFile = None,
    now: Now = None,  # noqa: ARG001 - every command takes it
    wide: Wide = False,
    as_json: Json = False,
) -> None:
    """Who searched, revealed, erased or purged, when and why."""
    from actions.shards.privacy import audit_in
    from cli.text import privacy as privacy_text

    listed = audit_in(load_whole(config), limit)
    show({"entries": listed}, as_json, partial(privacy_text.audit, wide=wide), wide=wide)
