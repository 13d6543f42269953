"""Which scheme of a configured target is served by which module of targets/."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from hve_monitor.config import AlertTarget, Config
from publish.target import HTTPS, MAIL, SYSLOG, Bearer, Send, place_of, secret_of


@contextmanager
def connections(targets: Iterable[AlertTarget], config: Config) -> Iterator[None]:
    """Within, services of apprise use our connections; it is loaded for them alone.

    Raises: ConfigError.
    """
    if all(target.scheme in (*HTTPS, *MAIL, *SYSLOG) for target in targets):
        yield
        return
    from publish.targets.wires import wired

    with wired(config.endpoints.ca_bundle):
        yield


@contextmanager
def sender_of(target: AlertTarget, config: Config, bearer: Bearer) -> Iterator[Send]:
    """What sends to the target; a run opens it once. Raises: ConfigError, AuthError."""
    from publish.outgoing import client
    from publish.targets import chat, mail, sentinel, splunk, syslog, webhook

    place, secret = place_of(target), secret_of(target)
    if target.scheme in MAIL:
        yield mail.sender(place, secret, config.endpoints.ca_bundle)
    elif target.scheme in SYSLOG:
        yield syslog.sender(place, config.endpoints.ca_bundle, target.format)
    elif target.scheme not in HTTPS:
        yield chat.sender(target.url.get_secret_value(), secret)
    else:
        with client(config.endpoints.ca_bundle) as opened:
            if target.scheme == "webhook+https":
                yield webhook.sender(opened, place, secret, target.format)
            elif target.scheme == "splunk+https":
                yield splunk.sender(opened, place, secret, target.format)
            else:
                tenant = target.sign_in or config.served[0].name
                scope = config.endpoints.monitor_scope
                yield sentinel.sender(opened, place, lambda: bearer(tenant, scope), target.format)
