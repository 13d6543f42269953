"""Reading the configuration: flag > `HVE_*` variable > hve.toml > default."""

from __future__ import annotations

import difflib
import os
import tomllib
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError

from hve_monitor.config.configuration import Config
from hve_monitor.config.mistakes import mistakes
from hve_monitor.config.section import rooted
from hve_monitor.errors import ConfigError

DEFAULT_FILE = "hve.toml"
OWN_VARIABLES = ("config", "dashboard_login", "dashboard_now", "smtp_password")


def load_config(file: Path | None = None) -> Config:
    """The checked configuration of `--config`, `HVE_CONFIG`, or hve.toml in the current folder.

    Without any file the defaults hold and there is no tenant.
    Raises: ConfigError, one line per mistake: file, key, reason, nearest valid key.
    """
    _refuse_unknown_variables()
    path = config_file(file)
    required = file is not None or _from_environment() is not None
    values = rooted(_read(path, required=required), Config, path.resolve().parent)
    try:
        return Config(**_joined(values, _variables()))
    except ValidationError as error:
        raise ConfigError("\n".join(mistakes(path, error.errors()))) from None


def config_file(file: Path | None = None) -> Path:
    """Where load_config looks: `--config`, `HVE_CONFIG`, or hve.toml in the current folder."""
    return file or _from_environment() or Path(DEFAULT_FILE)


def _refuse_unknown_variables() -> None:
    for name in sorted(os.environ):
        section = name.removeprefix("HVE_").split("__")[0].lower()
        if not name.startswith("HVE_") or section in {*Config.model_fields, *OWN_VARIABLES}:
            continue
        near = difflib.get_close_matches(section, Config.model_fields, n=1, cutoff=0.4)
        hint = f"; did you mean 'HVE_{near[0].upper()}'?" if near else ""
        raise ConfigError(f"environment: {name}: unknown variable{hint}")


def _variables() -> dict[str, Any]:
    """Values that `HVE_*` variables give. Raises: ConfigError for a list that is no JSON."""
    variables = (name.lower().partition("hve_") for name in os.environ)
    tables = {rest.split("__")[0] for before, _, rest in variables if not before}
    if tables.isdisjoint(Config.model_fields):
        return {}
    # Every command would pay for its import, and few machines set a variable.
    from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsError

    fields = cast(type[BaseSettings], Config)  # it looks at nothing else of the class
    try:
        return EnvSettingsSource(fields, env_prefix="HVE_", env_nested_delimiter="__")()
    except SettingsError as error:
        raise ConfigError(f"environment: {error}; write lists and tables as JSON") from None


def _joined(values: dict[str, Any], others: dict[str, Any]) -> dict[str, Any]:
    """Both, table by table; where both name a value, that of the others."""
    joined = values | others
    for name in values.keys() & others.keys():
        if isinstance(values[name], dict) and isinstance(others[name], dict):
            joined[name] = _joined(values[name], others[name])
    return joined


def _from_environment() -> Path | None:
    value = os.environ.get("HVE_CONFIG")
    return Path(value) if value else None


def _read(path: Path, *, required: bool) -> dict[str, Any]:
    if not required and not path.exists():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}); check --config") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from None
