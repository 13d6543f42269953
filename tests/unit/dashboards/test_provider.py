"""Secrets with which nobody could log in, or anybody, are refused in one line."""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path

import pytest

from dashboards.provider import provider_of
from hve_monitor.errors import ConfigError
from tests.places import ROOT
from tests.unit.conftest import Hve
from tests.unit.dashboards.secrets_file import SECRETS, secrets_in, secrets_text

GOOD = secrets_text()
UNUSABLE = {
    "empty": ("", "is empty"),
    "only a comment": ("# to be written\n", "is empty"),
    "no quote": (GOOD.replace('callback"', "callback"), "is no TOML"),
    "cut": (GOOD[:60], "is no TOML"),
    "renamed": (GOOD.replace("[auth]", "[auht]"), r"has no \[auth\]"),
    "another case": (GOOD.replace("[auth]", "[Auth]"), r"has no \[auth\]"),
    "no table": ("auth = 1\n", r"has no \[auth\]"),
    "a list of tables": (GOOD.replace("[auth]", "[[auth]]"), r"has no \[auth\]"),
    "nothing in it": ("[auth]\n", r"has no \[auth\]"),
    "a named provider": (GOOD.replace("[auth]", "[auth.entra]"), "redirect_uri is missing"),
    "a byte order mark": ("\ufeff" + GOOD, "is no TOML"),
}


def refusal(file: Path) -> str:
    with pytest.raises(ConfigError) as refused:
        provider_of(file)
    text = str(refused.value)
    assert "\n" not in text
    assert text.startswith(f"auth.secrets_file: {file}: ")
    return text


def test_it_names_where_people_log_in(tmp_path: Path) -> None:
    provider = provider_of(secrets_in(tmp_path))
    assert provider.issuer == SECRETS["server_metadata_url"]
    assert (provider.host, provider.origin) == ("hve.contoso.com", "https://hve.contoso.com")


@pytest.mark.parametrize("shape", UNUSABLE)
def test_a_file_that_streamlit_cannot_use_is_refused(tmp_path: Path, shape: str) -> None:
    text, reason = UNUSABLE[shape]
    file = tmp_path / "secrets.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=reason):
        provider_of(file)
    refusal(file)


@pytest.mark.parametrize("name", ["dashboard.secret", "secrets.toml.bak", "secrets.TOML", "toml"])
def test_a_name_that_streamlit_leaves_unread_is_refused(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_text(GOOD, encoding="utf-8")
    assert "must end in .toml" in refusal(file)


def test_what_is_no_readable_file_is_refused(tmp_path: Path) -> None:
    assert "No such file" in refusal(tmp_path / "secrets.toml")
    folder = tmp_path / "folder.toml"
    folder.mkdir()
    assert "Is a directory" in refusal(folder)
    latin = tmp_path / "latin.toml"
    latin.write_bytes(GOOD.encode() + b"# Gr\xfc\xdfe\n")
    assert "is no TOML" in refusal(latin)
    if os.getuid():
        folder.joinpath("s.toml").touch(mode=0o000)
        assert "Permission denied" in refusal(folder / "s.toml")


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize("value", [None, "", "  "])
def test_a_value_that_is_missing_is_named(tmp_path: Path, name: str, value: str | None) -> None:
    assert f"[auth] {name} is missing" in refusal(secrets_in(tmp_path, **{name: value}))


def test_a_value_of_another_type_counts_as_missing(tmp_path: Path) -> None:
    file = tmp_path / "secrets.toml"
    file.write_text(
        secrets_text(cookie_secret=None) + "cookie_secret = 12345678\n", encoding="utf-8"
    )
    assert "cookie_secret is missing" in refusal(file)


@pytest.mark.parametrize(
    ("secret", "reason"),
    [
        ("hunter2!", "shorter than 32"),
        ("a" * 31, "shorter than 32"),
        ("at least 32 random characters", "shorter than 32"),
        ("at least 32 random characters!!!", "is a sample"),
        ("<64 random characters, made as below>", "is a sample"),
        ("changeme-changeme-changeme-changeme", "is a sample"),
        ("CHANGE_ME_please_1234567890_abcdefg", "is a sample"),
        ("Placeholder, to be replaced by the administrator", "is a sample"),
        ("x" * 64, "is easily guessed"),
        ("a" * 64, "is easily guessed"),
        ("ab" * 20, "is easily guessed"),
        (" " * 61 + "abc", "is easily guessed"),
        ("abc" + " " * 61, "is easily guessed"),
        ("0" * 61 + "12", "is easily guessed"),
        ("12" + "0" * 30, "is easily guessed"),
        ("ab" * 20 + "12345", "is easily guessed"),
        (" " * 20 + "5d41402abc4b2a76b971" + " " * 20, "is easily guessed"),
    ],
)
def test_a_cookie_secret_that_can_be_guessed_is_refused(
    tmp_path: Path, secret: str, reason: str
) -> None:
    text = refusal(secrets_in(tmp_path, cookie_secret=secret))
    assert reason in text
    assert secret not in text


@pytest.mark.parametrize(
    "secret",
    [
        "the cookie secret of our dashboard, long enough for years",
        "correct horse battery staple correct horse",
        "0123456789abcdef0123456789abcdef",
        "c0ffee" * 8,
        "a-long-secret-of-the-browser-tests-alone",
    ],
)
def test_a_long_pass_phrase_is_taken(tmp_path: Path, secret: str) -> None:
    provider_of(secrets_in(tmp_path, cookie_secret=secret))


def test_random_secrets_are_taken(tmp_path: Path) -> None:
    for make in (secrets.token_hex, secrets.token_urlsafe):
        for _ in range(200):
            provider_of(secrets_in(tmp_path, cookie_secret=make(32)))


@pytest.mark.parametrize(
    "issuer",
    [
        "http://login.contoso.com/o",
        "http://127.0.0.1/o",
        "login.contoso.com",
        "https://",
        "file:///o",
    ],
)
def test_an_issuer_without_tls_is_refused(tmp_path: Path, issuer: str) -> None:
    text = refusal(secrets_in(tmp_path, server_metadata_url=issuer))
    assert "server_metadata_url must begin with https://" in text


@pytest.mark.parametrize(
    ("section", "reason"),
    [
        ('[auth.x]\nserver_metadata_url = "http://login.contoso.com/o"', "x.server_metadata_url"),
        ('[auth.x]\nserver_metadata_url = "login.contoso.com"', "x.server_metadata_url"),
        ('[auth.x]\naccess_token_url = "http://login.contoso.com/t"', "x.access_token_url"),
        ("[auth.client_kwargs]\nverify = false", "client_kwargs.verify"),
        ("[auth.client_kwargs]\nverify = 0", "client_kwargs.verify"),
        ("[auth.x.client_kwargs]\nverify = false", "x.client_kwargs.verify"),
        ("client_kwargs = { verify = false }", "client_kwargs.verify"),
    ],
)
def test_no_further_section_is_a_way_around(tmp_path: Path, section: str, reason: str) -> None:
    file = tmp_path / "secrets.toml"
    file.write_text(f"{GOOD}{section}\n", encoding="utf-8")
    assert f"[auth] {reason} must" in refusal(file)


def test_further_providers_and_settings_are_taken(tmp_path: Path) -> None:
    file = tmp_path / "secrets.toml"
    sections = (
        '[auth.client_kwargs]\nscope = "openid"\nverify = true\n'
        '[auth.x]\nclient_id = "a"\nserver_metadata_url = "https://login.contoso.com/o"\n'
        '[auth.x.client_kwargs]\nverify = "/etc/ssl/contoso.pem"\n'
    )
    file.write_text(GOOD + sections, encoding="utf-8")
    assert provider_of(file).issuer == SECRETS["server_metadata_url"]


@pytest.mark.parametrize("redirect", ["http://hve.contoso.com/oauth2callback", "/oauth2callback"])
def test_a_way_back_without_tls_is_for_this_machine_alone(tmp_path: Path, redirect: str) -> None:
    assert "redirect_uri must begin" in refusal(secrets_in(tmp_path, redirect_uri=redirect))
    for host in ("127.0.0.1:8501", "localhost", "[::1]:8501", "127.0.0.1:{port}"):
        provider_of(secrets_in(tmp_path, redirect_uri=f"http://{host}/oauth2callback"))
    elsewhere = "https://hve.contoso.com/callback"
    assert "must end in /oauth2callback" in refusal(secrets_in(tmp_path, redirect_uri=elsewhere))


def test_the_sample_of_the_documentation_is_refused(tmp_path: Path) -> None:
    text = (ROOT / "docs/login.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```toml\n([^`]*cookie_secret[^`]*)```", text)
    file = tmp_path / "secrets.toml"
    file.write_text(block, encoding="utf-8")
    assert "cookie_secret" in refusal(file)


def test_the_command_refuses_to_start(hve: Hve, tmp_path: Path) -> None:
    file = secrets_in(tmp_path, cookie_secret="x")  # noqa: S106 - it is refused
    config = tmp_path / "hve.toml"
    config.write_text(f'[auth]\nsecrets_file = "{file.name}"\n', encoding="utf-8")
    ended = hve("dashboard", "--config", str(config))
    assert (ended.code, ended.out) == (2, "")
    assert len(ended.err.strip().splitlines()) == 1
    assert "cookie_secret is shorter than 32" in ended.err
