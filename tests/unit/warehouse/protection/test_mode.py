"""The outside key: needed, never stored, changed without touching a row."""

from __future__ import annotations

from pathlib import Path

import pytest

from hve_monitor.config import Privacy
from hve_monitor.errors import ConfigError
from warehouse.protection.mode import (
    Protection,
    decrypted,
    encrypted,
    read_protection,
    rotate,
    stored_protection,
    tenant_key,
)
from warehouse.store import Store, open_store

OLD, NEW = (Protection("pseudonymous", "hash", key * 32) for key in (b"o", b"n"))


def test_what_is_sealed_opens_with_its_key_beside_its_text_alone() -> None:
    sealed = encrypted(b"k" * 32, b"secret", "contoso")
    assert b"secret" not in sealed
    assert decrypted(b"k" * 32, sealed, "contoso") == b"secret"
    assert decrypted(b"k" * 32, sealed, "fabrikam") is None
    assert decrypted(b"x" * 32, sealed, "contoso") is None
    assert encrypted(b"k" * 32, b"secret", "contoso") != sealed


def test_a_tenant_keeps_its_key_when_the_outside_key_changes(tmp_path: Path) -> None:
    with open_store(tmp_path, protection=OLD) as store:
        keys = [tenant_key(store.state, OLD, name) for name in ("contoso", "fabrikam")]
        assert keys[0] != keys[1]
        assert rotate(store.state, OLD, NEW) == 2
        assert [tenant_key(store.state, NEW, name) for name in ("contoso", "fabrikam")] == keys
        with pytest.raises(ConfigError, match="does not open the key of tenant 'contoso'"):
            tenant_key(store.state, OLD, "contoso")
        assert stored_protection(store.state) == ("pseudonymous", "hash", NEW.fingerprint)
    assert keys[0] not in (tmp_path / "state.db").read_bytes()


def test_an_empty_full_store_remembers_nothing(store: Store) -> None:
    assert stored_protection(store.state) is None


def test_a_key_is_read_only_where_it_is_needed(tmp_path: Path) -> None:
    missing = str(tmp_path / "hve.key")
    assert read_protection(Privacy(key_file=missing), tmp_path / "store").key is None
    with pytest.raises(ConfigError, match="cannot be read"):
        read_protection(Privacy(mode="aggregate", key_file=missing), tmp_path / "store")
    assert read_protection(Privacy(mode="aggregate"), tmp_path / "store").key is None
    with pytest.raises(ConfigError, match=r"privacy\.key_file: is missing; make one with"):
        read_protection(Privacy(subjects="hash"), tmp_path / "store")


def test_white_space_around_a_key_does_not_matter(tmp_path: Path) -> None:
    keys = []
    for number, text in enumerate(("k" * 32, "k" * 32 + "\r\n")):
        file = tmp_path / f"{number}.key"
        file.write_bytes(text.encode())
        privacy = Privacy(mode="pseudonymous", key_file=str(file))
        keys.append(read_protection(privacy, tmp_path / "store").fingerprint)
    assert keys[0] == keys[1]
