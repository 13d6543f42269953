"""Where a store keeps its tables: noted in its folder, so that every reader finds them.

The note names credentials by reference, never by value: whoever reads the folder learns none.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from hve_monitor.errors import AuthError, ConfigError, HveError, SourceUnavailable, StoreError
from hve_monitor.files import URL, secret_text, write_text

if TYPE_CHECKING:
    from warehouse.objects.storage import Storage

NOTE = "tables.json"
OF_FILE, OF_VARIABLE = "_file", "_env"
# Options that are themselves named like a file: the service reads it.
NAMED_LIKE_A_FILE = (
    *("federated_token_file", "web_identity_token_file"),
    "container_authorization_token_file",
)
# What the files of an object store say when they end a query.
OF_SERVICES = {
    kind.__name__: kind for kind in (AuthError, ConfigError, SourceUnavailable, StoreError)
}
HANDED_ON = re.compile(rf"^(?:[\w.]+\.)?({'|'.join(OF_SERVICES)}): (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class TablesPlace:
    """A folder, or an address of an object store with its options.

    storage: options by name; with `_file` or `_env` behind the name, the file or the variable of
    the environment that holds the value.
    """

    url: str
    storage: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_remote(self) -> bool:
        """Whether it is no folder of this machine."""
        return bool(URL.match(self.url))

    @property
    def opened(self) -> Storage:
        """The object store. Raises: ConfigError for credentials that are not there."""
        values = {_option(name): _value(name, text) for name, text in self.storage.items()}
        return _storage(self.url.rstrip("/"), tuple(sorted(values.items())))


def noted_place(root: Path) -> TablesPlace | None:
    """Where the store at a root keeps its tables; None for beside everything else."""
    try:
        return TablesPlace(**json.loads((root / NOTE).read_bytes()))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        raise ConfigError(
            f"{root / NOTE}: cannot be read ({error}); remove it and run again"
        ) from None


def tables_uri(root: Path) -> str:
    """Where the tables of the store at a root lie."""
    place = noted_place(root)
    return place.url if place else str(root)


def note_place(root: Path, place: TablesPlace | None) -> None:
    """Notes where the tables of the store at a root are from now on."""
    if place == noted_place(root):
        return
    if place is None:
        (root / NOTE).unlink()
    else:
        write_text(root / NOTE, json.dumps(asdict(place)))


def trouble_in(error: Exception) -> HveError | None:
    """The line by which the files of an object store ended a query: the engine hands on its text
    alone. None where it ended by something else.
    """
    match = HANDED_ON.search(str(error))
    return OF_SERVICES[match[1]](match[2]) if match else None


def _option(name: str) -> str:
    if name.endswith(NAMED_LIKE_A_FILE):
        return name
    return name.removesuffix(OF_FILE).removesuffix(OF_VARIABLE)


def _value(name: str, text: str) -> str:
    """Raises: ConfigError."""
    if name.endswith(OF_VARIABLE):
        if text not in os.environ:
            raise ConfigError(f"warehouse.storage.{name}: the variable {text} is not set")
        return os.environ[text]
    if not name.endswith(OF_FILE) or name.endswith(NAMED_LIKE_A_FILE):
        return text
    try:
        return secret_text(Path(text)).strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"warehouse.storage.{name}: {text} cannot be read ({error})") from None


@lru_cache(maxsize=8)
def _storage(url: str, options: tuple[tuple[str, str], ...]) -> Storage:
    """One for a process: connections to the service stay open."""
    from warehouse.objects.storage import Storage

    return Storage(url, dict(options))
