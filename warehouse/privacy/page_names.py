"""Names as pages show them to roles that do not need them: keyed pseudonyms, made when shown.

The key is the tenant's own in state.db, so that a pseudonym is the same on every page and day, and
the same that a pseudonymous store would hold.
"""

from __future__ import annotations

from hve_monitor.files import sql
from warehouse.protection.mode import Protection, tenant_key
from warehouse.protection.pseudonyms import Mask
from warehouse.store import Store
from warehouse.tables import FIRST_CONTACTS

RECIPIENTS = sql(__file__, "recipients")
AT_ONCE = 50_000


def shown_mask(store: Store, tenant: str) -> Mask:
    """How a tenant's names are shown; what is a pseudonym in the store already stays."""
    key = tenant_key(store.state, store.protection, tenant)
    return Mask(Protection("pseudonymous", "hash"), key)


def whose(store: Store, tenant: str, pseudonym: str, mask: Mask) -> str | None:
    """The stored recipient that is shown under a pseudonym; tries every one of the tenant."""
    with store.compute() as connection:
        store.view(connection, "contacts", FIRST_CONTACTS, tenant)
        recipients = connection.execute(RECIPIENTS, {"domain": pseudonym.partition("@")[2]})
        while rows := recipients.fetchmany(AT_ONCE):
            for (address,) in rows:
                if mask.recipient(address) == pseudonym:
                    return str(address)
    return None
