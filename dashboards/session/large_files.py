"""Large files of a page: written to the disk and sent in pieces.

Streamlit keeps the bytes of a download in memory for as long as its session lives. These lie in a
folder of the owner's below TMPDIR, under an address that nobody can guess, for ten minutes.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Timer

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

KEPT_SECONDS = 600.0
PLACE = "hve-file"


@dataclass
class LargeFiles:
    """The files of one process by the last part of their address; all go with it."""

    kept_seconds: float = KEPT_SECONDS
    names: dict[str, str] = field(default_factory=dict)
    folder: TemporaryDirectory[str] = field(
        default_factory=lambda: TemporaryDirectory(prefix="hve-files-", ignore_cleanup_errors=True)
    )

    def add(self, name: str, write: Callable[[Path], object]) -> str:
        """Address of a new file, relative to the page. Raises: what `write` does."""
        token = secrets.token_urlsafe(24)
        path = self._path(token)
        try:
            write(path)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        self.names[token] = name
        timer = Timer(self.kept_seconds, self.remove, [token])
        timer.daemon = True
        timer.start()
        return f"{PLACE}/{token}"

    def remove(self, token: str) -> None:
        """Ends an address; whoever is reading the file reads it to its end."""
        self.names.pop(token, None)
        self._path(token).unlink(missing_ok=True)

    def response(self, token: str) -> Response:
        """The file, or that it is gone."""
        name = self.names.get(token)
        if name is None:
            return PlainTextResponse("This file is gone: make it again on its page.", 404)
        headers = {"cache-control": "no-store"}
        return FileResponse(
            self._path(token), filename=name, media_type="text/csv", headers=headers
        )

    def _path(self, token: str) -> Path:
        return Path(self.folder.name) / token


@cache
def large_files() -> LargeFiles:
    """Those of this process."""
    return LargeFiles()


async def send_file(request: Request) -> Response:
    """Answers the address of a file."""
    return large_files().response(request.path_params["token"])


ROUTES = (Route(f"/{PLACE}/{{token}}", send_file),)
