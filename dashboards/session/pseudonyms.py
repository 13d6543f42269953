"""Readings with keyed pseudonyms in the place of recipients, subjects and message ids."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import pandas as pd
import streamlit as st

from hve_monitor.config import Config
from warehouse.privacy.page_names import shown_mask
from warehouse.protection.mode import read_protection
from warehouse.protection.pseudonyms import Mask, hidden
from warehouse.records.accounts import account_addresses, sending_accounts
from warehouse.store import open_store

HASHED = re.compile(r"s-[0-9a-f]{32}")
# What people write: a pseudonym in its place would tell whose it is to whoever wrote the address.
WRITTEN = ("note", "reason")
# Names of those who work with the monitor, not of recipients.
STAFF = ("author", "who", "assigned_to")


@dataclass(frozen=True)
class Naming:
    """The masks of the tenants, and the addresses that are accounts, not people."""

    masks: Mapping[str, Mask]
    accounts: frozenset[str]

    def shown(self, value: Any, name: str = "", tenant: str | None = None) -> Any:
        """The value with every name in it hidden; containers keep their shape."""
        if isinstance(value, str):
            return self._text(value, name, tenant)
        if isinstance(value, Mapping):
            of = value.get("tenant", tenant)
            return {key: self.shown(inner, str(key), of) for key, inner in value.items()}
        if isinstance(value, pd.DataFrame):
            return self._frame(value, tenant)
        if isinstance(value, msgspec.Struct) or is_dataclass(value) or hasattr(value, "_fields"):
            return self._record(value, tenant)
        if isinstance(value, (list, tuple)):
            return type(value)(self.shown(inner, name, tenant) for inner in value)
        return value

    def _record(self, value: Any, tenant: str | None) -> Any:
        """A document, dataclass or named tuple, its fields hidden by their names."""
        of = getattr(value, "tenant", tenant)

        def shown(names: Iterable[str]) -> dict[str, Any]:
            return {name: self.shown(getattr(value, name), name, of) for name in names}

        if isinstance(value, msgspec.Struct):
            return msgspec.structs.replace(value, **shown(value.__struct_fields__))
        if is_dataclass(value) and not isinstance(value, type):
            return replace(value, **shown(field.name for field in fields(value)))
        return value._replace(**shown(value._fields))

    def _text(self, text: str, name: str, tenant: str | None) -> str | None:
        if not self.masks:
            return hidden(text, self.accounts)
        mask = self.masks.get(str(tenant)) or next(iter(self.masks.values()))
        if name in STAFF:
            return text
        if name == "subject":
            return text if HASHED.fullmatch(text) else mask.subject(text)
        if name == "message_id":
            return mask.message_id(text)
        if name == "recipient":
            return mask.recipient(text)
        if name in WRITTEN:
            return hidden(text, self.accounts)
        return mask.text(text, self.accounts)

    def _frame(self, frame: pd.DataFrame, tenant: str | None) -> pd.DataFrame:
        """Each distinct text of a column once; rows of several tenants by their own keys."""
        if "tenant" in frame and frame["tenant"].nunique() > 1:
            parts = [self._frame(part, str(name)) for name, part in frame.groupby("tenant")]
            return pd.concat(parts).reindex(frame.index)
        if "tenant" in frame and len(frame):
            tenant = str(frame["tenant"].iloc[0])
        changed = {
            str(name): self._column(frame[name], str(name), tenant)
            for name in frame
            if frame[name].dtype in ("object", "string", "str")
        }
        return frame.assign(**changed)

    def _column(self, column: pd.Series, name: str, tenant: str | None) -> pd.Series:
        texts = {text for text in column if isinstance(text, str)}
        shown = {text: self.shown(text, name, tenant) for text in texts}
        return column.map(lambda text: shown[text] if isinstance(text, str) else text)


def pseudonymised(config: Config, version: str, result: Any) -> Any:
    """What a reading of a published version found, for somebody who does not need names."""
    if config.is_sharded:  # the tenants side by side, of which nothing names a person
        return Naming({}, frozenset()).shown(result)
    names = tuple(tenant.name for tenant in config.served)
    return naming(config.warehouse.path, version, names, config).shown(result)


@st.cache_resource(max_entries=8, show_spinner=False)
def naming(
    root: Path,
    version: str,  # noqa: ARG001 - a new one is read anew
    names: tuple[str, ...],
    _config: Config,
) -> Naming:
    """The masks of the named tenants. Raises: ConfigError when a needed key is missing."""
    with open_store(root, protection=read_protection(_config.privacy, root)) as store:
        known = [account_addresses(store, name) | sending_accounts(store, name) for name in names]
        masks = {name: shown_mask(store, name) for name in names}
    return Naming(masks, frozenset().union(*known))
