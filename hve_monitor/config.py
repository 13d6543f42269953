"""The configuration: hve.toml, `HVE_*` variables and flags, checked in one place.

Order: flag > `HVE_*` variable (nested with `__`) > `hve.toml` > default. Secrets are read from the
files that the configuration names, only when a token is needed, and never kept here.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from hve_monitor.errors import ConfigError

DEFAULT_FILE = "hve.toml"
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")
APP_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
CLOCK = r"([01]\d|2[0-3]):[0-5]\d"
SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://[^\s/?#]", re.IGNORECASE)
OWN_PLAIN_SCHEMES = {
    "http": "webhook+https",
    "https": "webhook+https",
    "webhook": "webhook+https",
    "webhook+http": "webhook+https",
    "splunk+http": "splunk+https",
    "sentinel+http": "sentinel+https",
}
OWN_SCHEMES = ("webhook+https://", "splunk+https://", "sentinel+https://", "smtp://", "smtps://")
UNVERIFIED = re.compile(r"[?&]verify=(no|n|0|false|off|f|never|disable[d]?|deny)\b", re.IGNORECASE)


class Section(BaseModel):
    """A table of the file: unknown keys are errors, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Warehouse(Section):
    """Where everything the pipeline stores lives, and what DuckDB may use."""

    path: Path = Path("data/local")
    memory_limit: Annotated[str, Field(pattern=r"^\d+(\.\d+)?\s*[KMGT]i?B$")] = "4GB"
    threads: Annotated[int, Field(ge=1)] | None = None


class Spark(Section):
    """How `--engine spark` runs; an empty text leaves the choice to Spark's surroundings."""

    master: str = ""
    location: str = ""
    settings: dict[str, str] = {}


class Tenant(Section):
    """One Microsoft 365 tenant, its credentials and where its accounts come from."""

    name: str
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

    @field_validator("name")
    @classmethod
    def _plain_name(cls, value: str) -> str:
        if not NAME.fullmatch(value):
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
        bad = [address for address in value if not ADDRESS.fullmatch(address)]
        if bad or not value:
            raise ValueError(f"no SMTP address: {bad[0]!r}" if bad else "the list is empty")
        return tuple(dict.fromkeys(address.lower() for address in value))

    @field_validator("sending_apps")
    @classmethod
    def _application_ids(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        bad = [each for each in value if not APP_ID.fullmatch(each)]
        if bad:
            raise ValueError(f"no application id: {bad[0]!r}; write the client id of the app")
        return tuple(dict.fromkeys(each.lower() for each in value))

    @model_validator(mode="after")
    def _can_sign_in(self) -> Tenant:
        if self.accounts == "files":
            return self
        if not self.tenant_id:
            raise ValueError(
                "tenant_id is missing (only a tenant with accounts = 'files' needs none)"
            )
        ways = [self.client_secret_file, self.certificate_file, self.federated_token_file]
        if sum(way is not None for way in ways) + self.managed_identity != 1:
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
        ways = [self.sender_client_secret_file, self.sender_certificate_file]
        if sum(way is not None for way in ways) != bool(self.sender_client_id):
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


class Endpoints(Section):
    """Base URLs without a trailing slash; a path prefix is kept. Defaults: the public cloud."""

    login: str = "https://login.microsoftonline.com"
    graph: str = "https://graph.microsoft.com"
    exchange: str = "https://outlook.office365.com"
    azure: str = "https://management.azure.com"
    prices: str = "https://prices.azure.com"
    smtp: str = "smtp.hve.mx.microsoft:587"
    graph_scope: str = "https://graph.microsoft.com/.default"
    exchange_scope: str = "https://outlook.office365.com/.default"
    azure_scope: str = "https://management.azure.com/.default"
    smtp_scope: str = "https://outlook.office.com/.default"
    monitor_scope: str = "https://monitor.azure.com/.default"
    ca_bundle: str = ""

    @field_validator("login", "graph", "exchange", "azure", "prices")
    @classmethod
    def _https_base(cls, value: str) -> str:
        if not value.startswith("https://"):
            raise ValueError("must start with https://")
        return value.rstrip("/")


class Limits(Section):
    """The tenant's published quotas and how much of them we may use."""

    message_trace_requests: Annotated[int, Field(ge=1)] = 100
    message_trace_window_seconds: Annotated[float, Field(gt=0)] = 300.0
    share: Annotated[float, Field(gt=0, le=1)] = 0.5
    allow_unfiltered: bool = False
    look_back_hours: Annotated[float, Field(ge=0)] = 4.0


class CostMinimum(Section):
    """A cost alert needs both."""

    amount: Decimal = Decimal("25.0")
    ratio: Annotated[float, Field(ge=0)] = 0.2


def _has_good_port(url: str) -> bool:
    """Only of our own schemes: in those of others a colon may part two tokens."""
    if not url.lower().startswith(OWN_SCHEMES):
        return True
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False


class AlertTarget(Section):
    """One place that alerts go to; the URL may hold a secret and is never shown."""

    url: SecretStr
    name: str = ""
    min_severity: Literal["low", "medium", "high"] = "medium"
    audience: tuple[Literal["security", "finops", "mail"], ...] = ()
    tenants: tuple[str, ...] = ()
    secret_file: Path | None = None
    secret_env: str = ""
    digest: bool | None = None
    format: Literal["text", "ocsf"] = "text"
    sign_in: str = ""

    @field_validator("url")
    @classmethod
    def _safe(cls, value: SecretStr) -> SecretStr:
        """A URL whose scheme can be served, with verified TLS. The reasons never repeat it."""
        url = value.get_secret_value()
        scheme = SCHEME.match(url)
        if not scheme:
            raise ValueError("is no URL, e.g. webhook+https://hooks.contoso.com/hve")
        if scheme[1] in OWN_PLAIN_SCHEMES:
            raise ValueError(f"write {OWN_PLAIN_SCHEMES[scheme[1]]}:// (only https is allowed)")
        if not _has_good_port(url):
            raise ValueError("its port is no number from 1 to 65535")
        if UNVERIFIED.search(url):
            raise ValueError("verification of certificates is never switched off")
        return value

    @model_validator(mode="after")
    def _one_secret(self) -> AlertTarget:
        if self.secret_file is not None and self.secret_env:
            raise ValueError("give secret_file or secret_env, not both")
        return self

    @property
    def scheme(self) -> str:
        """What the URL begins with, in lower case."""
        return self.url.get_secret_value().partition("://")[0].lower()

    @property
    def is_digested(self) -> bool:
        """Whether what is not urgent waits for the digest; a SIEM gets everything at once."""
        machine = self.scheme in ("splunk+https", "sentinel+https") or self.format == "ocsf"
        return not machine if self.digest is None else self.digest


class Digest(Section):
    """How often each audience gets what is not urgent."""

    security: Literal["day", "week"] = "day"
    finops: Literal["day", "week"] = "week"
    mail: Literal["day", "week"] = "day"


class Alerts(Section):
    """Who is told, and how often at most."""

    targets: tuple[AlertTarget, ...] = ()
    budget_false_pages_per_tenant_month: Annotated[float, Field(gt=0)] = 2
    quiet_hours: Annotated[str, Field(pattern=rf"^({CLOCK}-{CLOCK})?$")] = ""
    cost_minimum: CostMinimum = CostMinimum()
    digest: Digest = Digest()
    digest_time: Annotated[str, Field(pattern=rf"^{CLOCK}$")] = "08:00"
    dashboard_url: str = ""

    @field_validator("targets", mode="before")
    @classmethod
    def _plain_urls(cls, value: Any) -> Any:
        """A plain text is a URL with the default severity and audience."""
        if not isinstance(value, (list, tuple)):
            return value
        return tuple({"url": each} if isinstance(each, str) else each for each in value)

    @field_validator("dashboard_url")
    @classmethod
    def _link(cls, value: str) -> str:
        if value and not re.fullmatch(r"https?://[^\s<>()\[\]\"'|]+", value):
            raise ValueError("must be a URL, e.g. https://hve.contoso.com")
        return value.rstrip("/")


class Metrics(Section):
    """Where the run leaves its metrics; `listen` is host:port, read by `hve run --every`."""

    textfile: Path | None = None
    listen: Annotated[str, Field(pattern=r"^(\S+:\d{1,5})?$")] = ""


class Budget(Section):
    """An amount for a period, over the tenant, some accounts or a cost center."""

    name: str
    tenant: str | None = None
    accounts: tuple[str, ...] = ()
    cost_center: str | None = None
    amount: Annotated[Decimal, Field(gt=0)]
    period: Literal["month", "quarter", "year"] = "month"
    thresholds: tuple[Annotated[float, Field(gt=0)], ...] = (0.5, 0.8, 1.0)


class CostCenter(Section):
    """Accounts that one cost center pays for."""

    name: str
    accounts: tuple[str, ...]
    owner: str = ""


class PriceOverride(Section):
    """A price of the user's own agreement, of one tenant if named; 0 is a free period."""

    tenant: str | None = None
    effective_from: date
    effective_until: date | None = None
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "USD"
    unit_price: Annotated[Decimal, Field(ge=0, max_digits=18, decimal_places=9)]

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> PriceOverride:
        if self.effective_until is not None and self.effective_until <= self.effective_from:
            raise ValueError("effective_until is not after effective_from")
        return self


class MeteringRule(Section):
    """Whether a delivery status is charged, from a day on; Microsoft documents delivered alone."""

    effective_from: date = date(1970, 1, 1)
    status: Literal["delivered", "failed", "quarantined", "filtered_as_spam", "pending"]
    is_billable: bool


class Export(Section):
    """Files that the end of every run writes for others."""

    folder: Path | None = None
    formats: tuple[Literal["focus", "csv", "showback"], ...] = ("focus",)


class AzureCost(Section):
    """Which Azure cost rows are HVE; pinned once the first run has shown them."""

    filter: dict[str, str] = {}
    policies: dict[str, str] = {}
    day_starts_at_hours: Annotated[int, Field(ge=-12, le=12)] | None = None
    lag_hours: Annotated[float, Field(gt=0)] | None = None
    rounding_digits: Annotated[int, Field(ge=0, le=10)] | None = None
    recipients_per_unit: Annotated[int, Field(ge=1)] | None = None
    price_ratio: Annotated[Decimal, Field(gt=0)] | None = None


class Privacy(Section):
    """Which personal data the store may hold."""

    mode: Literal["full", "pseudonymous", "aggregate"] = "full"
    key_file: str = ""
    subjects: Literal["keep", "hash", "drop"] = "keep"

    @property
    def kept_subjects(self) -> Literal["keep", "hash", "drop"]:
        """How subjects are kept: never in words in pseudonymous mode, never in aggregate mode."""
        if self.mode == "aggregate":
            return "drop"
        return "hash" if self.mode == "pseudonymous" and self.subjects == "keep" else self.subjects

    @property
    def needs_key(self) -> bool:
        """Whether something is kept that only a key outside the store may open or repeat."""
        return self.mode == "pseudonymous" or self.kept_subjects == "hash"


class Retention(Section):
    """How long rows are kept."""

    facts_days: Annotated[int, Field(ge=1)] = 400
    marts_days: Annotated[int, Field(ge=1)] = 1200


class Readiness(Section):
    """From when on the readiness board speaks up."""

    idle_days: Annotated[int, Field(ge=1)] = 60
    ending_days: Annotated[int, Field(ge=1)] = 30


Role = Literal["finops", "security", "mail", "admin"]


class Auth(Section):
    """Dashboard login: which claim holds the roles, what they are called, and who sees names.

    secrets_file: Streamlit's secrets with an [auth] section; without it nobody logs in.
    tenants: which values of `tenants_claim` (of `roles_claim` where it is empty) open which tenant,
    "*" every one. Without any, each role sees all of them; an admin always does.
    """

    secrets_file: Path | None = None
    roles_claim: str = "roles"
    roles: dict[Role, tuple[str, ...]] = {}
    names: tuple[Role, ...] = ("security", "mail", "admin")
    tenants_claim: str = ""
    tenants: dict[str, tuple[str, ...]] = {}
    session_hours: Annotated[float, Field(gt=0)] = 12.0


class Config(BaseSettings):
    """The whole configuration, checked."""

    model_config = SettingsConfigDict(
        env_prefix="HVE_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    warehouse: Warehouse = Warehouse()
    tenants: tuple[Tenant, ...] = ()
    endpoints: Endpoints = Endpoints()
    limits: Limits = Limits()
    alerts: Alerts = Alerts()
    budgets: tuple[Budget, ...] = ()
    cost_centers: tuple[CostCenter, ...] = ()
    cost_centers_file: Path | None = None
    azure_cost: AzureCost = AzureCost()
    prices: tuple[PriceOverride, ...] = ()
    metering_rules: tuple[MeteringRule, ...] = ()
    export: Export = Export()
    privacy: Privacy = Privacy()
    retention: Retention = Retention()
    auth: Auth = Auth()
    readiness: Readiness = Readiness()
    metrics: Metrics = Metrics()
    spark: Spark = Spark()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the signature is the library's
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Variables beat the file, whose values arrive as init arguments."""
        return env_settings, init_settings

    @model_validator(mode="after")
    def _unique_tenants(self) -> Config:
        names = [tenant.name for tenant in self.tenants]
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise ValueError(f"tenants: the name '{min(twice)}' is used twice")
        return self

    @model_validator(mode="after")
    def _known_tenants(self) -> Config:
        """What is said of a tenant that does not exist would be heard by nobody."""
        known = [tenant.name for tenant in self.served]
        wrong = [each for each in self._named_tenants() if each[1] not in (None, *known)]
        if wrong:
            key, name = wrong[0]
            near = difflib.get_close_matches(str(name), known, n=1, cutoff=0.4) or known
            raise ValueError(f"{key}: there is no tenant '{name}'; did you mean '{near[0]}'?")
        return self

    def _named_tenants(self) -> Iterator[tuple[str, str | None]]:
        """Every place that names a tenant."""
        yield from ((f"budgets.{n}.tenant", each.tenant) for n, each in enumerate(self.budgets))
        yield from ((f"prices.{n}.tenant", each.tenant) for n, each in enumerate(self.prices))
        for number, target in enumerate(self.alerts.targets):
            yield from ((f"alerts.targets.{number}.tenants", each) for each in target.tenants)
        yield from ((f"auth.tenants.{name}", name) for name in self.auth.tenants if name != "*")

    @model_validator(mode="after")
    def _prices_in_the_tenants_currency(self) -> Config:
        """Another currency would leave the tenant with the price that was to be replaced."""
        billed = {tenant.name: tenant.currency for tenant in self.served}
        for number, each in enumerate(self.prices):
            currency = billed.get(each.tenant or "", each.currency)
            if currency != each.currency:
                raise ValueError(
                    f"prices.{number}.currency: {each.tenant} bills in {currency}; write"
                    f' currency = "{currency}"'
                )
        return self

    @property
    def served(self) -> tuple[Tenant, ...]:
        """The configured tenants; without any, the local one that lives from files."""
        return self.tenants or (LOCAL_TENANT,)

    def only(self, names: frozenset[str] | None) -> Config:
        """The configuration as if there were these tenants alone; None leaves it as it is."""
        if names is None:
            return self
        mine = {
            "tenants": tuple(each for each in self.served if each.name in names),
            "budgets": tuple(each for each in self.budgets if each.tenant in (None, *names)),
            "prices": tuple(each for each in self.prices if each.tenant in (None, *names)),
        }
        return self.model_copy(update=mine)

    def tenant(self, name: str) -> Tenant:
        """The tenant of that name. Raises: ConfigError naming the known ones."""
        for tenant in self.served:
            if tenant.name == name:
                return tenant
        known = ", ".join(tenant.name for tenant in self.served)
        raise ConfigError(f"--tenant {name}: no such tenant in the configuration (known: {known})")


OWN_VARIABLES = ("config", "dashboard_now", "smtp_password")
LOCAL_TENANT = Tenant(name="local", accounts="files")


def load_config(file: Path | None = None) -> Config:
    """The checked configuration of `--config`, `HVE_CONFIG`, or hve.toml in the current folder.

    Without any file the defaults hold and there is no tenant.
    Raises: ConfigError, one line per mistake: file, key, reason, nearest valid key.
    """
    _refuse_unknown_variables()
    path = file or _from_environment() or Path(DEFAULT_FILE)
    required = file is not None or _from_environment() is not None
    values = _read(path, required=required)
    try:
        return Config(**_rooted(values, path.resolve().parent))
    except ValidationError as error:
        raise ConfigError("\n".join(_lines(path, error.errors()))) from None
    except SettingsError as error:
        raise ConfigError(f"environment: {error}; write lists and tables as JSON") from None


def _refuse_unknown_variables() -> None:
    for name in sorted(os.environ):
        section = name.removeprefix("HVE_").split("__")[0].lower()
        if not name.startswith("HVE_") or section in {*Config.model_fields, *OWN_VARIABLES}:
            continue
        near = difflib.get_close_matches(section, Config.model_fields, n=1, cutoff=0.4)
        hint = f"; did you mean 'HVE_{near[0].upper()}'?" if near else ""
        raise ConfigError(f"environment: {name}: unknown variable{hint}")


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


PATH_KEYS = ("client_secret_file", "certificate_file", "certificate_password_file",
             "federated_token_file", "sender_client_secret_file",
             "sender_certificate_file")  # fmt: skip


def _rooted(values: dict[str, Any], folder: Path) -> dict[str, Any]:
    """File names in the file are relative to the file, so that cron's folder does not matter."""
    warehouse = values.get("warehouse")
    if isinstance(warehouse, dict) and isinstance(warehouse.get("path"), str):
        warehouse["path"] = folder / warehouse["path"]
    tenants = values.get("tenants")
    for tenant in tenants if isinstance(tenants, list) else []:
        for key in PATH_KEYS:
            if isinstance(tenant, dict) and isinstance(tenant.get(key), str):
                tenant[key] = folder / tenant[key]
    if isinstance(values.get("cost_centers_file"), str):
        values["cost_centers_file"] = folder / values["cost_centers_file"]
    export = values.get("export")
    if isinstance(export, dict) and isinstance(export.get("folder"), str):
        export["folder"] = folder / export["folder"]
    alerts = values.get("alerts")
    targets = alerts.get("targets") if isinstance(alerts, dict) else None
    for target in targets if isinstance(targets, list) else []:
        if isinstance(target, dict) and isinstance(target.get("secret_file"), str):
            target["secret_file"] = folder / target["secret_file"]
    metrics = values.get("metrics")
    if isinstance(metrics, dict) and isinstance(metrics.get("textfile"), str):
        metrics["textfile"] = folder / metrics["textfile"]
    privacy = values.get("privacy")
    if isinstance(privacy, dict) and privacy.get("key_file"):
        privacy["key_file"] = str(folder / str(privacy["key_file"]))
    auth = values.get("auth")
    if isinstance(auth, dict) and isinstance(auth.get("secrets_file"), str):
        auth["secrets_file"] = folder / auth["secrets_file"]
    endpoints = values.get("endpoints")
    if isinstance(endpoints, dict) and endpoints.get("ca_bundle"):
        endpoints["ca_bundle"] = str(folder / str(endpoints["ca_bundle"]))
    return values


def _lines(path: Path, details: list[ErrorDetails]) -> list[str]:
    """One line per key: of a union's branches the first reason is enough, and the innermost."""
    lines: dict[str, str] = {}
    for detail in details:
        place = [part for part in detail["loc"] if not _is_union_branch(part)]
        key = ".".join(str(part) for part in place)
        lines.setdefault(key, _line(path, key, place, detail))
    inner = {key.rpartition(".")[0] for key in lines if "." in key}
    return [line for key, line in lines.items() if key not in inner]


def _line(path: Path, key: str, place: list[str | int], detail: ErrorDetails) -> str:
    reason = detail["msg"].removeprefix("Value error, ")
    if detail["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(place[-1]), _known_keys(place[:-1]), n=1, cutoff=0.4)
        reason = "unknown key" + (f"; did you mean '{near[0]}'?" if near else "")
    elif detail["type"] == "missing":
        reason = "is missing"
    where = "environment" if _comes_from_a_variable(place) else str(path)
    return f"{where}: {key}: {reason}" if key else f"{where}: {reason}"


def _comes_from_a_variable(place: list[str | int]) -> bool:
    names = [str(part).upper() for part in place]
    return any("HVE_" + "__".join(names[:n]) in os.environ for n in range(1, len(names) + 1))


def _is_union_branch(part: str | int) -> bool:
    branches = ("literal[", "tuple[", "function-")
    return isinstance(part, str) and (part.startswith(branches) or part in ("str", "AlertTarget"))


def _known_keys(place: list[str | int]) -> list[str]:
    model: Any = Config
    for part in place:
        if isinstance(part, int):
            continue
        field = model.model_fields.get(part)
        model = _section_of(field.annotation) if field else None
        if model is None:
            return []
    return list(model.model_fields)


def _section_of(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in getattr(annotation, "__args__", ()):
        found = _section_of(inner)
        if found is not None:
            return found
    return None
