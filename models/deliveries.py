"""What did not arrive, by account, status and the domain it was meant for."""

from __future__ import annotations

from datetime import datetime

import duckdb
import pandas as pd

from models.runner import query


def undelivered(
    connection: duckdb.DuckDBPyConnection,
    since: datetime,
    until: datetime,
    tenant: str | None = None,
    account: str | None = None,
) -> pd.DataFrame:
    """Recipients without delivery: account, status, recipient_domain, recipients, last_at (UTC).

    Largest first. Rows without a status are unknown and stay out.
    """
    parameters = {"since": since, "until": until, "tenant": tenant, "account": account}
    return connection.execute(query("undelivered"), parameters).df()
