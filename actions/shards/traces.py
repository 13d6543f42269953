"""The shard that a search is about: steps of incidents name an account and no tenant."""

from __future__ import annotations

from datetime import datetime

from hve_monitor.config import Config
from hve_monitor.errors import ConfigError, StoreError
from models.delivery.conditions import TraceFilter, accounts_of, terms_of
from models.usage.accounts import accounts
from warehouse.reading import read_published


def store_of_search(config: Config, wanted: TraceFilter, now: datetime) -> Config:
    """The configuration of the one shard that has accounts by the names of the senders.

    Raises: ConfigError where several have, or none, so that a tenant must be named.
    """
    owners = [own for own in config.stores.values() if _has_senders(own, wanted, now)]
    if len(owners) != 1:
        raise ConfigError(
            "--tenant: name one, the tenants are in shards and this reads one of them"
        )
    return owners[0]


def _has_senders(config: Config, wanted: TraceFilter, now: datetime) -> bool:
    try:
        with read_published(config.warehouse.path, now) as published:
            if accounts_of(published.connection, wanted):
                return True
            senders = accounts(published.connection)  # of files they have no other address
    except StoreError:
        return True  # nobody knows: its accounts may be meant
    terms = terms_of(wanted).get("sender", ())
    return any(term.matches(sender.account) for sender in senders for term in terms)
