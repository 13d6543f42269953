"""The one place that speaks HTTP: what is retried, what is refused, and in whose words."""

from __future__ import annotations

import itertools
import json
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
import trustme

from hve_monitor.errors import (
    AuthError,
    ConfigError,
    SourceContractError,
    SourceUnavailable,
    ThrottledError,
)
from hve_monitor.https import Bounds, Client
from ingest.error_words import error_code, error_message
from ingest.http import PATIENCE_SECONDS, Api, RequestRefused, https_client
from ingest.retries import THROTTLED_WITHOUT_HEADER_SECONDS, _wait
from tests.endless import ANSWERS, Talk, endless
from tests.unit.ingest.conftest import NOW, Answer, Service

SHORT = Bounds(connect=1.0, read=0.2, seconds=0.25, bytes=1 << 20)
OK = Answer(200, {"n": 1})


class Numbered(msgspec.Struct):
    n: int


def fetch(api: Api) -> bytes:
    return api.get(f"{api.base}/thing?secret=1", {"$top": "5"})


# -- what an attempt meets ------------------------------------------------------------------------


def test_a_body_comes_back_and_the_query_is_sent(api: Api, service: Service) -> None:
    service.will(OK)
    assert json.loads(fetch(api)) == {"n": 1}
    assert service.asked[0].query == {"$top": ["5"]}
    assert service.asked[0].headers["authorization"] == "Bearer scope-1"
    assert (api.requests, api.throttled) == (1, 0)


def test_a_post_carries_json_and_its_headers(api: Api, service: Service) -> None:
    service.will(OK)
    api.post(f"{api.base}/cmdlet", {"a": True}, {"X-AnchorMailbox": "APP:one"})
    assert (service.asked[0].method, service.asked[0].json) == ("POST", {"a": True})
    assert service.asked[0].headers["x-anchormailbox"] == "APP:one"


def test_an_expired_token_is_renewed_once(api: Api, service: Service) -> None:
    service.will(Answer(401), OK)
    assert json.loads(fetch(api)) == {"n": 1}
    tokens = [asked.headers["authorization"] for asked in service.asked]
    assert tokens == ["Bearer scope-1", "Bearer scope-2"]


def test_a_second_401_is_an_error_that_names_the_permission(api: Api, service: Service) -> None:
    message = "The service principal for App ID 8bd644d1-64a1-4d4b-ae52-2e0cbf64e373 was not found."
    refusal = Answer(401, {"error": {"code": "Unauthorized", "message": message}})
    service.will(refusal, refusal)
    with pytest.raises(AuthError, match=r"HTTP 401: The service principal .* Example\.Read"):
        fetch(api)
    assert len(service.asked) == 2


def test_a_403_is_not_retried_and_names_the_permission(api: Api, service: Service) -> None:
    service.will(Answer(403))
    with pytest.raises(AuthError, match=r"HTTP 403: refused; needed: permission Example\.Read"):
        fetch(api)
    assert len(service.asked) == 1


def test_nul_bytes_declared_as_gzip_are_a_plain_refusal(api: Api, service: Service) -> None:
    service.will(Answer(403, b"\0" * 4096, {"Content-Encoding": "gzip"}))
    with pytest.raises(AuthError, match=r"HTTP 403: refused; needed: permission Example\.Read"):
        api.post(f"{api.base}/cmdlet", {})


def test_a_success_that_cannot_be_unpacked_is_asked_for_again(api: Api, service: Service) -> None:
    service.will(Answer(200, b"\0" * 64, {"Content-Encoding": "gzip"}), OK)
    assert json.loads(fetch(api)) == {"n": 1}


@pytest.mark.parametrize("headers", [{"Retry-After": "0"}, {"Retry-After": "7"}, {}])
def test_throttling_is_waited_for_and_counted(
    api: Api, service: Service, headers: dict[str, str]
) -> None:
    service.will(Answer(429, b"", headers), OK)
    assert json.loads(fetch(api)) == {"n": 1}
    assert (api.requests, api.throttled) == (2, 1)


def test_the_wait_is_the_one_that_was_asked_for(api: Api, service: Service) -> None:
    service.will(*[Answer(429, b"", {"Retry-After": "7"})] * 10)
    with pytest.raises(ThrottledError, match="still throttled for 7 s; try again later"):
        fetch(api)
    service.will(*[Answer(429)] * 10)
    with pytest.raises(ThrottledError, match=f"for {THROTTLED_WITHOUT_HEADER_SECONDS:.0f} s"):
        fetch(api)
    assert api.throttled == 20


def test_a_date_years_ahead_is_no_longer_wait_than_an_hour(api: Api, service: Service) -> None:
    service.will(*[Answer(429, b"", {"Retry-After": "Fri, 31 Dec 2099 23:59:59 GMT"})] * 10)
    with pytest.raises(ThrottledError, match="still throttled for 3600 s; try again later"):
        fetch(api)


@pytest.mark.parametrize(
    "fault", [Answer(503), Answer(500), Answer(408), Answer(drop=True), Answer(body=b"{", cut=True)]
)
def test_a_passing_fault_is_tried_again(api: Api, service: Service, fault: Answer) -> None:
    service.will(fault, fault, OK)
    assert json.loads(fetch(api)) == {"n": 1}
    assert api.requests == 3


@pytest.mark.parametrize(
    ("fault", "words"), [(Answer(502), "HTTP 502"), (Answer(drop=True), "RemoteProtocolError")]
)
def test_a_lasting_fault_ends_as_unavailable(
    api: Api, service: Service, fault: Answer, words: str
) -> None:
    service.will(*[fault] * 10)
    with pytest.raises(SourceUnavailable, match=f"{words}.*try again later") as caught:
        fetch(api)
    assert caught.value.exit_code == 75
    assert api.requests == 10


def test_no_source_waits_when_none_has_answered_for_long(api: Api, service: Service) -> None:
    service.will(OK)
    api._clock.silent_seconds = PATIENCE_SECONDS
    with pytest.raises(SourceUnavailable, match="no service has answered for 10 minutes"):
        fetch(api)
    assert service.asked == []


def test_requests_that_nobody_answers_add_up_until_one_is(
    api: Api, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    moments = itertools.count(step=100.0)
    monkeypatch.setattr("ingest.http.time.monotonic", lambda: next(moments))
    service.will(*[Answer(drop=True)] * 10)
    with pytest.raises(SourceUnavailable):
        fetch(api)
    assert api._clock.silent_seconds >= PATIENCE_SECONDS
    assert len(service.asked) < 10


@pytest.mark.parametrize("talk", [ANSWERS["nothing"], ANSWERS["a body, a byte at a time"]])
def test_answers_without_end_add_up_as_well(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.http.PATIENCE_SECONDS", 0.3)
    with endless(talk) as server, https_client(str(server.ca_file), SHORT) as client:
        with pytest.raises(SourceUnavailable, match="no service has answered"):
            tokenless(client, f"https://{server.place}").get(f"https://{server.place}/thing")
        assert 1 <= server.connections <= 4


@pytest.mark.parametrize("name", ["a bomb", "a body without end"])
def test_an_answer_larger_than_any_page_is_told_and_not_fetched_again(name: str) -> None:
    with endless(ANSWERS[name]) as server, https_client(str(server.ca_file), SHORT) as client:
        api = tokenless(client, f"https://{server.place}")
        with pytest.raises(SourceContractError, match=r"/thing: the answer is larger than 1 MiB"):
            api.get(f"https://{server.place}/thing")
        assert server.connections == 1
        assert api._clock.silent_seconds > 0, "a service of such answers alone is given up"


def tokenless(client: Client, base: str) -> Api:
    tokens = type("Fixed", (), {"bearer": lambda *_, **__: "token"})()
    return Api(client, tokens, base, "scope", "none")


def test_a_port_where_nobody_listens_is_unavailable(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "ingest.retries.getproxies", lambda: {"https": "http://proxy.contoso.com:80"}
    )
    with pytest.raises(SourceUnavailable, match=r"ConnectError.*through the proxy proxy\.contoso"):
        tokenless(client, "https://127.0.0.1:9").get("https://127.0.0.1:9/thing")


HERE = "https://graph.microsoft.com"
OUTSIDE = {
    "another host": "https://evil.example/thing",
    "a host below": "https://graph.microsoft.com.evil.example/thing",
    "a host beside": "https://evil.graph.microsoft.com/thing",
    "a dot at the end": "https://graph.microsoft.com./thing",
    "plain HTTP": "http://graph.microsoft.com/thing",
    "another scheme": "ftp://graph.microsoft.com/thing",
    "another port": "https://graph.microsoft.com:8443/thing",
    "port 0": "https://graph.microsoft.com:0/thing",
    "no port": "https://graph.microsoft.com:99999/thing",
    "letters as port": "https://graph.microsoft.com:https/thing",
    "a user": "https://graph.microsoft.com@evil.example/thing",
    "a user here": "https://user:word@graph.microsoft.com/thing",
    "a backslash": "https://graph.microsoft.com\\@evil.example/thing",
    "a backslash behind": "https://evil.example\\@graph.microsoft.com/thing",
    "backslashes": "https:\\\\evil.example\\thing",
    "no scheme": "//evil.example/thing",
    "no scheme here": "//graph.microsoft.com/thing",
    "relative": "/v1.0/relative",
    "relative to the page": "thing?$skiptoken=x",
    "a query alone": "?$skiptoken=x",
    "letters of another script": "https://gr\u0430ph.microsoft.com/thing",
    "a letter that folds": "https://graph.micro\u017foft.com/thing",
    "a sign that unfolds": "https://graph.microsoft.com\u2100evil.example/thing",
    "a punycode of it": "https://xn--grph-53d.microsoft.com/thing",
    "an open bracket": "https://[graph.microsoft.com/thing",
    "no host": "https:///thing",
    "a script": "javascript:alert(1)",
    "a file": "file:///etc/passwd",
    "too long": "https://" + "a" * 100_000 + "/thing",
    "a long path": f"{HERE}/{'a' * 70_000}",
    "a tab": f"{HERE}/v1.0\t/thing",
    "a line end": f"{HERE}/v1.0/thing\n",
    "a control character": f"{HERE}/v1.0/thing\x01",
    "one before": f"\x01{HERE}/thing",
    "delete": f"{HERE}/thing?\x7f",
    "half a letter": f"{HERE}/thing?\ud800",
}


@pytest.mark.parametrize("link", OUTSIDE.values(), ids=OUTSIDE)
def test_a_token_follows_no_link_out_of_its_service(client: Client, link: str) -> None:
    api = tokenless(client, HERE)
    for call in (lambda: api.get(link), lambda: api.post(link, {})):
        with pytest.raises(SourceContractError, match="not followed") as caught:
            call()
        assert len(str(caught.value)) < 600
    assert api.requests == 0


def test_the_host_of_a_link_is_told(client: Client) -> None:
    with pytest.raises(SourceContractError, match=r"leads to evil\.example:8443, outside of https"):
        tokenless(client, HERE).get("https://evil.example:8443/thing?$skiptoken=secret")


@pytest.mark.parametrize(
    "path",
    ["/graphics/thing", "/other", "/graph/../other", "/graph/%2e%2e/other", "/graph/%252E./other",
     "/graph/..\\other", "/graph/x/../../other", "", "/GRAPH/thing"],
)  # fmt: skip
def test_a_token_stays_below_the_path_of_its_service(client: Client, path: str) -> None:
    with pytest.raises(SourceContractError, match="not followed"):
        tokenless(client, f"{HERE}/graph").get(HERE + path)


def test_the_usual_port_may_be_written_or_not(client: Client) -> None:
    api = tokenless(client, "https://prices.example")
    api._check_place("https://PRICES.example:443/api?$skip=100", "prices")
    api._check_place("HTTPS://prices.example/api?$filter=a eq 'b/../c'", "prices")
    tokenless(client, "https://prices.example:443/p/")._check_place(
        "https://prices.example/p/x", ""
    )
    tokenless(client, "https://[::1]:8443")._check_place("https://[::1]:8443/x", "")


def test_a_redirect_is_no_success(api: Api, service: Service) -> None:
    service.will(Answer(302, headers={"Location": "https://login.example/page"}))
    with pytest.raises(SourceContractError, match=r"HTTP 302 leads to login\.example instead"):
        fetch(api)


@pytest.mark.parametrize(
    "status", [201, 202, 203, 204, 205, 206, 300, 301, 302, 303, 304, 307, 308, 399]
)
def test_nothing_but_200_is_an_answer(api: Api, service: Service, status: int) -> None:
    body = b"" if status in (204, 205, 304) else b'{"n": 1}'
    service.choose = lambda _: Answer(status, body, {"Location": "//evil.example/n"})
    for call in (lambda: fetch(api), lambda: api.post(f"{api.base}/thing", {})):
        with pytest.raises(SourceContractError, match=f"HTTP {status}.* instead of an answer"):
            call()
    assert len(service.asked) == 2


def test_no_content_is_what_the_caller_says(api: Api, service: Service) -> None:
    service.will(Answer(204), Answer(200))
    assert api.post(f"{api.base}/thing", {}, no_content=b"none") == b"none"
    assert api.post(f"{api.base}/thing", {}, no_content=b"none") == b""


def test_a_refusal_keeps_status_and_words_and_hides_the_query(api: Api, service: Service) -> None:
    service.will(Answer(400, {"error": {"message": "ResultSize is invalid"}}))
    with pytest.raises(RequestRefused) as caught:
        fetch(api)
    assert (caught.value.status, caught.value.message) == (400, "ResultSize is invalid")
    assert "/thing: HTTP 400" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_the_planner_is_asked_before_every_attempt(client: Client, service: Service) -> None:
    asked: list[int] = []
    tokens = type("Fixed", (), {"bearer": lambda *_, **__: "token"})()
    api = Api(
        client, tokens, service.url, "scope", "none", lambda: asked.append(len(service.asked))
    )
    service.will(Answer(503), Answer(401), OK)
    fetch(api)
    assert asked == [0, 1, 2]


def test_a_certificate_that_nobody_vouches_for_is_refused(service: Service) -> None:
    service.will(OK)
    with (
        https_client() as stranger,
        pytest.raises(AuthError, match=r"not trusted .*CERTIFICATE_VERIFY_FAILED.*ca_bundle"),
    ):
        tokenless(stranger, service.url).get(service.url)
    assert service.asked == []


def issued(folder: Path, host: str, **span: datetime) -> tuple[Path, Path]:
    """Files of an authority and of a certificate for a host."""
    authority = trustme.CA()
    ca_file, chain_file = folder / "ca.pem", folder / "chain.pem"
    authority.cert_pem.write_to_path(ca_file)
    chain = authority.issue_cert(host, **span).private_key_and_cert_chain_pem  # type: ignore[arg-type] # the span alone
    chain.write_to_path(chain_file)
    return ca_file, chain_file


LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
CERTIFICATES: dict[str, tuple[str, dict[str, datetime], str]] = {
    "expired": ("127.0.0.1", {"not_after": LONG_AGO}, "certificate has expired"),
    "of later": ("127.0.0.1", {"not_before": NOW + timedelta(days=3650)}, "not yet valid"),
    "of another host": ("graph.contoso.com", {}, "not valid for '127.0.0.1'"),
}


@pytest.mark.parametrize(("host", "span", "reason"), CERTIFICATES.values(), ids=CERTIFICATES)
def test_a_certificate_that_does_not_hold_is_told_with_its_reason(
    tmp_path: Path, host: str, span: dict[str, datetime], reason: str
) -> None:
    span = span | ({"not_before": LONG_AGO - timedelta(days=1)} if "not_after" in span else {})
    with endless(ANSWERS["nothing"], issued=issued(tmp_path, host, **span)) as server:
        base = f"https://{server.place}"
        with https_client(str(server.ca_file)) as client:
            api = tokenless(client, base)
            with pytest.raises(
                AuthError, match=f"not trusted .*{reason}.*check the clock"
            ) as caught:
                api.get(f"{base}/thing")
        assert (caught.value.exit_code, api.requests) == (1, 1), "no trouble that passes"


REFUSING_PROXIES = {
    "wants a sign-in": b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n",
    "forbids": b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n",
    "hangs up": b"",
}


@pytest.mark.parametrize("words", REFUSING_PROXIES.values(), ids=REFUSING_PROXIES)
def test_a_proxy_that_refuses_is_named(words: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(words)

    with endless(refuse, tls=False) as proxy:
        for name in ("HTTPS_PROXY", "https_proxy"):
            monkeypatch.setenv(name, f"http://{proxy.place}")
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        with https_client(bounds=SHORT) as client:
            api = tokenless(client, "https://graph.contoso.com")
            with pytest.raises(SourceUnavailable, match=r"through the proxy 127\.0\.0\.1"):
                api.get("https://graph.contoso.com/thing")
        assert proxy.connections == 10


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_ca_bundle_that_cannot_be_used_is_named(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)
    with pytest.raises(ConfigError, match=r"ca\.pem"), https_client(str(file)):
        pytest.fail("no authority")


# -- typed answers --------------------------------------------------------------------------------


def test_json_cut_short_is_fetched_again(api: Api, service: Service) -> None:
    service.will(Answer(200, b'{"n": '), OK)
    assert api.decoded(Numbered, lambda: fetch(api), "page 1") == Numbered(1)


def test_an_answer_that_stays_no_json_is_told_with_its_place(api: Api, service: Service) -> None:
    service.will(*[Answer(200, b"<html>")] * 4)
    with pytest.raises(SourceContractError, match="page 1: the answer is no JSON"):
        api.decoded(Numbered, lambda: fetch(api), "page 1")
    assert api.requests == 4


def test_a_wrong_shape_names_the_page_and_the_field(api: Api, service: Service) -> None:
    service.will(*[Answer(200, {"n": "one"})] * 4)
    with pytest.raises(SourceContractError, match=r"page 1: .*\$\.n"):
        api.decoded(Numbered, lambda: fetch(api), "page 1")


def test_a_wrong_shape_is_asked_for_once(api: Api, service: Service) -> None:
    service.will(*[Answer(200, {"n": "one"})] * 4)
    with pytest.raises(SourceContractError):
        api.decoded(Numbered, lambda: fetch(api), "page 1")
    assert api.requests == 1


@pytest.mark.parametrize("error", [ValueError("x"), AuthError("x")])
def test_other_errors_are_not_retried(error: Exception) -> None:
    assert _wait(error) is False


# -- Microsoft's words ----------------------------------------------------------------------------

PARAMETER = "Parameter set cannot be resolved using the specified named parameters."
EXCHANGE = {
    "code": "BadRequest",
    "message": "Invalid Operation",
    "details": [
        {"code": "Client", "target": "", "message": f"|Microsoft.Ambiguous|{PARAMETER} (details)"}
    ],
    "innererror": {
        "message": "Invalid Operation",
        "internalexception": {"message": PARAMETER, "type": "Ambiguous"},
    },
}
TEN_DAYS = "The interval between StartDate and EndDate can't be longer than 10 days."
DOCUMENTED = {
    "graph": (
        {
            "code": "BadRequest",
            "message": f"|System.ArgumentException|{TEN_DAYS}",
            "innerError": {"date": "2026-11-24T10:00:00", "request-id": "1"},
        },
        TEN_DAYS,
    ),
    "exchange": (EXCHANGE, PARAMETER),
    "exchange details": (
        {key: value for key, value in EXCHANGE.items() if key != "innererror"},
        f"{PARAMETER} (details)",
    ),
    "exchange not found": (
        {
            "code": "NotFound",
            "message": "Error executing cmdlet",
            "details": [{"message": "Ex6F9304|Microsoft.NotFound|The object couldn't be found."}],
        },
        "The object couldn't be found.",
    ),
    "exchange 2021": (
        {"code": "Unauthorized", "message": "User is not allowed to call Get-Mailbox"},
        "User is not allowed to call Get-Mailbox",
    ),
    "azure": (
        {"code": "429", "message": "Too many requests. Please retry."},
        "Too many requests. Please retry.",
    ),
    "empty details": ({"message": "text", "details": [], "innererror": None}, "text"),
}


@pytest.mark.parametrize(("error", "words"), DOCUMENTED.values(), ids=DOCUMENTED)
def test_documented_error_bodies_give_their_useful_text(
    error: dict[str, object], words: str
) -> None:
    assert error_message(json.dumps({"error": error}).encode()) == words


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\0" * 4096,
        b"<html>502</html>",
        b"[]",
        b"null",
        b"{}",
        b'{"error": null}',
        b'{"error": "invalid_client"}',
        b'{"error": []}',
        b'{"error": {"details": {}}}',
        b'{"error": {"details": [null]}}',
        b'{"error": {"innererror": "text"}}',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"error": ' + b'{"innererror": ' * 100_000,
        b'{"error": {"message": "\xff"}}',
    ],
)
def test_a_body_without_a_text_gives_none(body: bytes) -> None:
    assert error_message(body) == ""


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (
            {"code": "IndirectCostDisabled", "message": "Indirect cost disabled."},
            "IndirectCostDisabled",
        ),
        ({"code": "429", "message": "Too many requests. Please retry."}, ""),
        ({"code": "Unauthorized", "message": "No."}, ""),
        (EXCHANGE, ""),
        ({"code": 7}, ""),
        ("refused", ""),
    ],
)
def test_azures_name_of_an_error_is_kept(error: object, code: str) -> None:
    assert error_code(json.dumps({"error": error}).encode()) == code


def test_a_refusal_of_azure_is_told_with_its_name(api: Api, service: Service) -> None:
    service.will(Answer(400, {"error": {"code": "MissingSubscription", "message": "No scope."}}))
    with pytest.raises(RequestRefused, match="HTTP 400: MissingSubscription: No scope"):
        fetch(api)


def test_the_words_of_a_service_are_cut_and_on_one_line() -> None:
    error = {"message": "no\nhve: all is well " + "a" * 150_000}
    words = error_message(json.dumps({"error": error}).encode())
    assert words.startswith("no hve: all is well aaa")
    assert len(words) < 510
