"""What goes to apprise, and what of its words comes back."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import apprise
import pytest
from pydantic import SecretStr, ValidationError

from hve_monitor.config import AlertTarget
from hve_monitor.errors import ConfigError
from hve_monitor.https import Bounds, Response
from publish import outgoing
from publish.alerts.routing import Route, message
from publish.outgoing import Undelivered, within
from publish.targets import chat, wires
from publish.targets.chat import _threaded, sender
from publish.targets.wires import wired
from tests.endless import ANSWERS, MAIL_SERVERS, Talk, endless
from tests.places import ROOT
from tests.receiver import Receiver, receive
from tests.unit.publish.conftest import NOW, alert, candidate


def test_pagerduty_joins_the_stages_of_an_incident() -> None:
    keys = set()
    for stage in ("opened", "updated", "resolved"):
        alert = message(Route(candidate(), stage, NOW, is_page=True), NOW)  # type: ignore[arg-type] # each is a stage
        url = _threaded("pagerduty://integration@apikey", alert, "id")
        (service,) = apprise.Apprise(url)
        keys.add((service.dedup, service.action))
    assert keys == {("contoso:incident:a1b2c3", "map")}


def test_a_url_that_no_service_knows_is_one_line_without_its_secret() -> None:
    with pytest.raises(ConfigError) as caught:
        sender("nonsense://s3cret-token/", "")
    assert "s3cret" not in str(caught.value)
    assert "nonsense://" in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "jsons://hooks.contoso.com/?verify=nope",
        "jsons://hooks.contoso.com/?verify=nein",
        "jsons://hooks.contoso.com/?verify=%6Eo",
        "jsons://hooks.contoso.com/?verify=%256Eo",
        "jsons://hooks.contoso.com/?%76erify=no",
        "jsons://hooks.contoso.com/?VERIFY=no",
        "jsons://hooks.contoso.com/?verify=+no",
        "jsons://hooks.contoso.com/?x=1;verify=no",
        "forms://hooks.contoso.com/?verify=disallow",
        "workflows://hooks.contoso.com:443/flow/signature?verify=-",
        "mailtos://u:p@contoso.com?verify=0",
    ],
)
def test_the_opened_service_decides_whether_certificates_are_verified(url: str) -> None:
    with pytest.raises(ConfigError, match="verification of certificates is never switched off"):
        sender(url, "")


@pytest.mark.parametrize(
    "url",
    [
        "json://hooks.contoso.com",
        "xml://hooks.contoso.com",
        "form://hooks.contoso.com",
        "JSON://hooks.contoso.com",
        "gotify://hooks.contoso.com/token",
        "mailto://user:word@contoso.com",
        "mailtos://user:word@contoso.com?mode=insecure",
        "rsyslog://contoso.com",
    ],
)
def test_nothing_goes_out_without_tls(url: str) -> None:
    with pytest.raises(ConfigError, match="goes out without TLS"):
        sender(url, "")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("jsons://hooks.contoso.com/?redirect=yes", "redirects are never followed"),
        ("jsons://a.contoso.com, jsons://b.contoso.com", "names several services"),
        ("jsons://a.contoso.com jsons://b.contoso.com?verify=no", "names several services"),
    ],
)
def test_neither_redirects_nor_second_services_are_taken(url: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        sender(url, "")


@pytest.mark.parametrize(
    "url",
    [
        "jsons://hooks.contoso.com/?verify=yes",
        "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#x",
        "pagerduty://integration@apikey",
        "mailtos://user:word@contoso.com",
        "mailto://user:word@gmail.com",
        "mmosts://chat.contoso.com/token",
        "syslog://",
    ],
)
def test_services_behind_tls_and_this_machine_are_taken(url: str) -> None:
    sender(url, "")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver that accepts everything."""
    with receive() as running:
        yield running


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_gets_no_alert(receiver: Receiver, status: int) -> None:
    with receive() as other:
        receiver.answers = [(status, {"Location": f"https://{other.place}/elsewhere"})]
        with wired(str(receiver.ca_file)), pytest.raises(Undelivered) as caught:
            sender(f"jsons://{receiver.place}/", "")(alert(), "id", 1)
        assert str(caught.value).endswith(f"HTTP {status} leads to 127.0.0.1; it is not followed")
        assert (len(receiver.received), other.received) == (1, [])


def test_an_answer_without_success_is_none(receiver: Receiver) -> None:
    receiver.answers = [(304, {}), (503, {})]
    with wired(str(receiver.ca_file)):
        send = sender(f"jsons://{receiver.place}/", "")
        for status in (304, 503):
            with pytest.raises(Undelivered, match=f"HTTP {status}"):
                send(alert(), "id", 1)
        assert send(alert(), "id", 1) == "accepted"


def test_requests_of_a_service_never_leave_tls() -> None:
    refusals: list[Undelivered] = []
    wires.troubles.set(refusals)
    with wired(""):
        assert not apprise.Apprise("json://127.0.0.1:9/").notify("text")
    assert [str(refusal) for refusal in refusals] == ["127.0.0.1: is no https:// address"]


SIGNATURE = "k3Jr-Secret_0Signature"
FLOW = f"workflows/0123456789abcdef0123456789abcdef/triggers/manual/paths/invoke?sig={SIGNATURE}"
NATIVE = {
    "Slack": "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ",
    "Teams of 2026": "https://default0123456789.ab.environment.api.powerplatform.com:443/"
    f"powerautomate/automations/direct/{FLOW}&api-version=1",
    "Teams of before": f"https://prod-01.westeurope.logic.azure.com:443/{FLOW}"
    "&api-version=2016-06-01",
}


@pytest.mark.parametrize("url", NATIVE.values(), ids=NATIVE)
def test_an_address_as_the_chat_shows_it_can_be_pasted(url: str) -> None:
    target = AlertTarget(url=SecretStr(url))
    sender(target.url.get_secret_value(), "")
    with pytest.raises(ValidationError, match=r"write webhook\+https"):
        AlertTarget(url=SecretStr(url.replace(".com", ".com.contoso.com")))


class Flow:
    """Power Automate as it was reported: 202 without a card where the path is not its own."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *answers: Response) -> None:
        self.paths: list[str] = []
        self.answers = iter(answers)
        monkeypatch.setattr(wires, "client", lambda _: self)

    def __enter__(self) -> Flow:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is open."""

    def request(self, _method: str, url: str, **_options: object) -> Response:
        self.paths.append(urlsplit(url).path)
        return next(self.answers)


def test_teams_is_asked_at_the_address_of_today(monkeypatch: pytest.MonkeyPatch) -> None:
    flow = Flow(monkeypatch, Response(202), Response(202))
    pasted = NATIVE["Teams of 2026"]
    documented = (
        "workflows://default0123456789.ab.environment.api.powerplatform.com:443/"
        "0123456789abcdef0123456789abcdef/{secret}/?pa=yes&image=no"
    )
    with wired(""):
        assert sender(pasted, "")(alert(), "id", 1) == "accepted"
        assert sender(documented, SIGNATURE)(alert(), "id", 1) == "accepted"
    path = "/powerautomate/automations/direct/workflows/0123456789abcdef0123456789abcdef"
    assert [asked.startswith(path) for asked in flow.paths] == [True, True]


BUSY = {"error": {"code": "Busy", "message": "Later"}}
ECHO = f"bad sig {SIGNATURE}".encode()


@pytest.mark.parametrize(
    ("answer", "words", "seconds", "is_passing"),
    [
        (Response(400, content=b"invalid_payload"), "HTTP 400: invalid_payload", None, False),
        (Response(429, headers={"Retry-After": "7"}), "HTTP 429", 7.0, True),
        (Response(503, json=BUSY), "HTTP 503: Later (code Busy)", None, True),
        (Response(401, content=ECHO), "HTTP 401: bad sig …", None, False),
    ],
)  # fmt: skip
def test_what_a_chat_answers_is_told_without_the_secret(
    monkeypatch: pytest.MonkeyPatch,
    answer: Response,
    words: str,
    seconds: float | None,
    is_passing: bool,
) -> None:
    Flow(monkeypatch, answer)
    with wired(""), pytest.raises(Undelivered) as refused:
        sender(NATIVE["Teams of 2026"], "")(alert(), "id", 1)
    assert words in str(refused.value)
    assert SIGNATURE not in str(refused.value)
    assert (refused.value.seconds, refused.value.is_passing) == (seconds, is_passing)


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing lasts longer than half a second."""
    bounds = Bounds(connect=1.0, read=0.2, seconds=0.4, bytes=1 << 20)
    monkeypatch.setattr(wires, "client", lambda ca_bundle: outgoing.client(ca_bundle, bounds))
    monkeypatch.setattr(wires, "STEP_SECONDS", 0.2)
    monkeypatch.setattr(wires, "DIALOGUE_SECONDS", 0.4)


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("talk", ANSWERS.values(), ids=ANSWERS)
def test_no_service_is_waited_for_without_end(talk: Talk) -> None:
    with endless(talk) as server, wired(str(server.ca_file)):
        began = time.monotonic()
        with pytest.raises(Undelivered, match="jsons: "):
            sender(f"jsons://{server.place}/", "")(alert(), "id", 1)
        assert time.monotonic() - began < 10


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("talk", MAIL_SERVERS.values(), ids=MAIL_SERVERS)
def test_neither_is_its_mail_server(talk: Talk) -> None:
    with endless(talk, tls=False) as server, wired(""):
        url = f"mailtos://u:p@{server.place}/?mode=starttls&from=hve@contoso.com&to=soc@contoso.com"
        began = time.monotonic()
        with pytest.raises(Undelivered, match="mailtos: "):
            sender(url, "")(alert(), "id", 1)
        assert time.monotonic() - began < 10


def test_a_service_that_hangs_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat, "SECONDS", 0.05)
    monkeypatch.setattr(apprise.Apprise, "notify", lambda *_, **__: time.sleep(0.5))
    with pytest.raises(Undelivered, match=r"jsons: no end after 0\.05 s") as caught:
        sender("jsons://hooks.contoso.com/", "")(alert(), "id", 1)
    assert caught.value.is_passing


HANGING = """
import time
from publish.outgoing import within
try:
    within(0.05, lambda: time.sleep(60))
except TimeoutError:
    print("left")
"""


def test_a_process_ends_beside_work_that_does_not(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", HANGING], capture_output=True, text=True, cwd=ROOT,
        check=True, timeout=20,
    )  # fmt: skip
    assert done.stdout.strip() == "left"


def test_what_work_raises_is_raised() -> None:
    assert within(1, lambda: 5) == 5
    with pytest.raises(ZeroDivisionError):
        within(1, lambda: 1 // 0)
