"""Where tables lie: a folder or an address, and credentials that are named, never written."""

from __future__ import annotations

from pathlib import Path

import pytest

from hve_monitor.config import load_config
from hve_monitor.config.store import Warehouse
from hve_monitor.errors import ConfigError


def loaded(tmp_path: Path, *lines: str) -> Warehouse:
    file = tmp_path / "hve.toml"
    file.write_text("\n".join(["[warehouse]", *lines]), encoding="utf-8")
    return load_config(file).warehouse


def refused(tmp_path: Path, *lines: str) -> str:
    with pytest.raises(ConfigError) as error:
        loaded(tmp_path, *lines)
    return str(error.value)


@pytest.mark.parametrize(
    "address",
    [
        "s3://contoso-hve",
        "s3://contoso-hve/monitor/prod",
        "abfss://hve@contoso.dfs.core.windows.net/monitor",
        "abfss://work@onelake.dfs.fabric.microsoft.com/hve.Lakehouse/Files",
        "gs://contoso_hve/monitor",
    ],
)
def test_an_address_of_an_object_store_is_a_place(tmp_path: Path, address: str) -> None:
    assert loaded(tmp_path, f'tables = "{address}/"').tables == address


def test_a_folder_is_relative_to_the_file(tmp_path: Path) -> None:
    assert loaded(tmp_path, 'tables = "elsewhere"').tables == str(tmp_path / "elsewhere")
    assert loaded(tmp_path).tables == ""


@pytest.mark.parametrize(
    "address",
    [
        *("https://contoso.example/x", "ftp://x/y", "s3://", "s3:/b/x", "s3://b/a b", "s3://b/*"),
        *("S3://b/x", "s3://b/x?versionId=1", "s3://b/../x", "s3://b/."),
        *("s3://b/tenant=contoso/hve", "s3://b/day=2026-01-01"),
    ],
)
def test_another_address_is_no_place(tmp_path: Path, address: str) -> None:
    assert "is no place for tables" in refused(tmp_path, f'tables = "{address}"')


@pytest.mark.parametrize(
    "address",
    ["s3://AKIAEXAMPLE:hunter2@contoso/x", "az://contoso/hve?sv=2024&sig=hunter2"],
)
def test_a_secret_in_an_address_is_not_repeated(tmp_path: Path, address: str) -> None:
    assert "hunter2" not in refused(tmp_path, f'tables = "{address}"')


def test_a_file_of_a_secret_is_relative_to_the_file(tmp_path: Path) -> None:
    warehouse = loaded(
        tmp_path,
        'tables = "s3://b/x"',
        "[warehouse.storage]",
        'AWS_Region = "eu-central-1"',
        "allow_http = true",
        "timeout = 30",
        'aws_secret_access_key_file = "s3.secret"',
    )
    assert warehouse.storage == {
        "aws_region": "eu-central-1",
        "allow_http": "true",
        "timeout": "30",
        "aws_secret_access_key_file": str(tmp_path / "s3.secret"),
    }


def test_a_key_file_of_google_is_relative_to_the_file(tmp_path: Path) -> None:
    option = 'storage = { google_service_account = "google.json" }'
    warehouse = loaded(tmp_path, 'tables = "gs://b/x"', option)
    assert warehouse.storage == {"google_service_account": str(tmp_path / "google.json")}


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ('aws_secret_access_key = "x"', "is a secret"),
        ('azure_storage_account_key = "x"', "is a secret"),
        ('aws_session_token = "x"', "is a secret"),
        ('azure_storage_sas_key = "x"', "is a secret"),
        ('azure_storage_access_key = "x"', "is a secret"),
        ('access_key = "x"', "is a secret"),
        ('aws_sse_customer_key_base64 = "x"', "is a secret"),
        ('azure_storage_encryption_key = "x"', "is a secret"),
        ('proxy_url = "http://me:x@proxy.contoso.com"', "is a secret"),
        ('azure_endpoint = "https://contoso.example/?sig=x"', "is a secret"),
        ("allow_invalid_certificates = true", "always checked"),
        ("aws_skip_signature = true", "always checked"),
    ],
)
def test_what_may_not_stand_there_is_named(tmp_path: Path, option: str, words: str) -> None:
    line = refused(tmp_path, 'tables = "s3://b/x"', f"storage = {{ {option} }}")
    assert words in line
    assert "hve.toml: warehouse.storage" in line


def test_options_without_an_object_store_are_a_mistake(tmp_path: Path) -> None:
    assert "tables names none" in refused(tmp_path, 'storage = { aws_region = "x" }')
