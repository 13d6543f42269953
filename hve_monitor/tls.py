"""Trust in certificates: the system's authorities and a configured one. Always verified."""

from __future__ import annotations

import ssl

from hve_monitor.errors import ConfigError


def trust(ca_bundle: str = "") -> ssl.SSLContext:
    """A context that verifies certificates and names, with an extra CA file where one is given.

    Raises: ConfigError when the file cannot be read or holds no certificate.
    """
    context = ssl.create_default_context()
    try:
        if ca_bundle:
            context.load_verify_locations(ca_bundle)
    except OSError as error:
        reason = "holds no certificate" if isinstance(error, ssl.SSLError) else error.strerror
        raise ConfigError(f"endpoints.ca_bundle: {ca_bundle}: {reason}") from None
    return context
