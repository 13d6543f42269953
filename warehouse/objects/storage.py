"""The object store that holds a store's tables, and what it says when something is wrong.

The same options serve delta-rs and the requests of our own: both are the object_store of Rust.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Literal

from hve_monitor.errors import AuthError, ConfigError, HveError, SourceUnavailable, StoreError

try:
    import obstore
    from obstore import exceptions as refused
    from obstore.store import AzureStore, GCSStore, from_url
except ModuleNotFoundError:  # an extra
    raise ConfigError(
        "warehouse.tables: an object store needs two packages more; install"
        " requirements-objects.lock, or hve-monitor[objects]"
    ) from None

# Of the client, where the others are of the service; obstore keeps them apart.
OF_THE_CLIENT = ("allow_http", "timeout", "connect_timeout", "proxy_url")
ENDPOINTS = ("AWS_ENDPOINT_URL", "AWS_ENDPOINT")  # variables that the libraries read themselves
RETRIES = {"max_retries": 8, "retry_timeout": timedelta(seconds=120)}
# For answers that no library of ours has a class for, first match wins.
CREDENTIALS = re.compile(
    r"\b40[13]\b|InvalidAccessKeyId|SignatureDoesNotMatch|AccessDenied|ExpiredToken"
    r"|AuthenticationFailed|AuthorizationFailure|credential"
)
NO_BUCKET = re.compile(r"NoSuchBucket|ContainerNotFound|bucket does not exist", re.IGNORECASE)
# Addresses and times taken may read like any of these words and numbers.
NOISE = re.compile(r"\S+://\S*|\bin \d[\d.]*\s?(ns|[µμ]s|ms|s)\b")
STATUS, CODE = r"status code: ([^:<]+)", r"<Code>([^<]+)</Code>"
TEMPORARY = re.compile(
    r"\b(429|5\d\d)\b|SlowDown|timed? ?out|error sending request|connect|dns|reset|closed",
    re.IGNORECASE,
)


class Storage:
    """One place of an object store; paths are below its URL."""

    def __init__(self, url: str, options: Mapping[str, str]) -> None:
        self.url = url
        client = {name: text for name, text in options.items() if name in OF_THE_CLIENT}
        config = {name: text for name, text in options.items() if name not in client}
        endpoints = [*config.values(), *(os.environ.get(name, "") for name in ENDPOINTS)]
        if any(text.startswith("http://") for text in endpoints):
            client["allow_http"] = "true"  # whoever writes it means it
        self.options = {**config, **client}
        typed: Any = {**client, "allow_http": client.get("allow_http") == "true"}
        with self.refusals():
            self._store = from_url(url, config=config, client_options=typed, retry_config=RETRIES)  # type: ignore[call-overload] # the names are the user's
        # Google compares numbers of generations, the others what HTTP has for it.
        self._kind_of_mark = "version" if isinstance(self._store, GCSStore) else "e_tag"

    def get(self, path: str) -> tuple[bytes, str]:
        """Content and mark of an object. Raises: FileNotFoundError, HveError."""
        with self.refusals():
            result = obstore.get(self._store, path)
            return bytes(result.bytes()), self.mark(result.meta)

    def mark(self, facts: Any) -> str:
        """What tells an object from the one that is put in its place, by its facts."""
        return str(facts[self._kind_of_mark])

    def tail(self, path: str, size: int) -> tuple[Any, bytes]:
        """Facts of an object and its last bytes, as many as it has of that size."""
        # Azure has no range that counts from the end: most files are whole at their beginning.
        is_azure = isinstance(self._store, AzureStore)
        with self.refusals():
            range_: Any = (0, size) if is_azure else {"suffix": size}
            result = obstore.get(self._store, path, options={"range": range_})
            facts, content = result.meta, bytes(result.bytes())
        if is_azure and facts["size"] > size:
            content = self.part(path, facts["size"] - size, size)
        return facts, content

    def part(self, path: str, start: int, size: int) -> bytes:
        """Bytes of an object."""
        with self.refusals():
            return bytes(obstore.get_range(self._store, path, start=start, length=size))

    def head(self, path: str) -> Any | None:
        """Facts of an object: size, last_modified, e_tag. None where there is none."""
        try:
            with self.refusals():
                return obstore.head(self._store, path)
        except FileNotFoundError:
            return None

    def attribute(self, path: str, name: str) -> str | None:
        """What an object was labelled with under a name; None where there is none."""
        try:
            with self.refusals():
                attributes: Any = obstore.get(self._store, path).attributes
        except FileNotFoundError:
            return None
        return attributes.get(name) and str(attributes[name])

    def put(
        self,
        path: str,
        content: bytes,
        after: str | Literal["nothing"] | None = None,
        labels: Mapping[str, str] | None = None,
    ) -> str:
        """Puts an object in place and returns its mark.

        after: the mark of the object that it follows, "nothing" where there must be none, None for
        whatever is there. Raises: Overtaken where another one is there.
        """
        put_after = {self._kind_of_mark: after}
        mode: Any = {None: "overwrite", "nothing": "create"}.get(after, put_after)
        try:
            with self.refusals():
                put = obstore.put(self._store, path, content, mode=mode, attributes=labels)  # type: ignore[arg-type] # names of our own are attributes too
                return self.mark(put)
        except (refused.AlreadyExistsError, refused.PreconditionError):
            return self._present_mark(path, content)
        except FileNotFoundError as error:
            raise self.trouble(error) or Overtaken(path) from error

    def _present_mark(self, path: str, content: bytes) -> str:
        """That of our own content: an answer that was lost makes the next try fail.

        Raises: Overtaken.
        """
        try:
            present, mark = self.get(path)
        except FileNotFoundError:
            raise Overtaken(path) from None
        if present != content:
            raise Overtaken(path)
        return mark

    def remove(self, path: str) -> None:
        """Removes an object, whether it is there or not."""
        with self.refusals():
            try:
                obstore.delete(self._store, path)
            except FileNotFoundError:
                return

    def move(self, path: str, target: str) -> None:
        """Gives an object another path."""
        with self.refusals():
            obstore.copy(self._store, path, target)
        self.remove(path)

    def objects(self, folder: str, after: str | None = None) -> Iterator[Any]:
        """Facts of every object below a folder, in order of their paths; after one of them."""
        with self.refusals():
            for batch in obstore.list(self._store, folder, offset=after):
                yield from batch

    def folders(self, folder: str) -> list[str]:
        """Names of the folders in a folder, in order."""
        with self.refusals():
            listed = obstore.list_with_delimiter(self._store, folder)
        return sorted(path.rstrip("/").rpartition("/")[2] for path in listed["common_prefixes"])

    @contextmanager
    def refusals(self) -> Iterator[None]:
        """What the service refuses is one line. Raises: HveError."""
        try:
            yield
        except (FileNotFoundError, refused.AlreadyExistsError, refused.PreconditionError):
            raise
        except (refused.BaseError, OSError) as error:
            raise self.trouble(error) or error from error

    def trouble(self, error: BaseException) -> HveError | None:
        """The line for what an engine says of the service; None where that is not to blame."""
        text = str(error)
        reason, words = _reason(text), NOISE.sub("", text)
        if NO_BUCKET.search(words):
            return ConfigError(
                f"{self.url}: there is no such bucket or container; make it, or name another"
                " (warehouse.tables)"
            )
        if isinstance(error, DENIED) or CREDENTIALS.search(_reason(words)):
            return AuthError(
                f"{self.url}: the credentials are refused ({reason}); check warehouse.storage and"
                " the rights that docs/scale.md lists"
            )
        if TEMPORARY.search(words):
            return SourceUnavailable(
                f"{self.url}: the object store does not answer ({reason}); try again later"
            )
        if isinstance(error, refused.BaseError):
            return StoreError(f"{self.url}: {reason}; check warehouse.tables and warehouse.storage")
        return None


DENIED = (refused.PermissionDeniedError, refused.UnauthenticatedError)


class Overtaken(Exception):
    """Another process wrote the object meanwhile."""


def _reason(text: str) -> str:
    """The few words of an answer that a person can use."""
    words = [match for pattern in (STATUS, CODE) if (match := re.search(pattern, text))]
    if words:
        return " ".join(match[1].strip() for match in words)
    first = text.splitlines()[0] if text else "no reason given"
    return re.sub(r"Error performing \w+ (\S+) in \S+", r"\1", first)[:200]
