"""Codes work once, for the client, address and verifier that they were given to."""

from __future__ import annotations

import base64
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.simulated.issuer import Denied, Issuer, challenge_of

ISSUER = "https://127.0.0.1/login/t/v2.0"
BACK = "http://127.0.0.1:8501/oauth2callback"
VERIFIER = "v" * 50
ASKED = {
    "client_id": "app",
    "redirect_uri": BACK,
    "response_type": "code",
    "state": "s&1",
    "nonce": "n1",
    "code_challenge": challenge_of({"code_verifier": VERIFIER}),
    "code_challenge_method": "S256",
}
BASIC = "Basic " + base64.b64encode(b"app:s%2Fecret").decode()


@pytest.fixture
def issuer() -> Issuer:
    return Issuer("t", "app", "s/ecret", "contoso.com")


def code(issuer: Issuer, person: str = "sam.oc", **asked: str) -> dict[str, str]:
    """The form that the client sends for a code."""
    target = urlsplit(issuer.redirect({**ASKED, **asked, "login_hint": person}))
    assert target.geturl().startswith(BACK)
    answer = parse_qs(target.query)
    assert answer["state"] == ["s&1"]
    return {"code": answer["code"][0], "redirect_uri": BACK, "code_verifier": VERIFIER}


def claims(issuer: Issuer, token: str) -> dict[str, object]:
    keys = KeySet.import_key_set(issuer.keys())  # type: ignore[arg-type]
    return jwt.decode(token, keys, algorithms=["RS256"]).claims


def test_a_token_is_signed_and_says_who_and_which_roles(issuer: Issuer) -> None:
    said = claims(issuer, issuer.id_token(code(issuer), BASIC, ISSUER))
    assert (said["iss"], said["aud"], said["nonce"]) == (ISSUER, "app", "n1")
    assert said["roles"] == ["SOC"]
    assert said["preferred_username"] == "sam.oc@contoso.com"
    assert "d" not in issuer.keys()["keys"][0]  # type: ignore[index]


def test_somebody_without_a_role_has_no_such_claim(issuer: Issuer) -> None:
    assert "roles" not in claims(issuer, issuer.id_token(code(issuer, "guest"), BASIC, ISSUER))


def test_a_code_works_once(issuer: Issuer) -> None:
    form = code(issuer)
    issuer.id_token(form, BASIC, ISSUER)
    with pytest.raises(Denied, match="invalid_grant"):
        issuer.id_token(form, BASIC, ISSUER)


@pytest.mark.parametrize(
    ("wrong", "header", "error"),
    [
        ({"code_verifier": "other"}, BASIC, "invalid_grant"),
        ({"redirect_uri": "http://127.0.0.1:1/"}, BASIC, "invalid_grant"),
        ({}, None, "invalid_client"),
        ({}, "Basic " + base64.b64encode(b"app:wrong").decode(), "invalid_client"),
        ({"code": "unknown"}, BASIC, "invalid_grant"),
    ],
)
def test_what_does_not_belong_together_gets_no_token(
    issuer: Issuer, wrong: dict[str, str], header: str | None, error: str
) -> None:
    with pytest.raises(Denied, match=error):
        issuer.id_token(code(issuer) | wrong, header, ISSUER)


@pytest.mark.parametrize(
    "asked",
    [
        {"client_id": "other"},
        {"redirect_uri": "https://contoso.com/oauth2callback"},
        {"response_type": "token"},
        {"code_challenge_method": "plain"},
        {"login_hint": "nobody"},
    ],
)
def test_no_code_is_sent_elsewhere(issuer: Issuer, asked: dict[str, str]) -> None:
    with pytest.raises(Denied):
        issuer.redirect({**ASKED, "login_hint": "guest", **asked})


def test_the_form_names_everybody_and_escapes_what_was_asked(issuer: Issuer) -> None:
    page = issuer.form({**ASKED, "state": '"><script>'})
    assert "Fiona Ops (FinOps)" in page
    assert "<script>" not in page
