"""The simulated issuer over HTTPS, as an OpenID Connect client meets it."""

from __future__ import annotations

import secrets
import ssl
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from simulator import Server
from tests.simulated import FaultyTenant, serve
from tests.simulated.issuer import challenge_of

pytestmark = pytest.mark.contract

BACK = "http://127.0.0.1:8501/oauth2callback"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serve(FaultyTenant(staff=20, days=1)) as running:
        yield running


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    trust = ssl.create_default_context(cafile=str(server.ca_file))
    with httpx.Client(verify=trust, timeout=20) as opened:
        yield opened


def test_a_person_signs_in_with_a_code_and_a_verifier(server: Server, client: httpx.Client) -> None:
    tenant = server.tenant
    root = f"{server.endpoints['login']}/{tenant.tenant_id}/v2.0"
    about = client.get(f"{root}/.well-known/openid-configuration").json()
    assert about["code_challenge_methods_supported"] == ["S256"]
    verifier, nonce = secrets.token_urlsafe(40), secrets.token_urlsafe(8)
    asked = {
        "client_id": tenant.client_id,
        "redirect_uri": BACK,
        "response_type": "code",
        "scope": "openid email profile",
        "state": "abc",
        "nonce": nonce,
        "code_challenge": challenge_of({"code_verifier": verifier}),
        "code_challenge_method": "S256",
    }
    page = client.get(about["authorization_endpoint"], params=asked)
    assert "Sam Oc (SOC)" in page.text
    sent = client.get(about["authorization_endpoint"], params={**asked, "login_hint": "sam.oc"})
    answer = parse_qs(urlsplit(sent.headers["location"]).query)
    assert answer["state"] == ["abc"]
    form = {
        "grant_type": "authorization_code",
        "code": answer["code"][0],
        "redirect_uri": BACK,
        "code_verifier": verifier,
    }
    secret = (tenant.client_id, tenant.client_secret)
    issued = client.post(about["token_endpoint"], data=form, auth=secret)
    keys = KeySet.import_key_set(client.get(about["jwks_uri"]).json())
    claims = jwt.decode(issued.json()["id_token"], keys, algorithms=["RS256"]).claims
    assert (claims["iss"], claims["aud"]) == (about["issuer"], tenant.client_id)
    assert (claims["nonce"], claims["roles"]) == (nonce, ["SOC"])
    again = client.post(about["token_endpoint"], data=form, auth=secret)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")


def test_a_wrong_secret_or_another_site_gets_nothing(server: Server, client: httpx.Client) -> None:
    root = f"{server.endpoints['login']}/{server.tenant.tenant_id}/oauth2/v2.0"
    form = {"grant_type": "authorization_code", "code": "x", "redirect_uri": BACK}
    refused = client.post(f"{root}/token", data=form, auth=(server.tenant.client_id, "wrong"))
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
    asked = {
        "client_id": server.tenant.client_id,
        "redirect_uri": "https://contoso.com/steal",
        "response_type": "code",
        "login_hint": "ada.min",
    }
    elsewhere = client.get(f"{root}/authorize", params=asked)
    assert elsewhere.status_code == 400
    assert "location" not in elsewhere.headers
