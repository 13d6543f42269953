"""Incidents as rows of the marts hve_incidents and hve_incidents_flat, with cost and name."""

from __future__ import annotations

import hashlib
from decimal import Decimal

import pyarrow as pa

from hve_monitor.clock import iso
from hve_monitor.config import Tenant
from hve_monitor.files import sql
from models.incident import Incident
from models.incidents.runbooks import AUDIENCE, next_steps
from models.reference.prices import PriceBook
from warehouse.connection import Row, arrow
from warehouse.store import Store
from warehouse.tables import HVE_INCIDENTS_FLAT

FLAT = sql(__file__, "incidents_flat")
KINDS_APART = ("silence", "idle_account", "spend")


def incident_row(tenant: Tenant, incident: Incident, prices: PriceBook) -> Row:
    """One row; extra_cost is null where no price is known."""
    price = prices.unit_price(incident.started_at.date(), tenant.currency)
    cost = None if price is None else price * incident.extra_recipients
    name = incident_id(tenant.name, incident)
    return {
        "tenant": tenant.name,
        "id": name,
        "account": incident.account,
        "kind": incident.kind,
        "audience": AUDIENCE[incident.kind],
        "severity": incident.severity,
        "started_at": incident.started_at,
        "ended_at": incident.ended_at,
        "detected_at": incident.detected_at,
        "observed": incident.observed,
        "expected": round(incident.expected, 1),
        "interval_low": incident.interval[0],
        "interval_high": incident.interval[1],
        "reasons": list(incident.reasons),
        "signals": [vars(signal) for signal in incident.signals],
        "extra_recipients": incident.extra_recipients,
        "extra_cost": None if cost is None else cost.quantize(Decimal("0.000000001")),
        "currency": tenant.currency,
        "next_steps": next_steps(incident.kind, incident.account, name),
        "learning": incident.learning,
    }


def flat_rows(store: Store, incidents: pa.Table) -> pa.Table:
    """Rows of hve_incidents as rows of hve_incidents_flat: their lists are texts."""
    schema = HVE_INCIDENTS_FLAT.schema
    with store.compute() as connection:
        connection.register("listed", incidents)
        return arrow(connection, FLAT).select(schema.names).cast(schema)


def incident_id(tenant: str, incident: Incident) -> str:
    """The same incident has the same id in every run: it is named by what opened it, and when.

    Its kind may change while it grows; only silences, idle accounts and spend are families apart.
    """
    family = incident.kind if incident.kind in KINDS_APART else "sending"
    opened = incident.opened_at or incident.detected_at
    text = "|".join([tenant, incident.account, family, iso(opened)])
    return hashlib.sha256(text.encode()).hexdigest()[:12]
