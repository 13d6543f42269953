"""Names behind the pseudonyms that a page shows, with a reason and an entry in the audit log."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from actions.privacy import reveal
from hve_monitor.config import Config
from hve_monitor.errors import ConfigError
from warehouse.configured import store_of
from warehouse.privacy import audit
from warehouse.privacy.page_names import shown_mask, whose
from warehouse.protection.pseudonyms import PSEUDONYM


def reveal_shown(
    config: Config, pseudonym: str, reason: str, who: str, now: datetime
) -> dict[str, Any]:
    """The address behind a pseudonym of the page or of the store.

    Raises: ConfigError when there is none, or for what is no pseudonym of a recipient.
    """
    if config.privacy.mode != "full":
        return reveal(config, pseudonym, reason, who, now)
    asked = pseudonym.strip().lower()
    if not PSEUDONYM.fullmatch(asked):
        raise ConfigError(f"{pseudonym}: is no pseudonym of a recipient (p-…)")
    with store_of(config) as store:
        for tenant in config.served:
            address = whose(store, tenant.name, asked, shown_mask(store, tenant.name))
            if address is not None:
                audit.record(store.state, now, who, "reveal", asked, reason, "revealed")
                return {"pseudonym": asked, "tenant": tenant.name, "address": address}
        audit.record(store.state, now, who, "reveal", asked, reason, "unknown")
    raise ConfigError(f"{pseudonym}: nobody is known behind it")
