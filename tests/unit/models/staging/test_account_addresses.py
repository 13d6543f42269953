"""To whom an address belongs, by the lists of accounts that were read."""

from __future__ import annotations

import duckdb

from tests.places import ROOT

SQL = (ROOT / "models" / "staging" / "stg_account_addresses.sql").read_text(encoding="utf-8")


def owners(*lists: dict[str, list[str]]) -> dict[str, str]:
    """Owner of each address after lists of accounts with their addresses, the newest last."""
    with duckdb.connect() as connection:
        connection.execute(
            "create schema raw; create table raw.hve_accounts"
            " (tenant varchar, batch bigint, account varchar, addresses varchar[])"
        )
        for batch, accounts in enumerate(lists):
            for account, addresses in accounts.items():
                connection.execute(
                    "insert into raw.hve_accounts values ('contoso', ?, ?, ?)",
                    [batch, account, addresses],
                )
        return dict(connection.execute(f"select address, account from ({SQL})").fetchall())


def test_an_address_keeps_its_last_owner_when_the_account_is_not_listed() -> None:
    whole = {"hr": ["hr", "people"], "it": ["it"]}
    assert owners(whole, {"it": ["it"]}) == {"hr": "hr", "people": "hr", "it": "it"}
    assert owners(whole, {"it": ["it"]}, whole) == {"hr": "hr", "people": "hr", "it": "it"}


def test_an_address_that_moved_belongs_to_the_new_owner() -> None:
    moved = {"hr": ["hr"], "it": ["it", "people"]}
    assert owners({"hr": ["hr", "people"], "it": ["it"]}, moved)["people"] == "it"
