"""Incidents as OCSF 1.8.0 Detection Findings (class 2004).

Source: schema.ocsf.io 1.8.0, Detection Finding and the objects it names; MITRE ATT&CK T1078.
Times are epoch milliseconds of UTC. A finding for each stage: create, update, close.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from importlib.metadata import version
from typing import TypeAlias

from msgspec import UNSET

from hve_monitor.document import decimal_text, encoded
from models.incidents.cards import IncidentCard

Finding: TypeAlias = dict[str, object]  # an object of the OCSF schema

VERSION = "1.8.0"
CREATE, UPDATE, CLOSE = 1, 2, 3
ACTIVITIES = {"opened": CREATE, "updated": UPDATE, "resolved": CLOSE}
NAMES = {CREATE: "Create", UPDATE: "Update", CLOSE: "Close"}
ACTIVITY_OF = {"ended": UPDATE, "closed": CLOSE, "false_positive": CLOSE}
SEVERITIES = {"low": (2, "Low"), "medium": (3, "Medium"), "high": (4, "High")}
# status of an incident -> status_id of a finding
STATUSES = {
    "open": (1, "New"),
    # Over, and nobody judged it: still to be looked at.
    "ended": (1, "New"),
    "acknowledged": (2, "In Progress"),
    "confirmed": (2, "In Progress"),
    "planned": (3, "Suppressed"),
    "false_positive": (3, "Suppressed"),
    "closed": (4, "Resolved"),
}
COMPROMISE = ("surge", "drift", "ceiling", "new_source", "new_recipients", "sign_ins", "off_hours")
VALID_ACCOUNTS = {
    "technique": {"uid": "T1078", "name": "Valid Accounts"},
    "tactic": {"uid": "TA0001", "name": "Initial Access"},
}


def findings(cards: Sequence[IncidentCard]) -> Iterator[Finding]:
    """One event for each incident as it stands: created, over without a verdict, or closed."""
    for card in sorted(cards, key=lambda card: (card.detected_at, card.id)):
        activity = ACTIVITY_OF.get(card.status, CREATE)
        at = card.ended_at if activity != CREATE and card.ended_at else card.detected_at
        yield finding(card, activity, max(at, card.detected_at))


def finding(card: IncidentCard, activity: int, at: datetime) -> Finding:
    """The event of one incident card. `at` is when the activity happened.

    An incident that is over and that nobody judged is updated, not closed.
    """
    if card.status == "ended":
        activity = min(activity, UPDATE)
    severity_id, severity = SEVERITIES[card.severity]
    status_id, status = STATUSES.get(card.status, (99, card.status))
    kind = card.kind.replace("_", " ")
    return {
        "class_uid": 2004,
        "class_name": "Detection Finding",
        "category_uid": 2,
        "category_name": "Findings",
        "activity_id": activity,
        "activity_name": NAMES[activity],
        "type_uid": 200400 + activity,
        "type_name": f"Detection Finding: {NAMES[activity]}",
        "time": _milliseconds(at),
        "severity_id": severity_id,
        "severity": severity,
        "status_id": status_id,
        "status": status,
        "is_alert": card.severity == "high",
        "message": f"{kind} of {card.account}: {'; '.join(card.reasons[:1])}",
        "metadata": _metadata(card, activity, at),
        "finding_info": _info(card, kind),
        "resources": [_account(card)],
        "anomaly_analyses": [_anomaly(card)],
        "evidences": [{"data": {"signals": encoded(card.signals), "reasons": list(card.reasons)}}],
        "remediation": {"desc": "\n".join(card.next_steps) or "no steps are known"},
        "unmapped": {
            "audience": list(card.audience),
            "extra_recipients": card.extra_recipients,
            "extra_cost": decimal_text(card.extra_cost),
            "currency": card.currency,
            "learning": card.learning,
            **_reach(card),
        },
    }


def _reach(card: IncidentCard) -> Finding:
    """People it wrote to and people it reached, where the messages were read."""
    numbers = {
        "addressed": card.addressed,
        "reached": card.reached,
        "unsettled": card.unsettled,
    }
    return {name: number for name, number in numbers.items() if number is not UNSET}


def _metadata(card: IncidentCard, activity: int, at: datetime) -> Finding:
    product = {"name": "hve-monitor", "vendor_name": "open source", "version": _version()}
    return {
        "version": VERSION,
        "product": product,
        "tenant_uid": card.tenant,
        "uid": f"{card.id}-{activity}-{_milliseconds(at)}",
    }


def _info(card: IncidentCard, kind: str) -> Finding:
    info: Finding = {
        "uid": card.id,
        "title": f"HVE {kind}: {card.account}",
        "desc": "; ".join(card.reasons) or kind,
        "types": [card.kind],
        "analytic": {
            "type_id": 2,
            "type": "Behavioral",
            "name": f"hve {kind}",
            "uid": f"hve.{card.kind}",
        },
        "first_seen_time": _milliseconds(card.started_at),
        "created_time": _milliseconds(card.detected_at),
    }
    if card.ended_at:
        info["last_seen_time"] = _milliseconds(card.ended_at)
    if card.kind in COMPROMISE:
        info["attacks"] = [VALID_ACCOUNTS]
    return info


def _account(card: IncidentCard) -> Finding:
    return {"uid": card.account, "name": card.account, "type": "HVE account"}


def _anomaly(card: IncidentCard) -> Finding:
    """Observed against expected; OCSF keeps observations as text."""
    named = {"observation_parameter": "recipients"}
    usual = [number for number in (card.expected, *card.interval) if number is not None]
    return {
        "analysis_targets": [{"name": card.account, "type": "HVE account"}],
        "anomalies": [{**named, "observations": [{"value": str(card.observed)}]}],
        "baselines": [{**named, "observations": [{"value": f"{number:g}"} for number in usual]}],
    }


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def _version() -> str:
    return version("hve-monitor")
