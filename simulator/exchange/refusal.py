"""Why a cmdlet does not run."""

from __future__ import annotations


class UnknownCmdletError(Exception):
    """No such cmdlet, or the caller's role lacks it: the service does not say which."""


class BadParameterError(Exception):
    """The parameters do not fit the cmdlet; the text names them."""


class ObjectNotFoundError(Exception):
    """No object has this identity."""
