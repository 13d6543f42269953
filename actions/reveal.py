"""The address behind a pseudonym, with a reason and an entry in the audit log."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from hve_monitor.config import Config
from hve_monitor.document import Document
from hve_monitor.errors import ConfigError
from warehouse.configured import store_of
from warehouse.privacy import audit
from warehouse.privacy.identities import identities
from warehouse.privacy.page_names import shown_mask, whose
from warehouse.protection.words import PSEUDONYM
from warehouse.store import Store

NOT_REVEALED = ("m-", "s-", "aggregate:", "erased:")
# store, tenant, pseudonym -> address
Lookup = Callable[[Store, str, str], str | None]


class RevealedName(Document):
    """A pseudonym and who is behind it."""

    pseudonym: str
    tenant: str
    address: str


def reveal(
    config: Config, pseudonym: str, reason: str, who: str, now: datetime, subject: str = ""
) -> RevealedName:
    """The address behind a pseudonym of the store. Raises: ConfigError when there is none."""
    name = pseudonym.strip().lower()
    if name.startswith(NOT_REVEALED) or not PSEUDONYM.fullmatch(name):
        raise ConfigError(
            f"{pseudonym}: is no pseudonym of a recipient (p-…); message ids, subjects and rows"
            " without a person cannot be revealed"
        )
    with store_of(config) as store:
        if store.protection.mode != "pseudonymous":
            raise ConfigError("reveal: this store holds no pseudonyms (privacy.mode)")
        if revealed := _looked_up(store, config, name, (who, subject), reason, now, _stored):
            return revealed
    raise ConfigError(f"{pseudonym}: nobody is known behind it; erased, purged or another store's")


def reveal_shown(
    config: Config, pseudonym: str, reason: str, who: str, now: datetime, subject: str = ""
) -> RevealedName:
    """The address behind a pseudonym of the page or of the store.

    Raises: ConfigError when there is none, or for what is no pseudonym of a recipient.
    """
    if config.privacy.mode != "full":
        return reveal(config, pseudonym, reason, who, now, subject)
    name = pseudonym.strip().lower()
    if not PSEUDONYM.fullmatch(name):
        raise ConfigError(f"{pseudonym}: is no pseudonym of a recipient (p-…)")
    with store_of(config) as store:
        if revealed := _looked_up(store, config, name, (who, subject), reason, now, _shown):
            return revealed
    raise ConfigError(f"{pseudonym}: nobody is known behind it")


def _stored(store: Store, tenant: str, name: str) -> str | None:
    return identities(store, tenant, [name]).get(name)


def _shown(store: Store, tenant: str, name: str) -> str | None:
    return whose(store, tenant, name, shown_mask(store, tenant))


def _looked_up(
    store: Store,
    config: Config,
    name: str,
    actor: tuple[str, str],
    reason: str,
    now: datetime,
    lookup: Lookup,
) -> RevealedName | None:
    """Who it is, in the first tenant that knows; the audit log has an entry either way."""
    who, subject = actor
    for tenant in config.served:
        address = lookup(store, tenant.name, name)
        if address is not None:
            audit.record(store, now, who, "reveal", name, reason, "revealed", subject)
            return RevealedName(pseudonym=name, tenant=tenant.name, address=address)
    audit.record(store, now, who, "reveal", name, reason, "unknown", subject)
    return None
