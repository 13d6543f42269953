"""Who on this machine may read or change what a run trusts: secrets, keys and configuration."""

from __future__ import annotations

import ipaddress
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from actions.doctor.check import DoctorCheck, check
from hve_monitor.config import Config
from hve_monitor.config.section import NAMING_FILES

GROUP_OR_OTHERS = stat.S_IRWXG | stat.S_IRWXO
SECRETS_OF_TENANT = (
    "client_secret_file",
    "certificate_file",
    "certificate_password_file",
    "federated_token_file",
    "sender_client_secret_file",
    "sender_certificate_file",
)


def file_checks(config: Config, file: Path | None) -> Iterator[DoctorCheck]:
    """A warning for each file that others may read or change, or one word that none is.

    file: the configuration itself, None where the defaults hold.
    """
    if os.name != "posix":  # Windows has no such modes; docs/operations.md names icacls
        return
    secrets = [(key, path) for key, path in secret_files(config) if path.is_file()]
    plain = [(key, path) for key, path in _plain_files(config, file) if path.is_file()]
    warnings = [warning for key, path in secrets for warning in _secret(key, path)]
    warnings += [warning for key, path in plain for warning in _changeable(key, path)]
    yield from warnings
    if not warnings and (secrets or plain):
        detail = f"secrets ({len(secrets)}) are for their owner alone, no file is open to changes"
        yield check("files", "ok", detail)


def secret_files(config: Config) -> Iterator[tuple[str, Path]]:
    """(key of hve.toml, file) of everything that only the monitor's user may read."""
    for tenant in config.tenants:
        for key in SECRETS_OF_TENANT:
            if (path := getattr(tenant, key)) is not None:
                yield f"tenants.{tenant.name}.{key}", path
    for number, target in enumerate(config.alerts.targets):
        if target.secret_file is not None:
            yield f"alerts.targets.{target.name or number}.secret_file", target.secret_file
    for name, text in config.warehouse.storage.items():
        if name.endswith(NAMING_FILES):
            yield f"warehouse.storage.{name}", Path(text)
    if config.privacy.key_file:
        yield "privacy.key_file", Path(config.privacy.key_file)
    if config.auth.secrets_file is not None:
        yield "auth.secrets_file", config.auth.secrets_file


def metrics_check(config: Config) -> Iterator[DoctorCheck]:
    """A warning where other machines may read the metrics: nobody is asked for a login there."""
    host = config.metrics.listen.rpartition(":")[0].strip("[]")
    if not host:
        return
    if _is_loopback(host):
        yield check("metrics", "ok", f"metrics.listen: {host} is this machine alone")
        return
    detail = f"metrics.listen: {host}: other machines may read volume and cost, without a login"
    yield check(
        "metrics", "warn", detail, "listen on 127.0.0.1, or let a firewall decide who reads"
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _plain_files(config: Config, file: Path | None) -> Iterator[tuple[str, Path]]:
    """(what it is, file) of what may be read, and decides what a run does."""
    if file is not None:
        yield "configuration", file
    if config.cost_centers_file is not None:
        yield "cost_centers_file", config.cost_centers_file
    if config.endpoints.ca_bundle:
        yield "endpoints.ca_bundle", Path(config.endpoints.ca_bundle)


def _secret(key: str, path: Path) -> Iterator[DoctorCheck]:
    if _mode(path) & GROUP_OR_OTHERS:
        detail = f"{key}: {path} is open to others on this machine (mode {_mode(path):04o})"
        yield check("files", "warn", detail, f"chmod 600 {path}")
    yield from _in_open_folder(key, path)


def _changeable(key: str, path: Path) -> Iterator[DoctorCheck]:
    if _may_others_write(path):
        detail = f"{key}: {path} may be changed by others on this machine (mode {_mode(path):04o})"
        yield check("files", "warn", detail, f"chmod go-w {path}")
    yield from _in_open_folder(key, path)


def _in_open_folder(key: str, path: Path) -> Iterator[DoctorCheck]:
    """Whoever may write to a folder may put another file in the place of this one."""
    folder = path.resolve().parent
    if _may_others_write(folder) and not _mode(folder) & stat.S_ISVTX:
        detail = f"{key}: others may put another file in the place of {path} ({_mode(folder):04o})"
        yield check("files", "warn", detail, f"chmod go-w {folder}")


def _may_others_write(path: Path) -> bool:
    """A group with the number of its user is that user alone, as many systems make it."""
    state = path.stat()
    by_group = state.st_mode & stat.S_IWGRP and state.st_gid != state.st_uid
    return bool(state.st_mode & stat.S_IWOTH or by_group)


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)
