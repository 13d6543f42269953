"""Exports incidents as OCSF lines to a file or to a webhook."""

from __future__ import annotations

import json
from datetime import datetime
from functools import partial
from pathlib import Path

from hve_monitor.config import AlertTarget, Config
from hve_monitor.errors import ConfigError, SourceUnavailable, StoreError
from hve_monitor.files import write_text
from models.incidents.cards import incident_cards, with_reach
from publish.ocsf import findings
from publish.outgoing import Undelivered, client, post, quickly
from publish.target import bare_url, place_of, secret_of
from publish.targets.webhook import headers
from warehouse.reading import read_published

WEBHOOK = "webhook+https://"
LINES, LINES_AT_ONCE = "application/x-ndjson", 500


def export(config: Config, now: datetime, out: str) -> int:
    """Number of findings written. Raises: ConfigError, StoreError, SourceUnavailable."""
    with read_published(config.warehouse.path, now) as published:
        cards = with_reach(published, incident_cards(published))
    lines = [json.dumps(finding, ensure_ascii=False) for finding in findings(cards)]
    if out.lower().startswith(WEBHOOK):
        _send(config, out, lines)
        return len(lines)
    try:
        write_text(Path(out), "".join(f"{line}\n" for line in lines))
    except ConfigError as error:
        raise StoreError(f"{error}; check --out") from None
    return len(lines)


def _send(config: Config, url: str, lines: list[str]) -> None:
    """Posts the lines, some hundred at once, signed as alerts to the same URL are."""
    target = _target(config, url)
    place, secret = place_of(target), secret_of(target)
    with client(config.endpoints.ca_bundle) as opened:
        for start in range(0, len(lines), LINES_AT_ONCE):
            body = "".join(f"{line}\n" for line in lines[start : start + LINES_AT_ONCE]).encode()
            signed = headers(secret, f"ocsf-{start}", 1, body) | {"Content-Type": LINES}
            try:
                quickly(partial(post, opened, bare_url(place), body, signed))
            except Undelivered as error:
                raise SourceUnavailable(f"--out: {error}; nothing from line {start} on") from None


def _target(config: Config, url: str) -> AlertTarget:
    configured = {target.url.get_secret_value(): target for target in config.alerts.targets}
    try:
        return configured.get(url) or AlertTarget.model_validate({"url": url})
    except ValueError:
        raise ConfigError(f"--out: write a path, or {WEBHOOK}host/path") from None
