"""The test-send against real SMTP servers with TLS: every failure is told with its explanation."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme

from actions.outcome import Outcome
from actions.send_test.follow import follow
from actions.send_test.send import SendTestReport, preflight, prepare, send, sending_token
from cli.text import delivery as delivery_text
from hve_monitor.clock import parse_time
from hve_monitor.config import Config, Tenant, load_config
from hve_monitor.document import encoded, json_text
from hve_monitor.errors import ConfigError
from tests.contract.conftest import NOW, Site
from tests.contract.send_test.mail_server import (
    HANG_UP,
    PASSWORD,
    SILENCE,
    TOKEN,
    Authority,
    Mailbox,
    ScriptedServer,
    free_port,
    mail_server,
)

pytestmark = pytest.mark.contract
ACCOUNT, READER = "hr@contoso.com", "reader@contoso.com"
TOML = """
[warehouse]
path = "store"
[[tenants]]
name = "contoso"
tenant_id = "11111111-1111-1111-1111-111111111111"
managed_identity = true
accounts = ["hr@contoso.com"]
accepted_domains = ["Fabrikam.com"]
[endpoints]
smtp = "{smtp}"
ca_bundle = "ca.pem"
"""
TAIL = " [BM1P287CA0015.INDP287.PROD.OUTLOOK.COM 2026-02-19T15:42:20.743Z 08DE6F7B77124F67]"
REPLIES = {
    "535 5.7.139 Authentication unsuccessful, the organization configuration doesn't allow this"
    " authentication request.": ("AUTH", "535 5.7.139", "text"),
    "535 5.7.139 Authentication unsuccessful, basic auth is blocked": (
        "AUTH", "535 5.7.139", "text"),
    "535 5.7.139 Authentication unsuccessful, basic authentication is disabled.": (
        "AUTH", "535 5.7.139", "text"),
    "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant."
    " Visit https://aka.ms/smtp_auth_disabled for more information.": (
        "AUTH", "535 5.7.139", "text"),
    "535 5.7.139 Authentication unsuccessful, the user credentials were incorrect.": (
        "AUTH", "535 5.7.139", "text"),
    "535 5.7.139 Authentication unsuccessful, in words nobody has seen": (
        "AUTH", "535 5.7.139", "code"),
    "535 5.7.3 Authentication unsuccessful": ("AUTH", "535 5.7.3", "code"),
    "535 5.7.142 Token about to expire": ("AUTH", "535 5.7.142", "code"),
    "535 5.7.143 Token expired": ("AUTH", "535 5.7.143", "code"),
    "535 5.7.144 Wrong permission": ("AUTH", "535 5.7.144", "code"),
    "550 5.7.240 Application not allowed": ("AUTH", "550 5.7.240", "code"),
    "501 5.5.121 Malformed argument": ("AUTH", "501 5.5.121", "code"),
    "501 5.5.124 Invalid XOAUTH2 auth data": ("AUTH", "501 5.5.124", "text"),
    "504 5.7.4 Unrecognized authentication type": ("AUTH", "504 5.7.4", "code"),
    "550 5.7.30 Basic authentication is not supported for Client Submission.": (
        "AUTH", "550 5.7.30", "text"),
    "530 5.7.57 Client not authenticated to send mail": ("MAIL", "530 5.7.57", "code"),
    "550 5.1.8 Access denied, bad outbound sender": ("MAIL", "550 5.1.8", "code"),
    "550 5.2.254 Sender throttled due to continuous too many recipients errors.": (
        "MAIL", "550 5.2.254", "code"),
    "550 5.5.105 External sending is not supported for High Volume Email accounts.": (
        "RCPT", "550 5.5.105", "text"),
    "452 4.5.3 Too many recipients": ("RCPT", "452 4.5.3", "code"),
    "432 4.3.2 STOREDRV.Deliver; recipient thread limit exceeded": ("DATA", "432 4.3.2", "code"),
    "552 5.3.4 Message size exceeds fixed maximum message size": ("DATA", "552 5.3.4", "text"),
    "550 5.7.1 RESOLVER.RST.NotAuthorized": ("DATA", "550 5.7.1", "text"),
    "451 4.7.500 Server busy. Please try again later from [192.0.2.5]": (
        "DATA", "451 4.7.500", "code"),
}  # fmt: skip


@dataclass
class Place:
    """A folder with an authority, and configurations that trust it."""

    folder: Path
    authority: Authority

    def config(self, smtp: str) -> Config:
        """The configuration of a server."""
        file = self.folder / "hve.toml"
        file.write_text(TOML.format(smtp=smtp), encoding="utf-8")
        return load_config(file)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    ca = trustme.CA()
    ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    return Place(tmp_path, Authority(ca, tmp_path / "ca.pem"))


def password() -> str:
    return PASSWORD


def basic(config: Config, *to: str) -> Outcome:
    (tenant,) = config.tenants
    return send(config, tenant, prepare(config, tenant, ACCOUNT, to or (READER,), password), 5)


def failed(outcome: Outcome) -> dict[str, Any]:
    """The step that failed; it always comes with an explanation."""
    (step,) = [step for step in encoded(outcome.document)["steps"] if step["status"] == "failed"]
    assert step["explanations"], step
    assert not outcome.document.sent
    return dict(step)


def states(outcome: Outcome) -> dict[str, str]:
    return {step["step"]: step["status"] for step in encoded(outcome.document)["steps"]}


def test_basic_sends_one_message_that_says_what_it_is(place: Place) -> None:
    mailbox = Mailbox()
    with mail_server(mailbox, place.authority.context()) as endpoint:
        outcome = basic(place.config(endpoint), READER, "writer@fabrikam.com")
    assert (outcome.exit_code, outcome.document.sent) == (0, True)
    (envelope,) = mailbox.received
    assert (envelope.mail_from, mailbox.users) == (ACCOUNT, [ACCOUNT])
    assert envelope.rcpt_tos == [READER, "writer@fabrikam.com"]
    content = envelope.content
    assert isinstance(content, bytes)
    assert f"Message-ID: {outcome.document.message_id}".encode() in content
    assert b"Auto-Submitted: auto-generated" in content
    assert PASSWORD not in json_text(outcome.document)


def test_oauth_signs_in_with_the_token(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("actions.send_test.send.sending_token", lambda *_: TOKEN)
    mailbox = Mailbox()
    with mail_server(mailbox, place.authority.context()) as endpoint:
        config = place.config(endpoint)
        (tenant,) = config.tenants
        outcome = send(config, tenant, prepare(config, tenant, ACCOUNT, [READER], None), 5)
    assert (outcome.exit_code, mailbox.users) == (0, [ACCOUNT])
    assert len(mailbox.received) == 1
    assert TOKEN not in json_text(outcome.document)


@pytest.mark.parametrize(("reply", "wanted"), REPLIES.items(), ids=lambda value: str(value)[:40])
def test_every_reply_of_the_catalogue_comes_with_its_entry(
    place: Place, reply: str, wanted: tuple[str, str, str]
) -> None:
    command, code, matched = wanted
    mailbox = Mailbox({command: reply + TAIL})
    with mail_server(mailbox, place.authority.context()) as endpoint:
        outcome = basic(place.config(endpoint))
    step = failed(outcome)
    assert step["step"] == {
        "AUTH": "sign_in", "MAIL": "mail_from", "RCPT": "rcpt_to", "DATA": "data"
    }[command]  # fmt: skip
    assert step["reply"] == reply + TAIL
    assert step["explanations"][0]["code"] == code
    assert step["explanations"][0]["matched"] == matched
    assert outcome.exit_code == (75 if reply.startswith("4") else 1)
    assert mailbox.received == []
    assert step["explanations"][0]["meaning"] in delivery_text.send_test(outcome.document)


def test_a_refused_token_is_told_behind_its_challenge(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("actions.send_test.send.sending_token", lambda *_: "another")
    mailbox = Mailbox({"AUTH": "535 5.7.143 Token expired"})
    with mail_server(mailbox, place.authority.context()) as endpoint:
        config = place.config(endpoint)
        (tenant,) = config.tenants
        outcome = send(config, tenant, prepare(config, tenant, ACCOUNT, [READER], None), 5)
    assert failed(outcome)["explanations"][0]["code"] == "535 5.7.143"


def test_a_refused_recipient_keeps_the_message_from_the_others(place: Place) -> None:
    with ScriptedServer(place.authority.context(), RCPT=b"550 5.1.10 no\r\n") as server:
        outcome = basic(place.config(server.endpoint), READER, "writer@contoso.com")
    assert failed(outcome)["step"] == "rcpt_to"
    assert "data" not in states(outcome)


def test_the_preflight_names_everything_and_sends_nothing(place: Place) -> None:
    with ScriptedServer(place.authority.context(days=40)) as server:
        outcome = preflight(place.config(server.endpoint), 5)
    assert outcome.exit_code == 0
    assert list(states(outcome)) == [
        "dns", "tcp", "banner", "ehlo", "starttls", "tls", "certificate", "capabilities", "auth"
    ]  # fmt: skip
    assert set(states(outcome).values()) == {"ok"}
    told = {step["step"]: step["detail"] for step in encoded(outcome.document)["steps"]}
    assert "39 days left" in told["certificate"]
    assert "127.0.0.1" in told["certificate"]
    assert "SIZE 10485760" in told["capabilities"]
    assert told["auth"] == "offers LOGIN, XOAUTH2"


def test_the_preflight_against_another_implementation(place: Place) -> None:
    with mail_server(Mailbox(), place.authority.context()) as endpoint:
        outcome = preflight(place.config(endpoint), 5)
    assert (outcome.exit_code, set(states(outcome).values())) == (0, {"ok"})


def test_a_certificate_that_ends_soon_is_a_warning(place: Place) -> None:
    with ScriptedServer(place.authority.context(days=5.5)) as server:
        outcome = preflight(place.config(server.endpoint), 5)
    assert (outcome.exit_code, states(outcome)["certificate"]) == (0, "warn")


TLS_FAULTS: dict[str, tuple[Callable[[Authority], ssl.SSLContext], str]] = {
    "expired": (lambda each: each.context(days=-1), "client.certificate-expired"),
    "another name": (lambda each: each.context("mail.example.com"), "client.certificate-name"),
    "another authority": (
        lambda each: Authority(trustme.CA(), each.file).context(),
        "client.certificate-authority",
    ),
}


@pytest.mark.parametrize(("make", "code"), TLS_FAULTS.values(), ids=TLS_FAULTS)
def test_a_bad_certificate_ends_the_dialogue(
    place: Place, make: Callable[[Authority], ssl.SSLContext], code: str
) -> None:
    with ScriptedServer(make(place.authority)) as server:
        config = place.config(server.endpoint)
        outcome = preflight(config, 5)
    step = failed(outcome)
    assert (step["step"], outcome.exit_code) == ("certificate", 3)
    assert step["explanations"][0]["code"] == code


FAULTS: dict[str, tuple[dict[str, bytes], str, str | None, int]] = {
    "no STARTTLS": ({"EHLO": b"250-HOST\r\n250 SIZE 1\r\n"}, "starttls", "client.no-starttls", 3),
    "STARTTLS refused": ({"STARTTLS": b"454 4.7.0 not now\r\n"}, "starttls", "454 4.7.0", 75),
    "busy": ({"banner": b"421 4.3.2 too busy\r\n"}, "banner", "421 4.3.2", 75),
    "refused": ({"banner": b"554 5.7.1 go away\r\n"}, "banner", "554 5.7.1", 3),
    "no SMTP": ({"banner": b"HTTP/1.1 400 Bad Request\r\n"}, "banner", None, 3),
    "hangs up": ({"banner": HANG_UP}, "banner", "client.connection-lost", 75),
    "hangs up later": ({"EHLO": HANG_UP}, "ehlo", "client.connection-lost", 75),
    "silent": ({"banner": SILENCE}, "banner", "client.timed-out", 75),
    "silent later": ({"EHLO": SILENCE}, "ehlo", "client.timed-out", 75),
    "greets for ever": (
        {"banner": b"220-welcome\r\n" * 100_000}, "banner", None, 75),
    "no sign-in": (
        {"EHLO": b"250-HOST\r\n250-STARTTLS\r\n250 AUTH NTLM\r\n"},
        "auth", "hve.send-test.mechanism", 3),
    "line without end": ({"banner": b"220 " + b"x" * 20_000 + b"\r\n"}, "banner", None, 3),
}  # fmt: skip


@pytest.mark.parametrize(("replies", "step", "code", "exit_code"), FAULTS.values(), ids=FAULTS)
def test_whatever_goes_wrong_is_one_failed_step(
    place: Place, replies: dict[str, bytes], step: str, code: str | None, exit_code: int
) -> None:
    with ScriptedServer(place.authority.context(), **replies) as server:
        outcome = preflight(place.config(server.endpoint), 0.5)
    (found,) = [step for step in encoded(outcome.document)["steps"] if step["status"] == "failed"]
    assert (found["step"], outcome.exit_code) == (step, exit_code)
    assert found["detail"]
    codes = [explanation["code"] for explanation in found["explanations"]]
    assert code is None or codes[0] == code, found


def test_a_server_that_speaks_no_tls_after_starttls_is_left(place: Place) -> None:
    with ScriptedServer(None) as server:
        outcome = preflight(place.config(server.endpoint), 2)
    assert states(outcome)["tls"] == "failed"
    assert "certificate" not in states(outcome)


def test_what_comes_before_tls_is_not_believed_behind_it(place: Place) -> None:
    injected = b"220 go\r\n250-HOST\r\n250 AUTH PLAIN\r\n"
    with ScriptedServer(place.authority.context(), STARTTLS=injected) as server:
        outcome = preflight(place.config(server.endpoint), 2)
    assert encoded(outcome.document)["steps"][-1]["detail"] == "offers LOGIN, XOAUTH2"


SENDING_FAULTS = {
    "hangs up on the password": ({"password": HANG_UP}, "sign_in", "client.connection-lost"),
    "hangs up in the message": ({".": HANG_UP}, "data", "client.connection-lost"),
    "silent after the message": ({".": SILENCE}, "data", "client.timed-out"),
    "closes in the dialogue": ({"MAIL": b"421 4.4.2 timeout\r\n"}, "mail_from", "421 4.4.2"),
}


@pytest.mark.parametrize(("replies", "step", "code"), SENDING_FAULTS.values(), ids=SENDING_FAULTS)
def test_a_connection_that_breaks_while_sending_is_temporary(
    place: Place, replies: dict[str, bytes], step: str, code: str
) -> None:
    with ScriptedServer(place.authority.context(), **replies) as server:
        config = place.config(server.endpoint)
        (tenant,) = config.tenants
        outcome = send(config, tenant, prepare(config, tenant, ACCOUNT, [READER], password), 0.5)
    found = failed(outcome)
    assert (found["step"], outcome.exit_code) == (step, 75)
    assert found["explanations"][0]["code"] == code
    assert outcome.document.sent is (None if step == "data" else False)


def test_whether_a_message_without_an_answer_arrived_is_not_known_until_its_trace_shows(
    place: Place,
) -> None:
    with ScriptedServer(place.authority.context(), **{".": HANG_UP}) as server:
        outcome = basic(place.config(server.endpoint))
    assert "sent: not known" in delivery_text.send_test(outcome.document)
    with ScriptedServer(place.authority.context(), DATA=HANG_UP) as server:
        assert basic(place.config(server.endpoint)).document.sent is False


def test_a_tls_version_that_is_too_old_is_not_tried_again(place: Place) -> None:
    refusal = (
        b"421 4.7.66 TLS 1.0 and 1.1 are not supported. Visit https://aka.ms/smtp_auth_tls\r\n"
    )
    with ScriptedServer(place.authority.context(), AUTH=refusal) as server:
        outcome = basic(place.config(server.endpoint))
    found = failed(outcome)
    assert (outcome.exit_code, found["temporary"]) == (1, False)
    assert found["explanations"][0]["code"] == "421 4.7.66"


ODD_REPLIES = {
    "several lines": (
        (b"535-5.7.139 Authentication unsuccessful, the organization\r\n"
         b"535 5.7.139 configuration doesn't allow this authentication request.\r\n"),
        "535 5.7.139", "text"),
    "another language": ("535 5.7.3 Authentifizierung fehlgeschlagen: ungültig\r\n".encode(),
                         "535 5.7.3", "code"),
    "another encoding": (b"535 5.7.3 Authentifizierung ung\xfcltig\r\n", "535 5.7.3", "code"),
    "right to left": ("535 5.7.3 \u202eהאימות נכשל\r\n".encode(), "535 5.7.3", "code"),
    "control characters": (b"535 5.7.3 \x1b[2J\x07 no\r\n", "535 5.7.3", "code"),
    "an unknown code": (b"535 5.7.999 odd\r\n", "535 5.7.999", "class"),
}  # fmt: skip


@pytest.mark.parametrize(("reply", "code", "matched"), ODD_REPLIES.values(), ids=ODD_REPLIES)
def test_odd_replies_are_read(place: Place, reply: bytes, code: str, matched: str) -> None:
    with ScriptedServer(place.authority.context(), password=reply) as server:
        outcome = basic(place.config(server.endpoint))
    best = failed(outcome)["explanations"][0]
    assert (best["code"], best["matched"]) == (code, matched)
    assert not {"\x1b", "\x07", "\u202e"} & set(delivery_text.send_test(outcome.document))


def test_nobody_listening_and_an_unknown_name_are_told(place: Place) -> None:
    outcome = preflight(place.config(f"127.0.0.1:{free_port()}"), 5)
    assert (failed(outcome)["step"], outcome.exit_code) == ("tcp", 75)
    assert failed(outcome)["explanations"][0]["code"] == "client.connection-refused"
    outcome = preflight(place.config("smtp.hve.invalid:587"), 5)
    assert failed(outcome)["step"] == "dns"


def test_an_international_address_needs_what_the_server_offers(place: Place) -> None:
    mailbox = Mailbox()
    with mail_server(mailbox, place.authority.context()) as endpoint:
        assert basic(place.config(endpoint), "jürgen@contoso.com").exit_code == 0
    assert mailbox.received[0].rcpt_tos == ["jürgen@contoso.com"]
    with ScriptedServer(place.authority.context()) as server:
        outcome = basic(place.config(server.endpoint), "jürgen@contoso.com")
    assert failed(outcome)["step"] == "mail_from"


def test_too_many_and_external_recipients_never_reach_the_server(place: Place) -> None:
    mailbox = Mailbox()
    with mail_server(mailbox, place.authority.context()) as endpoint:
        config = place.config(endpoint)
        with pytest.raises(ConfigError, match="51 recipients, HVE takes at most 50"):
            basic(config, *(f"reader{n}@contoso.com" for n in range(51)))
        with pytest.raises(ConfigError, match="outside the tenant's domains"):
            basic(config, READER, "someone@example.org")
        assert basic(config, *(f"reader{n}@contoso.com" for n in range(50))).exit_code == 0
    assert mailbox.users == [ACCOUNT]


@pytest.fixture
def message(site: Site) -> dict[str, Any]:
    """A message that the simulated tenant has in its trace."""
    import httpx

    context = ssl.create_default_context(cafile=str(site.server.ca_file))
    tenant = site.tenant
    with httpx.Client(verify=context) as client:
        form = {
            "grant_type": "client_credentials",
            "client_id": tenant.client_id,
            "client_secret": tenant.client_secret,
            "scope": "https://graph.microsoft.com/.default",
        }
        url = f"{site.server.endpoints['login']}/{tenant.tenant_id}/oauth2/v2.0/token"
        token = client.post(url, data=form).json()["access_token"]
        start = (NOW - timedelta(hours=20)).isoformat().replace("+00:00", "Z")
        end = (NOW - timedelta(hours=12)).isoformat().replace("+00:00", "Z")
        rows = client.get(
            f"{site.server.endpoints['graph']}/v1.0/admin/exchange/tracing/messageTraces",
            params={
                "$filter": f"receivedDateTime ge {start} and receivedDateTime le {end}"
                " and status eq 'delivered'"
            },
            headers={"Authorization": f"Bearer {token}"},
        ).json()["value"]
    return dict(rows[0])


def sent(message_id: str, *recipients: str) -> SendTestReport:
    return SendTestReport(
        endpoint="", steps=[], sent=True, message_id=message_id, recipients=list(recipients),
        trace=None,
    )  # fmt: skip


def test_a_message_is_followed_to_its_trace(site: Site, message: dict[str, Any]) -> None:
    config = site.config()
    document = sent(message["messageId"], message["recipientAddress"])
    shortly_after = parse_time(message["receivedDateTime"]) + timedelta(minutes=1)
    outcome = follow(config, config.tenants[0], document, shortly_after, 0)
    trace = encoded(outcome.document)["trace"]
    assert (outcome.exit_code, trace["status"]) == (0, "visible")
    row = next(row for row in trace["rows"] if row["recipient"] == message["recipientAddress"])
    assert (row["status"], row["id"]) == ("delivered", message["id"])


def test_a_message_that_is_not_visible_yet_is_temporary(site: Site) -> None:
    config = site.config()
    document = sent("<unknown@contoso.com>", READER)
    outcome = follow(config, config.tenants[0], document, NOW, 0)
    assert (outcome.exit_code, encoded(outcome.document)["trace"]["status"]) == (75, "not_yet")


def test_a_trace_that_cannot_be_read_does_not_hide_that_the_message_was_sent(site: Site) -> None:
    (site.folder / "contoso.secret").write_text("wrong")
    config = site.config()
    outcome = follow(config, config.tenants[0], sent("<a@contoso.com>", READER), NOW, 0)
    assert (outcome.exit_code, encoded(outcome.document)["trace"]["status"]) == (3, "unavailable")
    assert "AADSTS7000215" in encoded(outcome.document)["trace"]["error"]


def test_the_token_is_asked_for_by_the_sending_application(site: Site) -> None:
    config = site.config()
    assert len(sending_token(config, config.tenants[0])) > 40
    other = config.tenants[0].model_copy(
        update={"sender_client_id": "x", "sender_client_secret_file": site.file}
    )
    with pytest.raises(Exception, match="AADSTS700016"):
        sending_token(config, other)


def test_a_tenant_of_files_cannot_send_by_oauth(site: Site) -> None:
    with pytest.raises(ConfigError, match="--oauth needs tenant_id"):
        sending_token(site.config(), Tenant(name="local", accounts="files"))
