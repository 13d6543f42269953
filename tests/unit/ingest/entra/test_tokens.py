"""Tokens of Entra ID: the credential of each kind, and refusals in Entra's own words."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hve_monitor.config import Endpoints, Tenant
from hve_monitor.errors import AuthError, ConfigError, HveError, SourceUnavailable
from hve_monitor.https import Bounds, Client
from ingest.entra.credential import credential
from ingest.entra.tokens import EntraTokens
from ingest.http import https_client
from tests.endless import ANSWERS, Talk, endless
from tests.unit.ingest.conftest import Answer, Asked, Handler, Server, Service

TENANT_ID = "11111111-2222-3333-4444-555555555555"


def tenant(**ways: object) -> Tenant:
    known: dict[str, Any] = {"name": "contoso", "tenant_id": TENANT_ID, "client_id": "app"}
    return Tenant(**known | ways)


@pytest.fixture
def secret(tmp_path: Path) -> Tenant:
    file = tmp_path / "contoso.secret"
    file.write_text("  s3cret\n")
    return tenant(client_secret_file=file)


def test_a_federated_token_is_read_anew_each_time(tmp_path: Path) -> None:
    file = tmp_path / "token"
    found = credential(tenant(federated_token_file=file))
    tokens = []
    for text in ("one", "two"):
        file.write_text(text)
        tokens.append(found["client_assertion"]())
    assert tokens == ["one", "two"]


def test_a_missing_file_names_tenant_and_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"'contoso': .*gone\.secret cannot be read \(No such"):
        credential(tenant(client_secret_file=tmp_path / "gone.secret"))


def test_a_binary_file_is_no_secret(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="not a text file"):
        credential(tenant(client_secret_file=tmp_path / "x"))


# -- tokens over HTTPS ----------------------------------------------------------------------------


class Login:
    """Entra's discovery document, and these answers of its token endpoint."""

    def __init__(self, service: Service, *answers: Answer) -> None:
        self.url, self.given, self.forms = service.url, iter(answers), list[str]()
        service.choose = self.answer

    def answer(self, asked: Asked) -> Answer:
        if asked.method == "POST":
            self.forms.append(asked.body.decode())
            return next(self.given)
        base = f"{self.url}/{TENANT_ID}"
        ends = {name: f"{base}/{name}" for name in ("authorization_endpoint", "token_endpoint")}
        return Answer(200, ends | {"issuer": base}, {"Content-Type": "application/json"})


def granted(token: str) -> Answer:
    return Answer(200, {"access_token": token, "expires_in": 3600, "token_type": "Bearer"})


@pytest.fixture
def tokens(secret: Tenant, service: Service, client: Client) -> EntraTokens:
    return EntraTokens(secret, Endpoints(login=service.url), client)


def test_a_token_is_remembered_until_a_fresh_one_is_asked_for(
    tokens: EntraTokens, service: Service
) -> None:
    login = Login(service, granted("one"), granted("two"))
    asked = [tokens.bearer("scope/.default", fresh=fresh) for fresh in (False, False, True)]
    assert asked == ["one", "one", "two"]
    assert "client_secret=s3cret" in login.forms[0]


def test_a_refusal_is_told_in_entras_words(tokens: EntraTokens, service: Service) -> None:
    words = "AADSTS7000215: Invalid client secret provided.\r\nTrace ID: 1"
    Login(service, Answer(401, {"error": "invalid_client", "error_description": words}))
    with pytest.raises(AuthError, match=r"no token for scope: AADSTS7000215: .*provided\.$"):
        tokens.bearer("scope")


def test_a_dropped_connection_is_unavailable(tokens: EntraTokens, service: Service) -> None:
    service.choose = lambda _: Answer(drop=True)
    with pytest.raises(SourceUnavailable, match="try again later"):
        tokens.bearer("scope")


def test_a_login_that_is_out_of_order_is_unavailable(tokens: EntraTokens, service: Service) -> None:
    Login(service, *[Answer(503)] * 10)
    with pytest.raises(SourceUnavailable, match="try again later"):
        tokens.bearer("scope")


def test_a_login_that_answers_no_json_is_no_traceback(
    tokens: EntraTokens, service: Service
) -> None:
    service.choose = lambda _: Answer(200, b"<html>sign in to the guest network</html>")
    with pytest.raises(AuthError, match="tenant 'contoso'"):
        tokens.bearer("scope")


ODD = {
    "redirect": Answer(302, headers={"Location": "http://evil.example/token"}),
    "page": Answer(200, b"<html>sign in to the guest network</html>"),
    "no content": Answer(204),
    "nothing": Answer(200, b""),
    "list": Answer(200, []),
    "null": Answer(200, b"null"),
    "UTF-16": Answer(200, '{"access_token": "x"}'.encode("utf-16")),
    "number as token": Answer(200, {"access_token": 5, "token_type": "Bearer"}),
    "no token": Answer(200, {"access_token": None}),
    "token of two lines": Answer(200, {"access_token": "x\r\nX-Y: z", "token_type": "Bearer"}),
    "odd end": Answer(200, {"access_token": "x", "expires_in": "soon"}),
    "page of a refusal": Answer(400, b"<html>"),
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_an_odd_answer_of_the_login_is_one_line(
    tokens: EntraTokens, service: Service, odd: Answer
) -> None:
    Login(service, odd, odd)
    with pytest.raises(AuthError):
        tokens.bearer("scope")
    service.choose = lambda _: odd
    with pytest.raises(AuthError):
        EntraTokens(tokens._tenant, tokens._endpoints, tokens._client).bearer("scope")


def test_a_throttled_sign_in_may_pass(tokens: EntraTokens, service: Service) -> None:
    Login(service, *[Answer(429, b"<html>")] * 10)
    with pytest.raises(SourceUnavailable, match="throttled for 60 s; try again later"):
        tokens.bearer("scope")


def test_a_sign_in_that_is_asked_to_wait_waits(tokens: EntraTokens, service: Service) -> None:
    Login(service, Answer(429, b"", {"Retry-After": "2"}), Answer(503), granted("one"))
    assert tokens.bearer("scope") == "one"


def test_no_sign_in_waits_for_an_hour(tokens: EntraTokens, service: Service) -> None:
    login = Login(service, *[Answer(503, b"", {"Retry-After": "3600"})] * 10)
    with pytest.raises(SourceUnavailable, match="asks for a wait of 3600 s; try again later"):
        tokens.bearer("scope")
    assert len(login.forms) == 1


PAGE = b"<html><head><title>Sign in to the guest network</title></head></html>"
# What stands in the way of the tenant's address, and of its tokens.
IN_THE_WAY = {
    "a proxy that wants a sign-in": (Answer(407, PAGE), r"HTTP 407: the proxy in between wants"),
    "a proxy that refuses": (Answer(403, PAGE), r"HTTP 403, no JSON but 'Sign in to the guest"),
    "a page of a guest network": (Answer(200, PAGE), r"HTTP 200, no JSON but 'Sign in to the"),
    "a line of text": (Answer(404, b"no route\nx"), r"HTTP 404, no JSON but 'no route'; look for"),
}


@pytest.mark.parametrize(("odd", "words"), IN_THE_WAY.values(), ids=IN_THE_WAY)
def test_what_stands_in_between_is_told_in_its_words(
    tokens: EntraTokens, service: Service, odd: Answer, words: str
) -> None:
    service.choose = lambda _: odd
    with pytest.raises(AuthError, match=words) as error:
        tokens.bearer("scope")
    assert "tenant name" not in str(error.value)
    Login(service, odd, odd)
    with pytest.raises(AuthError, match=words):
        EntraTokens(tokens._tenant, tokens._endpoints, tokens._client).bearer("scope")


def test_a_tenant_that_does_not_exist_is_told_by_entra(
    tokens: EntraTokens, service: Service
) -> None:
    words = (
        "AADSTS90002: Tenant 'contoso' not found. Check that you have the correct tenant ID.\r\n"
    )
    refusal = {"error": "invalid_tenant", "error_description": words + "Trace ID: 1"}
    service.choose = lambda _: Answer(400, refusal)
    with pytest.raises(AuthError, match=r"'contoso': AADSTS90002: .*correct tenant ID\.$"):
        tokens.bearer("scope")


@pytest.mark.parametrize("talk", ANSWERS.values(), ids=ANSWERS)
def test_no_sign_in_is_waited_for_without_end(secret: Tenant, talk: Talk) -> None:
    short = Bounds(connect=1.0, read=0.2, seconds=0.25, bytes=1 << 20)
    with endless(talk) as server, https_client(str(server.ca_file), short) as client:
        tokens = EntraTokens(secret, Endpoints(login=f"https://{server.place}"), client)
        with pytest.raises(HveError, match=r"try again later|larger than 1 MiB; it is not read"):
            tokens.bearer("scope")


def test_a_missing_secret_file_is_a_configuration_error(
    secret: Tenant, service: Service, client: Client
) -> None:
    assert secret.client_secret_file is not None
    secret.client_secret_file.unlink()
    with pytest.raises(ConfigError, match="cannot be read"):
        EntraTokens(secret, Endpoints(login=service.url), client).bearer("scope")
    assert service.asked == []


# -- managed identities ---------------------------------------------------------------------------


@pytest.fixture
def metadata() -> Iterator[Service]:
    """The metadata service of a virtual machine: plain HTTP on this machine."""
    server = Server(("127.0.0.1", 0), Handler)
    server.service = Service(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.service
    server.shutdown()
    server.server_close()


@pytest.fixture
def identity(metadata: Service, monkeypatch: pytest.MonkeyPatch, client: Client) -> EntraTokens:
    """A managed identity where the environment names proxies that answer nothing."""
    for name in ("IDENTITY_ENDPOINT", "IDENTITY_HEADER", "IMDS_ENDPOINT", "MSI_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", metadata.url)
    return EntraTokens(tenant(client_id="", managed_identity=True), Endpoints(), client)


def test_a_managed_identity_asks_no_proxy(identity: EntraTokens, metadata: Service) -> None:
    metadata.will(Answer(200, {"access_token": "one", "expires_in": "3600"}))
    assert identity.bearer("https://graph.microsoft.com/.default") == "one"
    (request,) = metadata.asked
    assert request.path == "/metadata/identity/oauth2/token"


@pytest.mark.parametrize("status", [404, 410, 429, 500])
def test_a_metadata_service_that_is_updated_is_asked_again(
    identity: EntraTokens, metadata: Service, status: int
) -> None:
    metadata.will(Answer(status, b""), Answer(200, {"access_token": "one", "expires_in": "3600"}))
    assert identity.bearer("scope") == "one"


@pytest.mark.parametrize(
    ("odd", "words"),
    [
        (Answer(400, {"error": "x", "error_description": "Identity not found"}), "Identity not"),
        (Answer(200, PAGE), "no JSON but 'Sign in to the guest network'"),
    ],
)
def test_an_identity_that_is_none_is_told(
    identity: EntraTokens, metadata: Service, odd: Answer, words: str
) -> None:
    metadata.will(odd)
    with pytest.raises(AuthError, match=words):
        identity.bearer("scope")


def test_a_key_file_of_azure_arc_that_is_not_readable_says_which_group(
    identity: EntraTokens, metadata: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(13, "Permission denied", "/var/opt/azcmagent/tokens/a.key")

    monkeypatch.setenv("IDENTITY_ENDPOINT", f"{metadata.url}/metadata/identity/oauth2/token")
    monkeypatch.setenv("IMDS_ENDPOINT", metadata.url)
    challenge = {"WWW-Authenticate": "Basic realm=/var/opt/azcmagent/tokens/a.key"}
    metadata.will(Answer(401, b"", challenge))
    monkeypatch.setattr("msal.managed_identity.os.stat", refused)
    with pytest.raises(AuthError, match=r"'contoso': /var/opt/.*a\.key cannot be read .*himds"):
        identity.bearer("scope")
