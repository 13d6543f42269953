"""The simulated tenant over real HTTPS: what a client of Microsoft 365 may rely on."""

from __future__ import annotations

import os
import ssl
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import httpx
import msal
import pytest

from simulator import Server, SimulatedTenant, serve
from tests import simulated
from tests.places import ROOT

pytestmark = pytest.mark.contract

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
TRACES = "/v1.0/admin/exchange/tracing/messageTraces"
STATUSES = ["gettingStatus", "pending", "failed", "delivered", "expanded"]
STATUSES += ["quarantined", "filteredAsSpam"]
TOO_LONG = "|System.ArgumentException|The interval between StartDate and EndDate"
HOSTS = {
    "graph": "graph.microsoft.com",
    "exchange": "outlook.office365.com",
    "azure": "management.azure.com",
}
NAMED, VERSION = {"ClientType": "contoso"}, {"api-version": "2025-03-01"}
Json = dict[str, Any]
Tenant = TypeVar("Tenant", bound=SimulatedTenant)


def small(kind: type[Tenant] = SimulatedTenant, **options: Any) -> Tenant:
    return kind(
        **{"seed": 7, "now": NOW, "days": 12, "staff": 60, "quota_requests": 10_000, **options}
    )


class Client:
    """An HTTPS client that trusts the simulator's authority and holds a token per API."""

    def __init__(self, server: Server) -> None:
        self.server = server
        trust = ssl.create_default_context(cafile=str(server.ca_file))
        self.http = httpx.Client(verify=trust, timeout=20)
        self.headers = {"Authorization": f"Bearer {self.token('graph')}"}

    def ask_token(self, tenant: str | None = None, **form: str) -> httpx.Response:
        url = f"{self.server.endpoints['login']}/{tenant or self.server.tenant.tenant_id}"
        basics = {
            "grant_type": "client_credentials",
            "client_id": self.server.tenant.client_id,
            "scope": "https://graph.microsoft.com/.default",
        }
        return self.http.post(f"{url}/oauth2/v2.0/token", data={**basics, **form})

    def token(self, audience: str) -> str:
        host = HOSTS[audience]
        secret = self.server.tenant.client_secret
        answer = self.ask_token(client_secret=secret, scope=f"https://{host}/.default")
        assert answer.status_code == 200
        return str(answer.json()["access_token"])

    def traces(self, **options: str) -> httpx.Response:
        url = self.server.endpoints["graph"] + TRACES
        params = {f"${name}": value for name, value in options.items()}
        return self.http.get(url, params=params, headers=self.headers)

    def read_all(self, **options: str) -> list[Json]:
        answer, rows = self.traces(**options), []
        while True:
            assert answer.status_code == 200, answer.text
            rows.extend(answer.json()["value"])
            link = answer.json().get("@odata.nextLink")
            if not link:
                return rows
            answer = self.http.get(link, headers=self.headers)

    def invoke(self, cmdlet: str, headers: dict[str, str] | None = None, **parameters: Any) -> Any:
        tenant = self.server.tenant.tenant_id
        url = f"{self.server.endpoints['exchange']}/adminapi/beta/{tenant}/InvokeCommand"
        body = {"CmdletInput": {"CmdletName": cmdlet, "Parameters": parameters}}
        return self.http.post(url, json=body, headers=headers or self.exchange_headers())

    def get(self, path: str, **params: str) -> httpx.Response:
        """GET below the Graph root; the names of options come without their dollar."""
        options = {f"${name}": value for name, value in params.items()}
        url = self.server.endpoints["graph"] + path
        return self.http.get(url, params=options or None, headers=self.headers)

    def cost(self, body: Json, scope: str | None = None, **headers: str) -> httpx.Response:
        """A cost query; of the billed subscription and with a client name by default."""
        scope = scope or f"/subscriptions/{self.server.tenant.azure.subscription_id}"
        url = f"{self.server.endpoints['azure']}{scope}/providers/Microsoft.CostManagement/query"
        signed = {"Authorization": f"Bearer {self.token('azure')}", **(headers or NAMED)}
        return self.http.post(url, params=VERSION, json=body, headers=signed)

    def exchange_headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token('exchange')}"}


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    """A client of a tenant whose clock stays at `NOW`."""
    with serve(small()) as server:
        api = Client(server)
        yield api
        api.http.close()


def window(start: datetime, end: datetime, more: str = "") -> str:
    bounds = f"receivedDateTime ge {start:%Y-%m-%dT%H:%M:%SZ}"
    return f"{bounds} and receivedDateTime le {end:%Y-%m-%dT%H:%M:%SZ}{more}"


def refusal(answer: httpx.Response) -> tuple[int, str]:
    error = answer.json()["error"]
    assert error["innerError"]["request-id"] == answer.headers["request-id"]
    return answer.status_code, error["message"]


# --- message traces ---------------------------------------------------------------------------


def test_every_page_together_equals_the_truth(client: Client) -> None:
    tenant = client.server.tenant
    first, middle = datetime(2026, 11, 12, tzinfo=UTC), NOW - timedelta(days=6)
    rows = client.read_all(filter=window(first, middle), top="5000")
    rows += client.read_all(filter=window(middle, NOW), top="777")
    unique = {(row["id"], row["recipientAddress"].lower()): row for row in rows}
    primary = {name: account.primary for account in tenant.accounts for name in account.addresses}
    found = Counter(
        (primary[row["senderAddress"].lower()], row["receivedDateTime"][:10], row["status"])
        for row in unique.values()
    )
    truth = tenant.truth()
    assert len({row["id"] for row in unique.values()}) == sum(row["messages"] for row in truth)
    for row in truth:
        of_day = {status: found[row["account"], row["day_utc"], status] for status in STATUSES}
        assert of_day["delivered"] == row["delivered"]
        assert of_day["failed"] == row["failed"]
        assert sum(of_day.values()) - of_day["expanded"] == row["recipients"]
    assert found.total() == sum(row["recipients"] + row["expanded"] for row in truth)


def test_no_row_repeats_in_a_reading(client: Client) -> None:
    rows = client.read_all(filter=window(NOW - timedelta(days=3), NOW), top="100")
    assert len({(row["id"], row["recipientAddress"].lower()) for row in rows}) == len(rows)


def test_a_row_has_the_documented_shape(client: Client) -> None:
    answer = client.traces(top="3")
    assert answer.json()["@odata.context"].endswith("#admin/exchange/tracing/messageTraces")
    row = answer.json()["value"][0]
    assert list(row) == [
        "id",
        "senderAddress",
        "recipientAddress",
        "messageId",
        "receivedDateTime",
        "subject",
        "size",
        "fromIP",
        "toIP",
        "status",
    ]
    assert row["receivedDateTime"].endswith("Z")
    assert row["toIP"] == ""
    assert len(answer.json()["value"]) == 3


def test_the_next_link_keeps_the_prefix_and_is_opaque(client: Client) -> None:
    link = client.traces(top="3").json()["@odata.nextLink"]
    assert link.startswith(client.server.endpoints["graph"] + TRACES + "?")
    assert "$skiptoken=" in link
    broken = client.http.get(link + "x", headers=client.headers)
    assert refusal(broken)[0] == 400


def test_an_old_next_link_is_refused(client: Client) -> None:
    link = client.traces(top="3").json()["@odata.nextLink"]
    client.server.tenant.next_link_seconds = 0
    try:
        status, text = refusal(client.http.get(link, headers=client.headers))
    finally:
        client.server.tenant.next_link_seconds = 1800
    assert status == 400
    assert "Expired" in text


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (
            {"filter": window(NOW - timedelta(days=11), NOW)},
            f"{TOO_LONG} can't be longer than 10 days.",
        ),
        (
            {"filter": window(NOW - timedelta(days=91), NOW - timedelta(days=85))},
            "Invalid StartDate value. The StartDate can't be older than 90 days from today.",
        ),
        (
            {"filter": "receivedDateTime ge 2026-11-20T00:00:00Z"},
            "EndDate is required when a StartDate is entered.",
        ),
        ({"top": "5001"}, "ResultSize is invalid"),
        (
            {"filter": window(NOW, NOW + timedelta(minutes=1))},
            "Invalid EndDate value. The EndDate can't be in the future.",
        ),
    ],
)
def test_bad_queries_are_refused_with_the_text_of_the_service(
    client: Client, options: dict[str, str], text: str
) -> None:
    assert refusal(client.traces(**options)) == (400, text)


def test_the_oldest_day_counts_from_midnight(client: Client) -> None:
    start = datetime(2026, 8, 26, tzinfo=UTC)
    assert client.traces(filter=window(start, start + timedelta(days=9))).status_code == 200


def test_other_options_are_ignored(client: Client) -> None:
    plain = client.traces(top="20").json()["value"]
    dressed = client.traces(top="20", select="id", orderby="size", count="true").json()
    assert dressed["value"] == plain
    assert "@odata.count" not in dressed
    useless = " and startswith(senderAddress, 'zzz') and status ne 'delivered'"
    whole = client.traces(top="20", filter=window(NOW - timedelta(days=2), NOW)).json()["value"]
    filtered = window(NOW - timedelta(days=2), NOW, useless)
    assert client.traces(top="20", filter=filtered).json()["value"] == whole


def test_the_last_sender_wins(client: Client) -> None:
    two = " and (senderAddress eq 'alerts@contoso.com' or senderAddress eq 'CRM@contoso.com')"
    rows = client.read_all(filter=window(NOW - timedelta(days=4), NOW, two))
    assert {row["senderAddress"].lower() for row in rows} == {"crm@contoso.com"}


def test_details_name_the_failure(client: Client) -> None:
    failed = " and status eq 'failed'"
    row = client.read_all(filter=window(NOW - timedelta(days=9), NOW, failed))[0]
    call = f"getDetailsByRecipient(recipientAddress='{row['recipientAddress']}')"
    root = client.server.endpoints["graph"] + TRACES
    answer = client.http.get(f"{root}/{row['id']}/{call}", headers=client.headers).json()
    assert answer["value"][-1]["event"] == "Fail"
    assert answer["value"][-1]["description"].startswith("Reason: 55")
    unknown = f"{root}/11111111-1111-1111-1111-111111111111/{call}"
    assert client.http.get(unknown, headers=client.headers).json()["value"] == []


def test_lists_and_details_share_one_quota() -> None:
    tenant = small(simulated.FaultyTenant, quota_requests=3, quota_window_seconds=1.0)
    with simulated.serve(tenant) as server:
        api = Client(server)
        row = api.traces(top="1").json()["value"][0]
        call = f"getDetailsByRecipient(recipientAddress='{row['recipientAddress']}')"
        details = f"{server.endpoints['graph']}{TRACES}/{row['id']}/{call}"
        assert api.http.get(details, headers=api.headers).status_code == 200
        assert api.traces(top="1").status_code == 200
        answer = api.traces(top="1")
        assert refusal(answer) == (
            429,
            "Your recent queries have surpassed the permitted limit, please try again later.",
        )
        assert answer.headers["Retry-After"] == "1"
        assert sum(request.status == 429 for request in server.tenant.requests) == 1
        time.sleep(1.05)
        assert api.traces(top="1").status_code == 200
        api.http.close()


# --- sign-in ----------------------------------------------------------------------------------


def test_a_token_is_needed_and_dies(client: Client) -> None:
    url = client.server.endpoints["graph"] + TRACES
    assert client.http.get(url).status_code == 401
    wrong = client.http.get(url, headers=client.exchange_headers())
    assert wrong.json()["error"]["code"] == "InvalidAuthenticationToken"
    client.server.tenant.token_seconds = 0
    try:
        dead = {"Authorization": f"Bearer {client.token('graph')}"}
    finally:
        client.server.tenant.token_seconds = 3600
    status, text = refusal(client.http.get(url, headers=dead))
    assert status == 401
    assert "expired" in text


def test_bad_credentials_are_refused(client: Client) -> None:
    answer = client.ask_token(client_secret="wrong")  # noqa: S106 - no real secret
    assert answer.status_code == 401
    assert answer.json()["error"] == "invalid_client"
    assert answer.json()["error_description"].startswith("AADSTS7000215")
    secret = client.server.tenant.client_secret
    elsewhere = client.ask_token(tenant="fabrikam.com", client_secret=secret)
    assert elsewhere.status_code == 400
    assert elsewhere.json()["error_description"].startswith("AADSTS90002")
    scope = client.ask_token(client_secret=secret, scope="https://vault.contoso.com/.default")
    assert scope.json()["error"] == "invalid_scope"
    other_app = client.ask_token(client_secret=secret, client_id="other")
    assert other_app.json()["error"] == "unauthorized_client"


def test_an_assertion_is_accepted(client: Client) -> None:
    assert client.ask_token(client_assertion="aaa.bbb.ccc").status_code == 200
    assert client.ask_token(client_assertion="nonsense").status_code == 401


def test_msal_signs_in(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):  # these would win over `verify`
        monkeypatch.delenv(name, raising=False)
    tenant, login = client.server.tenant, client.server.endpoints["login"]
    application = msal.ConfidentialClientApplication(
        tenant.client_id,
        client_credential=tenant.client_secret,
        authority=f"{login}/{tenant.tenant_id}",
        instance_discovery=False,
        verify=str(client.server.ca_file),
    )
    result = application.acquire_token_for_client(["https://graph.microsoft.com/.default"])
    assert result.get("expires_in") == 3600, result
    headers = {"Authorization": f"Bearer {result['access_token']}"}
    url = client.server.endpoints["graph"] + TRACES
    assert client.http.get(url, headers=headers).status_code == 200


# --- Exchange cmdlets -------------------------------------------------------------------------


def test_hve_accounts_come_in_the_envelope(client: Client) -> None:
    body = client.invoke("Get-MailUser", HVEAccount=True).json()
    assert body["@odata.context"].endswith("$metadata#Collection(Exchange.GenericHashTable)")
    assert body["@adminapi.warnings"] == []
    assert len(body["value"]) == len(client.server.tenant.accounts)
    alerts = next(row for row in body["value"] if row["Alias"] == "alerts")
    assert alerts["EmailAddresses@odata.type"] == "#Collection(String)"
    assert [text.partition(":")[0] for text in alerts["EmailAddresses"]] == ["SMTP", "smtp", "smtp"]
    assert alerts["PrimarySmtpAddress"] == "Alerts@contoso.com"
    assert alerts["WhenCreated@data.type"] == "System.DateTime"
    assert len(alerts["WhenCreated"].partition(".")[2]) == len("0000000+00:00")


def test_pages_of_accounts_follow_the_next_link(client: Client) -> None:
    headers = {**client.exchange_headers(), "Prefer": "odata.maxpagesize=5"}
    answer = client.invoke("Get-MailUser", headers, HVEAccount=True)
    names = [row["Alias"] for row in answer.json()["value"]]
    while "@odata.nextLink" in answer.json():
        link, body = answer.json()["@odata.nextLink"], answer.request.content
        json_type = {"Content-Type": "application/json"}
        answer = client.http.post(link, content=body, headers={**headers, **json_type})
        names += [row["Alias"] for row in answer.json()["value"]]
    assert names == [account.alias for account in client.server.tenant.accounts]


def test_a_result_size_cuts_with_a_warning(client: Client) -> None:
    body = client.invoke("Get-MailUser", HVEAccount=True, ResultSize=2).json()
    assert len(body["value"]) == 2
    assert body["@adminapi.warnings"][0].startswith("There are more results available")


def test_settings_and_billing_of_an_account(client: Client) -> None:
    settings = client.invoke("Get-HVEAccountSettings", Identity="Monitoring@contoso.com").json()
    assert settings["value"][0]["Identity"] == "alerts"
    policies = client.invoke("Get-BillingPolicy", ResourceType="HVE").json()["value"]
    states = []
    for account in client.server.tenant.accounts:
        row = client.invoke("Get-HVEAccountBillingPolicy", Identity=account.primary).json()["value"]
        assert row[0]["BillingPolicyId"] in {policy["BillingPolicyId"] for policy in policies}
        states.append(row[0]["BillingPolicyStatus"])
    assert Counter(states)["SubscriptionIsNotActive"] == 1
    assert Counter(states)["BillingPolicyValid"] == len(states) - 1


def test_wrong_calls_get_the_errors_of_the_service(client: Client) -> None:
    missing = client.invoke("Get-MailUser", HVEAccount=True, Identity="nobody@contoso.com")
    assert missing.status_code == 404
    error = missing.json()["error"]
    assert (error["code"], error["message"]) == ("NotFound", "Error executing cmdlet")
    assert error["details"][0]["message"].startswith("Ex6F9304|")
    bad = client.invoke("Get-MailUser", Bogus=1)
    assert bad.status_code == 400
    assert bad.json()["error"]["innererror"]["internalexception"]["message"].endswith("Bogus")
    assert client.invoke("Get-MailUser", client.headers, HVEAccount=True).status_code == 401


def test_an_unknown_cmdlet_gets_zero_bytes_that_claim_gzip(client: Client) -> None:
    tenant = client.server.tenant.tenant_id
    url = f"{client.server.endpoints['exchange']}/adminapi/beta/{tenant}/InvokeCommand"
    body = {"CmdletInput": {"CmdletName": "Get-Secrets", "Parameters": {}}}
    with client.http.stream("POST", url, json=body, headers=client.exchange_headers()) as answer:
        assert answer.status_code == 403
        assert answer.headers["Content-Encoding"] == "gzip"
        assert b"".join(answer.iter_raw()) == bytes(4096)


# --- control, log, command --------------------------------------------------------------------


def test_the_clock_moves_over_http_and_brings_rows() -> None:
    with simulated.serve(small(simulated.FaultyTenant, days=3)) as server:
        api = Client(server)
        clock = f"{server.base_url}/control/clock"
        before = api.http.get(f"{server.base_url}/control/truth").json()
        assert before == server.tenant.truth()
        assert api.http.post(clock, json={"now": "2026-11-24T12:00:00Z"}).status_code == 200
        moved = api.http.post(clock, json={"advance_seconds": 3600}).json()
        assert moved == api.http.get(clock).json() == {"now": "2026-11-24T13:00:00Z"}
        assert api.http.post(clock, json={"advance_seconds": -1}).status_code == 400
        assert api.http.post(clock, json={"now": "yesterday"}).status_code == 400
        after = api.http.get(f"{server.base_url}/control/truth").json()
        assert sum(r["recipients"] for r in after) > sum(r["recipients"] for r in before)
        labels = api.http.get(f"{server.base_url}/control/labels").json()
        assert labels == server.tenant.labels()
        api.http.close()


def test_requests_are_logged_and_the_authority_goes_away() -> None:
    with simulated.serve(small(simulated.FaultyTenant, days=1)) as server:
        api = Client(server)
        api.traces(top="1")
        assert [(entry.status, entry.path) for entry in server.tenant.requests] == [
            (200, f"/login/{server.tenant.tenant_id}/oauth2/v2.0/token"),
            (200, f"/graph{TRACES}"),
        ]
        assert server.ca_file.exists()
        begun = time.monotonic()
    assert time.monotonic() - begun < 1.5  # an idle client does not hold up the end
    assert not server.ca_file.exists()
    api.http.close()


def test_the_command_prints_what_a_client_needs(tmp_path: Path) -> None:
    ca_file = tmp_path / "ca.pem"
    command = [sys.executable, "-m", "tests.simulated", "--port", "0", "--days", "2"]
    command += ["--now", "2026-11-24T08:00:00Z", "--ca-out", str(ca_file)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:  # stopped below, whatever happens
        try:
            assert process.stdout
            lines = [process.stdout.readline() for _ in range(11)]
        finally:
            process.terminate()
    assert process.returncode == 0
    card = {line[:14].strip(): line[14:].strip() for line in lines}
    assert card["base URL"].startswith("https://127.0.0.1:")
    assert card["client secret"].endswith("(fictitious)")
    assert card["CA file"] == str(ca_file)
    assert "BEGIN CERTIFICATE" in ca_file.read_text()
