"""The tenants: their credentials, and where their accounts come from."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import ValidationInfo, field_validator, model_validator

from hve_monitor.addresses import one_address
from hve_monitor.config.section import Section

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
APP_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class Tenant(Section):
    """One Microsoft 365 tenant, its credentials and where its accounts come from."""

    name: str
    shard: str = ""
    tenant_id: str = ""
    client_id: str = ""
    client_secret_file: Path | None = None
    certificate_file: Path | None = None
    certificate_password_file: Path | None = None
    federated_token_file: Path | None = None
    managed_identity: bool = False
    accounts: Literal["exchange", "files"] | tuple[str, ...] = "exchange"
    exchange_access: Literal["auto", "rest", "powershell"] = "auto"
    exchange_organization: str = ""
    azure_scopes: tuple[str, ...] = ()
    sending_apps: tuple[str, ...] = ()
    timezone: str = "UTC"
    holidays: tuple[date, ...] = ()
    currency: str = "USD"
    accepted_domains: tuple[str, ...] = ()
    sender_client_id: str = ""
    sender_client_secret_file: Path | None = None
    sender_certificate_file: Path | None = None

    @field_validator("name", "shard")
    @classmethod
    def _plain_name(cls, value: str, info: ValidationInfo) -> str:
        if not NAME.fullmatch(value) and (value or info.field_name == "name"):
            raise ValueError("use lower-case letters, digits, '-' and '_' only")
        return value

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"'{value}' is no IANA time zone, e.g. Europe/Berlin") from None
        return value

    @field_validator("accounts")
    @classmethod
    def _addresses(cls, value: str | tuple[str, ...]) -> str | tuple[str, ...]:
        if isinstance(value, str):
            return value
        addresses = {text: one_address(text) for text in value}
        bad = [text for text, address in addresses.items() if address is None]
        if bad or not value:
            raise ValueError(f"no SMTP address: {bad[0]!r}" if bad else "the list is empty")
        return tuple(dict.fromkeys(address for address in addresses.values() if address))

    @field_validator("sending_apps")
    @classmethod
    def _application_ids(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        bad = [app_id for app_id in value if not APP_ID.fullmatch(app_id)]
        if bad:
            raise ValueError(f"no application id: {bad[0]!r}; write the client id of the app")
        return tuple(dict.fromkeys(app_id.lower() for app_id in value))

    @model_validator(mode="after")
    def _can_sign_in(self) -> Tenant:
        if self.accounts == "files":
            return self
        if not self.tenant_id:
            raise ValueError(
                "tenant_id is missing (only a tenant with accounts = 'files' needs none)"
            )
        files = [self.client_secret_file, self.certificate_file, self.federated_token_file]
        if sum(file is not None for file in files) + self.managed_identity != 1:
            raise ValueError(
                "give exactly one of client_secret_file, certificate_file, federated_token_file, "
                "managed_identity = true"
            )
        if not self.client_id and not self.managed_identity:
            raise ValueError("client_id is missing")
        if self.exchange_access == "powershell" and not self.exchange_organization:
            raise ValueError(
                "exchange_organization is missing (Connect-ExchangeOnline needs the tenant's"
                " onmicrosoft.com domain)"
            )
        return self

    @model_validator(mode="after")
    def _sender_is_whole(self) -> Tenant:
        """A sending application has an id and one credential."""
        files = [self.sender_client_secret_file, self.sender_certificate_file]
        if sum(file is not None for file in files) != bool(self.sender_client_id):
            raise ValueError(
                "give sender_client_id together with exactly one of sender_client_secret_file, "
                "sender_certificate_file"
            )
        return self

    @property
    def sender(self) -> Tenant:
        """The tenant as the application that sends by OAuth sees it: its own where one is named."""
        if not self.sender_client_id:
            return self
        return self.model_copy(
            update={
                "client_id": self.sender_client_id,
                "client_secret_file": self.sender_client_secret_file,
                "certificate_file": self.sender_certificate_file,
                "certificate_password_file": None,
                "federated_token_file": None,
                "managed_identity": False,
            }
        )


LOCAL_TENANT = Tenant(name="local", accounts="files")
