"""How personal data is kept in a store, and the outside key that opens what may be opened.

The key file holds the outside key. Each tenant has a random key of its own in state.db, sealed with
the outside key (AES-GCM): pseudonyms and identities are made with the tenant's key, so that the
outside key can be changed without touching a row. Without the key file the store holds nothing that
leads from a pseudonym to a person.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from hve_monitor.config import Privacy
from hve_monitor.errors import ConfigError
from warehouse.delta.sides import side_of
from warehouse.objects.keeping import keep_copy
from warehouse.tables import SMALL_TABLES

if TYPE_CHECKING:
    from warehouse.state import State

LEAST_KEY_BYTES = 32
MAKE_ONE = "make one with: openssl rand -hex 32 > hve.key"
CHAIN_KEY = "*audit"  # keeps its key beside those of tenants, none of which can have this name
PLAIN, SEALED = b"\x00", b"\x01"


class StoredProtection(NamedTuple):
    """How a store is filled, as state.db notes it; the fingerprint is "none" without a key."""

    mode: str
    subjects: str
    fingerprint: str


@dataclass(frozen=True)
class Protection:
    """Mode and subjects as they are kept, and the outside key, None where there is none."""

    mode: str = "full"
    subjects: str = "keep"
    key: bytes | None = field(default=None, repr=False)

    @property
    def is_plain(self) -> bool:
        """Whether rows are kept as they come."""
        return self.mode == "full" and self.subjects == "keep"

    @property
    def fingerprint(self) -> str:
        """What tells one outside key from another and says nothing of it.

        It stands in a store whose audit log is sealed, and nobody without the key can make it.
        """
        return self._fingerprint(b"hve-monitor: fingerprint, sealed audit log")

    @property
    def unsealed_fingerprint(self) -> str:
        """What an earlier release noted. It is never shown: it takes the seal of the log back."""
        return self._fingerprint(b"hve-monitor: fingerprint")

    def _fingerprint(self, label: bytes) -> str:
        return "none" if self.key is None else hmac.digest(self.key, label, "sha256").hex()[:16]

    @property
    def as_stored(self) -> StoredProtection:
        """What state.db notes of it once its audit log is sealed."""
        return StoredProtection(self.mode, self.subjects, self.fingerprint)

    @property
    def as_first_stored(self) -> StoredProtection:
        """What state.db notes of it before its audit log is sealed."""
        return StoredProtection(self.mode, self.subjects, self.unsealed_fingerprint)

    def seal(self, secret: bytes, tenant: str) -> bytes:
        """The tenant's key as it is stored."""
        return PLAIN + secret if self.key is None else SEALED + encrypted(self.key, secret, tenant)

    def unseal(self, stored: bytes, tenant: str) -> bytes:
        """The tenant's key. Raises: ConfigError when the outside key does not open it."""
        secret = None
        if self.key is None and stored[:1] == PLAIN:
            secret = stored[1:]
        elif self.key is not None and stored[:1] == SEALED:  # a plain one is of another hand
            secret = decrypted(self.key, stored[1:], tenant)
        if secret is None:
            raise ConfigError(f"privacy.key_file: does not open the key of tenant '{tenant}'")
        return secret


FULL = Protection()


def read_protection(privacy: Privacy, root: Path) -> Protection:
    """The configured protection with its key.

    Raises: ConfigError when the key is missing, too short, or lies inside the store.
    """
    subjects = privacy.kept_subjects
    if privacy.needs_key and not privacy.key_file:
        raise ConfigError(f"privacy.key_file: is missing; {MAKE_ONE}")
    if not privacy.key_file or not (privacy.needs_key or privacy.mode == "aggregate"):
        return Protection(privacy.mode, subjects)
    return Protection(privacy.mode, subjects, read_key(Path(privacy.key_file), root))


def read_key(file: Path, root: Path) -> bytes:
    """The outside key of a file. Raises: ConfigError as read_protection."""
    where = f"privacy.key_file: {file}"
    try:
        text = file.read_bytes().strip()
    except OSError as error:
        raise ConfigError(f"{where}: cannot be read ({error.strerror}); {MAKE_ONE}") from None
    if len(text) < LEAST_KEY_BYTES:
        raise ConfigError(
            f"{where}: is too short ({len(text)} bytes, at least {LEAST_KEY_BYTES}); {MAKE_ONE}"
        )
    if file.resolve().is_relative_to(root.resolve()):
        raise ConfigError(f"{where}: lies inside the store it protects; move it out of {root}")
    return hashlib.sha256(b"hve-monitor: outside key\x00" + text).digest()


def agree(state: State, root: Path, configured: Protection) -> None:
    """Refuses a store that was filled in another mode or with another key; remembers a new one's.

    Raises: ConfigError in one line that says what to do.
    """
    stored = stored_protection(state)
    is_new = stored is None and configured.is_plain and not holds_facts(state, root)
    known = (configured.as_stored, configured.as_first_stored)
    if stored in known or is_new:
        return
    if state.is_read_only:
        _compare(stored or FULL.as_stored, configured.as_stored, root)
        return
    with state.transaction():
        stored = stored_protection(state)
        if stored in known:
            return
        if holds_facts(state, root):
            _compare(stored or FULL.as_stored, configured.as_stored, root)
        else:
            state.connection.execute("delete from pseudonym_keys")
            state.connection.execute("delete from audit_head")  # all is sealed anew
            state.connection.execute("update audit set digest = '', chain = '', rewritten = ''")
        _remember(state, configured.as_first_stored)


def note_sealed(state: State, protection: Protection) -> None:
    """Notes that the store's audit log is sealed from now on."""
    _remember(state, protection.as_stored)


def stored_protection(state: State) -> StoredProtection | None:
    """How the store was filled; None while it does not say."""
    row = state.connection.execute("select mode, subjects, fingerprint from protection").fetchone()
    return None if row is None else StoredProtection(*row)


def holds_facts(state: State, root: Path) -> bool:
    """Whether anything that could name a person was ever stored."""
    side = side_of(root)
    if any(side.has_log(f"facts/{name}") for name in side.folders("facts")):
        return True
    queries = (f"select 1 from {table.name} limit 1" for table in SMALL_TABLES)
    return any(state.connection.execute(query).fetchone() for query in queries)


def _remember(state: State, stored: StoredProtection) -> None:
    state.connection.execute("insert or replace into protection values (1, ?, ?, ?)", stored)


def _compare(stored: StoredProtection, configured: StoredProtection, root: Path) -> None:
    if stored[:2] != configured[:2]:
        raise ConfigError(
            f"privacy: {root} was filled with mode = '{stored.mode}', subjects ="
            f" '{stored.subjects}' and cannot become '{configured.mode}',"
            f" '{configured.subjects}': what is stored would stay as it is;"
            " name another warehouse.path, run again (Microsoft keeps 90 days), delete the old one"
        )
    if stored.fingerprint == configured.fingerprint:
        return
    if stored.fingerprint == "none":
        raise ConfigError(
            "privacy.key_file: this store was filled without a key; take the line out of the file"
        )
    raise ConfigError(
        "privacy.key_file: is not the key of this store (fingerprint"
        f" {configured.fingerprint}, the store has {stored.fingerprint}); put the right key back,"
        " or change keys with 'hve rotate-key'"
    )


def tenant_key(state: State, protection: Protection, tenant: str) -> bytes:
    """The tenant's own key; a random one when it has none."""
    stored = _sealed_key(state, tenant)
    if stored is None:
        fresh = protection.seal(os.urandom(32), tenant)
        state.connection.execute(
            "insert or ignore into pseudonym_keys values (?, ?)", [tenant, fresh]
        )
        stored = _sealed_key(state, tenant) or fresh
        if not state.connection.in_transaction:  # otherwise whoever ends it does
            keep_copy(state.path.parent)  # before a row is masked with it
    return protection.unseal(stored, tenant)


def has_key(state: State, tenant: str) -> bool:
    """Whether the tenant has a key of its own already."""
    return _sealed_key(state, tenant) is not None


def _sealed_key(state: State, tenant: str) -> bytes | None:
    row = state.connection.execute(
        "select sealed from pseudonym_keys where tenant = ?", [tenant]
    ).fetchone()
    return None if row is None else bytes(row[0])


def rotate(state: State, old: Protection, new: Protection) -> int:
    """Seals every tenant's key with a new outside key, all or nothing; returns how many."""
    state.connection.execute("pragma secure_delete = on")
    with state.transaction():
        rows = state.connection.execute("select tenant, sealed from pseudonym_keys").fetchall()
        state.connection.executemany(
            "update pseudonym_keys set sealed = ? where tenant = ?",
            [(new.seal(old.unseal(bytes(key), name), name), name) for name, key in rows],
        )
        _remember(state, new.as_stored)
    state.connection.execute("pragma wal_checkpoint(truncate)")
    return sum(tenant != CHAIN_KEY for tenant, _ in rows)


def encrypted(key: bytes, secret: bytes, bound_to: str) -> bytes:
    """AES-256-GCM with a random nonce in front; opens only beside the same text."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = os.urandom(12)
    return nonce + AESGCM(key).encrypt(nonce, secret, bound_to.encode())


def decrypted(key: bytes, sealed: bytes, bound_to: str) -> bytes | None:
    """What was encrypted; None with another key, another text, or damage."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        return AESGCM(key).decrypt(sealed[:12], sealed[12:], bound_to.encode())
    except InvalidTag:
        return None
