"""Alerts over real HTTPS: what is received, once, through outages, refusals and kills."""

from __future__ import annotations

import hashlib
import hmac
import random
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from actions.run import run_once
from hve_monitor.config import Config, Endpoints, load_config
from hve_monitor.document import json_text
from hve_monitor.https import Bounds, Client
from publish import outgoing
from publish.alerts.notify import AlertsPart, alert
from publish.targets import wires
from tests.contract.test_pipeline import quiet
from tests.endless import ANSWERS, Talk, endless
from tests.forked import code_of, start
from tests.mailbox import mailbox
from tests.receiver import Receiver, receive
from tests.unit.conftest import Hve
from tests.unit.conftest import hve as hve  # noqa: PLC0414 - a fixture used here
from tests.unit.publish.conftest import NOW, Desk, incident, target
from warehouse.privacy import audit
from warehouse.records.outbox import Outbox
from warehouse.store import open_store

pytestmark = pytest.mark.contract
QUARTER = timedelta(minutes=15)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver that accepts everything."""
    with receive() as running:
        yield running


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """An empty store."""
    with open_store(tmp_path / "store", "500MB", 1) as store:
        yield Desk(store)


def config_of(desk: Desk, receiver: Receiver, *urls: str, **other: Any) -> Config:
    targets = [target(url.replace("HOST", receiver.place), name=url[:6]) for url in urls]
    config = desk.config(*targets, **other)
    endpoints = Endpoints(ca_bundle=str(receiver.ca_file))
    return config.model_copy(update={"endpoints": endpoints})


def tell(desk: Desk, config: Config, now: Any = NOW) -> AlertsPart:
    return alert(desk.store, config, now, lambda tenant, scope: f"token of {tenant} for {scope}")


def test_a_webhook_is_signed_over_timestamp_and_body(desk: Desk, receiver: Receiver) -> None:
    desk.show(NOW, incident())
    tell(desk, config_of(desk, receiver, "webhook+https://:s3cret@HOST/hook?team=soc"))
    (one,) = receiver.received
    assert (one.path, one.query) == ("/hook", "team=soc")
    stamp = one.headers["x-hve-timestamp"]
    mac = hmac.new(b"s3cret", stamp.encode() + b"." + one.body, hashlib.sha256).hexdigest()
    assert one.headers["x-hve-signature"] == f"v1={mac}"
    assert abs(time.time() - int(stamp)) < 60
    assert one.headers["x-hve-id"] == one.json["id"]
    assert one.json["text"].startswith("What: surge of hr@contoso.com")


def test_the_audit_log_reaches_a_webhook_once(desk: Desk, receiver: Receiver) -> None:
    desk.show(NOW)
    audit.record(desk.store, NOW, "grace", "reveal", "p-1", "case 7", "revealed", "o-1")
    config = desk.config(
        target(f"webhook+https://{receiver.place}/audit", audience=("audit",), digest=False)
    ).model_copy(update={"endpoints": Endpoints(ca_bundle=str(receiver.ca_file))})
    for _ in range(2):
        tell(desk, config)
    (one,) = receiver.received
    assert (one.json["type"], one.json["key"]) == ("audit.recorded", "audit:1")
    assert (one.json["details"]["who"], one.json["details"]["subject"]) == ("grace", "o-1")


def test_splunk_sentinel_and_teams_get_their_own_forms(desk: Desk, receiver: Receiver) -> None:
    desk.show(NOW, incident())
    urls = (
        "splunk+https://t0ken@HOST",
        "sentinel+https://HOST/dce/dcr-1/Custom-Hve_CL",
        f"workflows://HOST/{'a' * 32}/signature-of-it?image=no",
    )
    part = tell(desk, config_of(desk, receiver, *urls))
    assert (part.sent, part.failed) == (3, [])
    by_path = {request.path.split("/")[1]: request for request in receiver.received}
    splunk, sentinel, teams = by_path["services"], by_path["dce"], by_path["workflows"]
    assert splunk.headers["authorization"] == "Splunk t0ken"
    assert splunk.json["event"]["severity"] == "high"
    assert sentinel.path == "/dce/dataCollectionRules/dcr-1/streams/Custom-Hve_CL"
    scope = "https://monitor.azure.com/.default"
    assert sentinel.headers["authorization"] == f"Bearer token of contoso for {scope}"
    assert sentinel.json[0]["Account"] == "hr@contoso.com"
    card = teams.json["attachments"][0]["content"]
    assert "hr@contoso.com" in card["body"][0]["text"]
    assert "310 were expected" in card["body"][1]["text"]


HOSTILE = "x@contoso.com\r\nBcc: a <at>all</at> [link](https://evil.example) *b* <!channel>"


def test_hostile_data_is_text_in_a_card(desk: Desk, receiver: Receiver) -> None:
    desk.show(NOW, incident(account=HOSTILE, reasons=[HOSTILE]))
    tell(desk, config_of(desk, receiver, f"workflows://HOST/{'a' * 32}/signature?image=no"))
    card = receiver.received[0].json["attachments"][0]["content"]
    shown = "".join(block["text"] for block in card["body"])
    assert not set("<>[]*") & set(shown)
    assert "https://evil" not in shown
    assert "entities" not in card["msteams"]


def test_refusals_are_tried_again_and_told_until_they_pass(
    desk: Desk, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.show(NOW, incident())
    config = config_of(desk, receiver, "webhook+https://HOST/hook")
    receiver.answers = [(503, {}), (429, {"Retry-After": "1"}), (200, {})]
    assert tell(desk, config).sent == 1
    assert len({request.headers["x-hve-id"] for request in receiver.received}) == 1
    desk.show(NOW, incident(), incident(id="second"))
    receiver.answers = [(429, {"Retry-After": "900"})]
    part = tell(desk, config, NOW + QUARTER)
    assert (part.sent, part.due) == (0, 1)
    assert part.failed[0].error == "127.0.0.1: HTTP 429: Not now"
    assert tell(desk, config, NOW + QUARTER).sent == 0, "it was asked to wait"
    real = time.time()
    monkeypatch.setattr("publish.alerts.delivery.time.time", lambda: real + 1000)
    part = tell(desk, config, NOW + 2 * QUARTER)
    assert (part.sent, part.due, part.failed) == (1, 0, [])


def test_a_broken_target_blocks_no_other_and_shows_no_secret(
    desk: Desk, receiver: Receiver
) -> None:
    desk.show(NOW, incident())
    urls = (
        "splunk+https://t0k3n-s3cret@127.0.0.1:9",
        "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#x",
        "webhook+https://HOST/hook",
    )
    config = config_of(desk, receiver, *urls)
    part = tell(desk, config)
    assert part.sent == 1
    assert [trouble.target for trouble in part.failed] == ["slack:", "splunk"]
    shown = json_text(part) + repr(config) + config.model_dump_json()
    assert not [secret for secret in ("s3cret", "TIiajkd", "A1BRTD4JD") if secret in shown]


def test_one_message_that_a_receiver_cannot_take_does_not_hold_up_the_next(
    desk: Desk, receiver: Receiver
) -> None:
    desk.show(NOW, incident(), incident(id="second", account="it@contoso.com"))
    receiver.answers = [(400, {}), (200, {})]
    part = tell(desk, config_of(desk, receiver, "webhook+https://HOST/hook"))
    assert (part.sent, part.due) == (1, 1)


def test_an_untrusted_certificate_is_refused(desk: Desk, receiver: Receiver) -> None:
    desk.show(NOW, incident())
    urls = ("webhook+https://HOST/hook", f"workflows://HOST/{'a' * 32}/signature?image=no")
    config = config_of(desk, receiver, *urls).model_copy(update={"endpoints": Endpoints()})
    part = tell(desk, config)
    assert (part.sent, len(part.failed), receiver.received) == (0, 2, [])


def test_what_nobody_takes_for_a_week_is_given_up_and_counted(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, receiver: Receiver
) -> None:
    desk.show(NOW, incident())
    config = config_of(desk, receiver, "webhook+https://127.0.0.1:9/hook")
    tell(desk, config)
    real = time.time()
    monkeypatch.setattr("publish.alerts.delivery.time.time", lambda: real + 9999)
    part = tell(desk, config, NOW + timedelta(days=8))
    assert (part.due, part.given_up, part.failed) == (0, 1, [])


FILE = """
[warehouse]
path = "store"
[[tenants]]
name = "contoso"
accounts = "files"
timezone = "Europe/Berlin"
[endpoints]
ca_bundle = "{ca}"
[alerts]
targets = ["webhook+https://{place}/hook", "webhook+https://127.0.0.1:9/dead"]
"""


def test_a_run_tells_its_alerts_and_ends_with_3_when_one_is_not_delivered(
    desk: Desk, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    desk.show(NOW, incident())
    file = desk.store.root.parent / "hve.toml"
    file.write_text(FILE.format(ca=receiver.ca_file, place=receiver.place), encoding="utf-8")
    outcome = run_once(load_config(file), NOW, quiet)
    part = outcome.document.alerts
    assert (outcome.exit_code, part.opened, part.sent, part.due) == (3, 2, 1, 1)
    (line,) = [record.message for record in caplog.records if "alerts" in record.message]
    assert line.startswith("alerts: webhook+https://127.0.0.1:9: 127.0.0.1: ConnectError")


@pytest.mark.parametrize("talk", ANSWERS.values(), ids=ANSWERS)
def test_a_run_does_not_wait_for_a_receiver_without_end(
    desk: Desk, talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    bounds = Bounds(connect=1.0, read=0.2, seconds=0.4, bytes=1 << 20)
    for sending in (outgoing, wires):
        monkeypatch.setattr(sending, "client", partial(Client, bounds=bounds))
    desk.show(NOW, incident())
    file = desk.store.root.parent / "hve.toml"
    text = FILE.replace("webhook+https://127.0.0.1:9/dead", "jsons://{place}/hook")
    with endless(talk) as server:
        file.write_text(text.format(ca=server.ca_file, place=server.place), encoding="utf-8")
        outcome = run_once(load_config(file), NOW, quiet)
    part = outcome.document.alerts
    assert (outcome.exit_code, part.sent, part.due) == (3, 0, 2)
    assert all(trouble.error for trouble in part.failed)
    assert {trouble.target.partition(":")[0] for trouble in part.failed} == {
        "jsons", "webhook+https",
    }  # fmt: skip


TEST_FILE = """
[warehouse]
path = "store"
[[tenants]]
name = "contoso"
accounts = "files"
[endpoints]
ca_bundle = "both.pem"
[alerts]
targets = [
  {{ name = "hook", url = "webhook+https://:s3cret@{place}/hook" }},
  {{ name = "hec", url = "splunk+https://t0ken@{place}" }},
  {{ name = "mail", url = "smtp://hve:passw0rd@127.0.0.1:{port}/?from=hve@contoso.com&to=soc@contoso.com" }},
  {{ name = "dead", url = "splunk+https://d3adtoken@127.0.0.1:9" }},
  {{ name = "unset", url = "webhook+https://{place}/hook", secret_env = "NOT_SET_ANYWHERE" }},
]
"""  # noqa: E501 - TOML's inline tables are one line


def test_a_test_message_reaches_each_target_and_tells_its_answer(
    hve: Hve, receiver: Receiver
) -> None:
    with mailbox() as box:
        joined = receiver.ca_file.read_bytes() + box.ca_file.read_bytes()
        Path("both.pem").write_bytes(joined)
        text = TEST_FILE.format(place=receiver.place, port=box.port)
        Path("hve.toml").write_text(text, encoding="utf-8")
        ended = hve("alerts", "test", "--json")
        told = {target["target"]: target for target in ended.json["targets"]}
        assert ended.code == 3
        assert {name: item["answer"] for name, item in told.items()} == {
            "hook": "HTTP 200",
            "hec": "HTTP 200, code 0",
            "mail": "SMTP 250 for 1 of 1 recipient",
            "dead": None,
            "unset": None,
        }
        assert told["dead"]["error"].startswith("127.0.0.1: ConnectError")
        assert told["unset"]["error"] == "alerts.targets: variable NOT_SET_ANYWHERE is not set"
        assert all(told[name]["fix"] for name in ("dead", "unset"))
        (mail,) = box.mails
        assert mail["Subject"] == "[low] test of the alerts"
        box.refusals = ["554 no such soc"]
        refused = hve("alerts", "test", "mail")
    assert refused.code == 3
    assert refused.out.startswith("mail: failed: 127.0.0.1: SMTP 554; mend the target")
    hook = next(request for request in receiver.received if request.path == "/hook")
    assert hook.json["type"] == "test"
    assert hook.headers["x-hve-signature"].startswith("v1=")
    shown = ended.out + ended.err + refused.out
    assert not [
        secret for secret in ("s3cret", "t0ken", "passw0rd", "d3adtoken") if secret in shown
    ]
    assert not Path("store").exists(), "the outbox has no part in it"


def test_a_test_of_one_target_sends_nothing_to_others(hve: Hve, receiver: Receiver) -> None:
    Path("both.pem").write_bytes(receiver.ca_file.read_bytes())
    text = TEST_FILE.format(place=receiver.place, port=9)
    Path("hve.toml").write_text(text, encoding="utf-8")
    receiver.answers = [(403, {})]
    ended = hve("alerts", "test", "hook")
    assert (ended.code, len(receiver.received)) == (3, 1)
    assert ended.out.startswith("hook: failed: 127.0.0.1: HTTP 403: Not now; mend the target")
    assert hve("alerts", "test", "hook").out == "hook: accepted: HTTP 200\n"
    unknown = hve("alerts", "test", "hok")
    assert (unknown.code, len(unknown.err.splitlines())) == (2, 1)
    assert "known: hook, hec, mail, dead, unset" in unknown.err
    Path("hve.toml").write_text("", encoding="utf-8")
    assert "there is none; see docs/alerts.md" in hve("alerts", "test").err


def no_token(_tenant: str, _scope: str) -> str:
    """Splunk needs none of Entra's."""
    return ""


def tell_apart(file: Path, now: datetime, ready: Connection) -> None:
    """The alerts of one run, in a process that says when it begins with them."""
    config = load_config(file)
    with open_store(config.warehouse.path) as store:
        ready.send(None)
        alert(store, config, now, no_token)


ACCOUNTS, KILLS = 40, 50


@pytest.mark.slow
def test_fifty_kills_lose_nothing_and_repeat_only_under_the_same_id(
    desk: Desk, receiver: Receiver
) -> None:
    file = desk.store.root.parent / "hve.toml"
    url = f'"splunk+https://token@{receiver.place}"'
    text = FILE.format(ca=receiver.ca_file, place=receiver.place)
    before = text[: text.index("targets")]
    file.write_text(f"{before}targets = [{url}]", encoding="utf-8")
    receiver.delay = 0.004
    moments = random.Random(11)  # noqa: S311 - the moments need no secrecy
    shown: list[dict[str, Any]] = []
    for number in range(KILLS):
        now = NOW + number * timedelta(minutes=1)
        shown += [
            incident(id=f"n{number}-{row}", account=f"a{number}-{row}@contoso.com")
            for row in range(ACCOUNTS // 10)
        ]
        desk.show(now, *shown)
        here, there = Pipe(duplex=False)
        process = start(tell_apart, file, now, there)
        there.close()
        here.recv()
        # Half of them in the worst moment: while the receiver answers.
        enough = len(receiver.received) + moments.randint(1, 4) if number % 2 else None
        until = time.monotonic() + (30.0 if enough else moments.uniform(0.0, 0.5))
        while process.is_alive() and time.monotonic() < until:
            if enough and len(receiver.received) >= enough:
                break
            time.sleep(0.001)
        code_of(process, 0)
    final = NOW + timedelta(hours=2)
    alert(desk.store, load_config(file), final, no_token)
    accepted = Counter(request.json["event"]["id"] for request in receiver.accepted)
    keys = {request.json["event"]["key"] for request in receiver.accepted}
    assert keys == {f"incident:{row['id']}" for row in shown}
    assert len(accepted) == len(shown), "an incident has one message, and one id"
    repeated = sum(count - 1 for count in accepted.values())
    assert repeated <= KILLS, "at most the one message in flight at each kill"
    assert Outbox(desk.store.state).waiting() == {}
