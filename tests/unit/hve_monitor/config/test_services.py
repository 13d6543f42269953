"""Addresses of the clouds: one key sets them all, a key of its own wins, each says its source."""

from __future__ import annotations

from typing import get_args

import pytest
from pydantic import ValidationError

from hve_monitor.config import Endpoints
from hve_monitor.files import reference_rows

CLOUDS = ("usgov", "usgov-dod", "china")
OF_THE_CLOUD = {
    "login", "graph", "exchange", "azure", "graph_scope", "exchange_scope", "azure_scope",
    "smtp_scope", "monitor_scope",
}  # fmt: skip


@pytest.mark.parametrize("cloud", CLOUDS)
def test_one_key_leaves_nothing_in_the_public_cloud(cloud: str) -> None:
    values = Endpoints(cloud=cloud)  # type: ignore[arg-type] # one of the three
    public = Endpoints()
    assert {
        name for name in OF_THE_CLOUD if getattr(values, name) == getattr(public, name)
    } == set()
    assert values.graph_scope == f"{values.graph}/.default"


def test_a_key_of_its_own_wins() -> None:
    values = Endpoints(cloud="usgov", graph="https://127.0.0.1:8443/graph/")
    assert values.graph == "https://127.0.0.1:8443/graph"
    assert values.login == "https://login.microsoftonline.us"


def test_an_unknown_cloud_is_refused() -> None:
    with pytest.raises(ValidationError, match="usgov-dod"):
        Endpoints.model_validate({"cloud": "germany"})


def test_every_address_of_every_cloud_says_its_source() -> None:
    rows = reference_rows("clouds")
    assert {row["cloud"] for row in rows} == set(CLOUDS)
    assert set(get_args(Endpoints.model_fields["cloud"].annotation)) == {"public", *CLOUDS}
    for cloud in CLOUDS:
        assert {row["key"] for row in rows if row["cloud"] == cloud} == OF_THE_CLOUD
    for row in rows:
        is_unverified = row["source"].startswith("unverified: ")
        assert row["verified"] == ("false" if is_unverified else "true")
        assert row["source_url"].startswith("https://learn.microsoft.com/")
