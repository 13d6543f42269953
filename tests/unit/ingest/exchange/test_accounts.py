"""HVE accounts from Exchange or from the configuration."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ingest.exchange.accounts import configured_accounts, ingest_accounts
from ingest.exchange.cmdlets import Exchange
from ingest.http import Api
from ingest.source import SourceResult
from tests.unit.ingest.conftest import NOW, Answer, Asked, Service
from warehouse.records.accounts import current_accounts, former_accounts
from warehouse.store import Store

USER = {
    "PrimarySmtpAddress": "HR@Contoso.com",
    "EmailAddresses": [
        "SMTP:HR@contoso.com",
        "smtp:People@Contoso.com",
        "Smtp:hr@contoso.com",
        "SIP:hr@contoso.com",
        "X500:/o=ExchangeLabs/cn=hr",
        "bare@contoso.com",
        "nonsense",
    ],
    "EmailAddresses@odata.type": "#Collection(String)",
    "DisplayName": "Human resources",
    "ExternalDirectoryObjectId": "0b0e",
    "WhenCreated": "2026-04-01T08:07:47.0000000+00:00",
}


class Tenant:
    """Answers cmdlets with these users, and settings with a ReplyTo or a status."""

    def __init__(self, service: Service, *users: dict[str, Any]) -> None:
        self.users, self.reply_to, self.status = users, "Reply@Contoso.com", 200
        service.choose = self.answer

    def answer(self, asked: Asked) -> Answer:
        if asked.json["CmdletInput"]["CmdletName"] == "Get-MailUser":
            return Answer(200, {"value": self.users})
        return Answer(self.status, {"value": [{"ReplyTo": self.reply_to}]})


def ingest(store: Store, api: Api, now: datetime = NOW) -> SourceResult:
    return ingest_accounts(store, "contoso", Exchange(api, "t"), now)


def test_smtp_proxies_of_any_case_are_addresses_and_others_are_not(
    store: Store, api: Api, service: Service
) -> None:
    Tenant(service, USER)
    result = ingest(store, api)
    (account,) = current_accounts(store, "contoso")
    assert account.account == "hr@contoso.com"
    assert account.addresses == ("hr@contoso.com", "bare@contoso.com", "people@contoso.com")
    assert account.created_at == datetime(2026, 4, 1, 8, 7, 47, tzinfo=UTC)
    assert account.reply_to == "reply@contoso.com"
    assert (result.status, result.rows_read, result.rows_new, result.requests) == ("ok", 1, 1, 2)


def test_reading_again_changes_nothing(store: Store, api: Api, service: Service) -> None:
    Tenant(service, USER)
    ingest(store, api)
    again = ingest(store, api)
    assert (again.rows_new, again.rows_changed, again.rows_unchanged) == (0, 0, 1)


def test_a_creation_time_without_a_zone_changes_nothing_when_read_again(
    store: Store, api: Api, service: Service
) -> None:
    Tenant(service, USER | {"WhenCreated": "2026-04-01T08:07:47"})
    ingest(store, api)
    assert ingest(store, api).rows_changed == 0


@pytest.mark.parametrize(
    "odd",
    [
        {"WhenCreated": "0001-01-01T00:00:00Z"},
        {"WhenCreated": "soon", "DisplayName": 5, "ExternalDirectoryObjectId": []},
        {"EmailAddresses": None},
        {"EmailAddresses": "SMTP:hr@contoso.com"},
        {"EmailAddresses": [None, 5, "SMTP:hr@contoso.com"]},
    ],
)
def test_an_odd_value_beside_the_address_costs_no_account(
    store: Store, api: Api, service: Service, odd: dict[str, Any]
) -> None:
    Tenant(service, USER | odd, USER | {"PrimarySmtpAddress": "it@contoso.com"})
    assert (ingest(store, api).rows_new, ingest(store, api).rows_changed) == (2, 0)
    names = [account.account for account in current_accounts(store, "contoso")]
    assert sorted(names) == sorted([USER["PrimarySmtpAddress"].lower(), "it@contoso.com"])
    (account,) = [a for a in current_accounts(store, "contoso") if a.account != "it@contoso.com"]
    assert account.created_at is None or "WhenCreated" not in odd


def test_refused_settings_do_not_stop_the_accounts(
    store: Store, api: Api, service: Service
) -> None:
    tenant = Tenant(service, USER)
    ingest(store, api)
    tenant.status = 403
    result = ingest(store, api)
    assert (result.status, result.rows_changed) == ("ok", 0)
    assert current_accounts(store, "contoso")[0].reply_to == "reply@contoso.com"


def test_a_reply_to_that_was_removed_is_a_change(store: Store, api: Api, service: Service) -> None:
    tenant = Tenant(service, USER)
    ingest(store, api)
    tenant.reply_to = ""
    assert ingest(store, api).rows_changed == 1
    assert current_accounts(store, "contoso")[0].reply_to == ""


def test_an_empty_list_keeps_the_known_accounts_and_fails(
    store: Store, api: Api, service: Service
) -> None:
    tenant = Tenant(service, USER)
    ingest(store, api)
    tenant.users = ()
    result = ingest(store, api)
    assert result.status == "failed"
    assert result.error == "Exchange lists no HVE account; the 1 known ones are kept"
    assert len(current_accounts(store, "contoso")) == 1


def user(name: str) -> dict[str, Any]:
    address = f"{name}@contoso.com"
    return {
        "PrimarySmtpAddress": address,
        "EmailAddresses": [f"SMTP:{address}", f"smtp:x{address}"],
    }


def test_a_list_that_lost_most_accounts_is_partial_until_it_lasts(
    store: Store, api: Api, service: Service
) -> None:
    users = [user(f"account{number}") for number in range(12)]
    tenant = Tenant(service, *users)
    ingest(store, api)
    tenant.users = tuple(users[:2])
    short = ingest(store, api, NOW + timedelta(hours=1))
    assert (short.status, len(current_accounts(store, "contoso"))) == ("partial", 12)
    assert "lists 2 HVE accounts; the 10 known ones that it does not list are kept" in str(
        short.error
    )
    ingest(store, api, NOW + timedelta(days=3))
    assert len(current_accounts(store, "contoso")) == 12
    tenant.users = tuple(users)
    assert ingest(store, api, NOW + timedelta(days=3, hours=1)).status == "ok"
    tenant.users = tuple(users[:2])
    for hours in (1, 24, 71):
        assert ingest(store, api, NOW + timedelta(days=8, hours=hours)).status == "partial"
    assert ingest(store, api, NOW + timedelta(days=12)).status == "ok"
    assert len(current_accounts(store, "contoso")) == 2
    gone = former_accounts(store, "contoso")
    assert len(gone) == 10
    assert set(gone.values()) == {NOW + timedelta(days=12)}


def test_a_few_accounts_that_are_gone_are_gone_and_a_renamed_one_is_not(
    store: Store, api: Api, service: Service
) -> None:
    users = [user(f"account{number}") for number in range(4)]
    tenant = Tenant(service, *users)
    ingest(store, api)
    renamed = user("renamed") | {"EmailAddresses": ["smtp:account1@contoso.com"]}
    tenant.users = (users[0], renamed, users[2])
    assert ingest(store, api, NOW + timedelta(hours=1)).status == "ok"
    assert former_accounts(store, "contoso") == {"account3@contoso.com": NOW + timedelta(hours=1)}
    tenant.users = (users[0], renamed, users[2], users[3])
    ingest(store, api, NOW + timedelta(hours=2))
    assert former_accounts(store, "contoso") == {}


def test_a_user_without_an_address_is_a_broken_contract(
    store: Store, api: Api, service: Service
) -> None:
    for user in ({"DisplayName": "nobody"}, {"PrimarySmtpAddress": ""}):
        Tenant(service, user)
        result = ingest(store, api)
        assert result.status == "failed"
        assert result.error is not None
        assert "PrimarySmtpAddress" in result.error
        assert current_accounts(store, "contoso") == []


def test_addresses_of_an_account_have_the_form_of_its_traces(
    store: Store, api: Api, service: Service
) -> None:
    odd = {"PrimarySmtpAddress": "SMTP:HR@Contoso.com", "ExternalDirectoryObjectId": ""}
    proxies = ["'people@contoso.com'", "smtp: bare@contoso.com ", "smtp:"]
    Tenant(service, USER | odd | {"EmailAddresses": proxies})
    ingest(store, api)
    (account,) = current_accounts(store, "contoso")
    assert account.addresses == ("hr@contoso.com", "bare@contoso.com", "people@contoso.com")
    assert account.external_id is None
    for text in (
        "SMTP:hr@contoso.com smtp:bare@contoso.com",
        "bare@contoso.com; SIP:x@contoso.com",
    ):
        Tenant(service, USER | {"EmailAddresses": text})
        ingest(store, api)
        (account,) = current_accounts(store, "contoso")
        assert account.addresses == ("hr@contoso.com", "bare@contoso.com")


def test_a_missing_permission_is_named(store: Store, api: Api, service: Service) -> None:
    service.choose = lambda _: Answer(403)
    result = ingest(store, api)
    assert (result.status, result.temporary) == ("failed", False)
    assert "Example.Read" in str(result.error)


def test_configured_addresses_are_accounts_of_their_own(store: Store) -> None:
    result = configured_accounts(store, "contoso", ("hr@contoso.com", "it@contoso.com"), NOW)
    assert (result.rows_read, result.rows_new, result.requests) == (2, 2, 0)
    found = {account.account: account.addresses for account in current_accounts(store, "contoso")}
    assert found == {
        "hr@contoso.com": ("hr@contoso.com",),
        "it@contoso.com": ("it@contoso.com",),
    }
