"""A secrets file that the dashboard can log people in with."""

from __future__ import annotations

from pathlib import Path

SECRETS = {
    "redirect_uri": "https://hve.contoso.com/oauth2callback",
    "cookie_secret": "c5f1d0b8a94e47f2b6d3-and-7a8e9c0b1d2f4a5e",
    "client_id": "22222222-2222-2222-2222-222222222222",
    "client_secret": "of the application",
    "server_metadata_url": "https://login.contoso.com/.well-known/openid-configuration",
}


def secrets_text(**changed: str | None) -> str:
    """The [auth] section, with other values or without those that are None."""
    lines = [
        f'{name} = "{value}"' for name, value in (SECRETS | changed).items() if value is not None
    ]
    return "\n".join(["[auth]", *lines, ""])


def secrets_in(folder: Path, **changed: str | None) -> Path:
    """The file in a folder."""
    file = folder / "secrets.toml"
    file.write_text(secrets_text(**changed), encoding="utf-8")
    return file
