"""Microsoft's services: where they answer, and how much of their quota we may use."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from hve_monitor.config.section import FILE, Section
from hve_monitor.files import reference_rows


class Endpoints(Section):
    """Base URLs without a trailing slash; a path prefix is kept.

    Defaults: those of the cloud, of a national one by data/reference/clouds.csv.
    """

    cloud: Literal["public", "usgov", "usgov-dod", "china"] = "public"
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
    ca_bundle: Annotated[str, FILE] = ""

    @model_validator(mode="before")
    @classmethod
    def _of_cloud(cls, values: dict[str, Any]) -> dict[str, Any]:
        cloud = values.get("cloud", "public")
        if cloud == "public":
            return values
        rows = [row for row in reference_rows("clouds") if row["cloud"] == cloud]
        return {row["key"]: row["value"] for row in rows} | values

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
