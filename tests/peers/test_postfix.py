"""`hve send-test` before a real Postfix: STARTTLS, and Basic and XOAUTH2 by Dovecot's SASL."""

from __future__ import annotations

import json
import shutil
import smtplib
import subprocess
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import trustme

from actions.outcome import Outcome
from actions.send_test import send as sending
from actions.send_test.send import SendTestReport, prepare, send
from hve_monitor.config import Config, load_config
from tests.peers.conftest import free_port, program

pytestmark = pytest.mark.peers
ACCOUNT, READER, PASSWORD = "hr@contoso.com", "reader@contoso.com", "pässword:1"
TOKEN = "A" * 2500  # as large as tokens with many roles are
SECONDS = 20.0
MAIN_CF = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/log/mail.log
maillog_file_prefixes = {folder}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mydestination =
relay_domains = contoso.com
relay_transport = discard:
smtpd_tls_cert_file = {folder}/server.pem
smtpd_tls_key_file = {folder}/server.pem
smtpd_tls_security_level = encrypt
smtpd_tls_auth_only = yes
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:{sasl}
smtpd_relay_restrictions = permit_sasl_authenticated, reject
line_length_limit = 20480
"""
MASTER_CF = """\
127.0.0.1:{smtp} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
discard unix - - n - - discard
anvil unix - - n - 1 anvil
proxymap unix - - n - - proxymap
tlsmgr unix - - n 1000? 1 tlsmgr
postlog unix-dgram n - n - 1 postlogd
"""
DOVECOT = """\
protocols =
base_dir = {folder}/dovecot
log_path = {folder}/log/dovecot.log
ssl = no
auth_mechanisms = login plain xoauth2
disable_plaintext_auth = no
auth_failure_delay = 0
default_internal_user = dovecot
default_login_user = dovenull
passdb {{
  driver = passwd-file
  mechanisms = login plain
  args = username_format=%u {folder}/users
}}
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {folder}/oauth2.conf
}}
userdb {{
  driver = static
  args = uid=dovecot gid=dovecot home=/tmp
}}
service auth {{
  inet_listener {{
    address = 127.0.0.1
    port = {sasl}
  }}
}}
"""


@dataclass
class MailServer:
    """A running Postfix: its port, its folder with the log, and who trusts it."""

    port: int
    folder: Path

    @property
    def log(self) -> str:
        """What it logged so far."""
        file = self.folder / "log" / "mail.log"
        return file.read_text(encoding="utf-8") if file.exists() else ""


class TokenInfo(BaseHTTPRequestHandler):
    """Says whose token it is, as Dovecot asks; it knows one."""

    def do_GET(self) -> None:
        is_known = parse_qs(urlsplit(self.path).query).get("t") == [TOKEN]
        body = json.dumps({"email": ACCOUNT} if is_known else {"error": "invalid_token"}).encode()
        self.send_response(200 if is_known else 401)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Silence."""


@pytest.fixture(scope="module")
def token_info() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), TokenInfo)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder that both programs can enter when they have given up their rights."""
    with TemporaryDirectory(prefix="hve-postfix-", dir="/tmp") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture(scope="module")
def mail_server(folder: Path, token_info: int) -> Iterator[MailServer]:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    leaf = authority.issue_cert("127.0.0.1", "localhost")
    leaf.private_key_and_cert_chain_pem.write_to_path(str(folder / "server.pem"))
    ports = {"smtp": free_port(), "sasl": free_port(), "folder": folder, "info": token_info}
    for name in ("conf", "queue", "data", "log", "dovecot"):
        (folder / name).mkdir()
        (folder / name).chmod(0o755)
    shutil.chown(folder / "data", "postfix")
    (folder / "log").chmod(0o777)
    (folder / "conf/main.cf").write_text(MAIN_CF.format(**ports))
    (folder / "conf/master.cf").write_text(MASTER_CF.format(**ports))
    (folder / "dovecot.conf").write_text(DOVECOT.format(**ports))
    coded = b64encode(PASSWORD.encode()).decode()
    (folder / "users").write_text(f"{ACCOUNT}:{{PLAIN.b64}}{coded}\n", encoding="utf-8")
    (folder / "oauth2.conf").write_text(
        f"tokeninfo_url = http://127.0.0.1:{token_info}/?t=\nusername_attribute = email\n"
    )
    for file in folder.rglob("*.*"):
        file.chmod(0o644 if file.is_file() else 0o755)
    (folder / "users").chmod(0o644)
    server = MailServer(int(str(ports["smtp"])), folder)
    dovecot, postfix = ["-c", str(folder / "dovecot.conf")], ["-c", str(folder / "conf")]
    try:
        subprocess.run([program("dovecot"), *dovecot], check=True)
        subprocess.run([program("postfix"), *postfix, "start"], check=True)
        wait_for(server)
        yield server
    finally:
        subprocess.run([program("postfix"), *postfix, "stop"], check=False)
        subprocess.run([program("doveadm"), *dovecot, "stop"], check=False)


def wait_for(server: MailServer) -> None:
    """Until it greets; its log is the reason otherwise."""
    ends_at = time.monotonic() + SECONDS
    while True:
        try:
            smtplib.SMTP("127.0.0.1", server.port, timeout=1).quit()
        except (OSError, smtplib.SMTPException):
            assert time.monotonic() < ends_at, server.log
            time.sleep(0.2)
        else:
            return


@pytest.fixture
def config(mail_server: MailServer, tmp_path: Path) -> Config:
    (tmp_path / "hve.toml").write_text(
        f"""
[warehouse]
path = "store"
[[tenants]]
name = "contoso"
tenant_id = "11111111-1111-1111-1111-111111111111"
managed_identity = true
accounts = ["{ACCOUNT}"]
[endpoints]
smtp = "127.0.0.1:{mail_server.port}"
ca_bundle = "{mail_server.folder / "ca.pem"}"
"""
    )
    return load_config(tmp_path / "hve.toml")


def sent(config: Config, password: str | None) -> Outcome[SendTestReport]:
    tenant = config.tenants[0]
    order = prepare(
        config, tenant, ACCOUNT, [READER], None if password is None else lambda: password
    )
    return send(config, tenant, order, SECONDS)


def failure(outcome: Outcome[SendTestReport]) -> str:
    """The step that failed, for a test that did."""
    step = outcome.document.steps[-1]
    return f"{step.step}: {step.detail} {step.reply}"


def test_basic_sends(config: Config, mail_server: MailServer) -> None:
    outcome = sent(config, PASSWORD)
    assert (outcome.exit_code, outcome.document.sent) == (0, True), failure(outcome)
    message_id = str(outcome.document.message_id)
    assert message_id.strip("<>") in mail_server.log
    assert "TLSv1.3" in str([step.detail for step in outcome.document.steps])


def test_a_wrong_password_is_explained(config: Config) -> None:
    outcome = sent(config, "wrong")
    assert (outcome.exit_code, outcome.document.sent) == (1, False)
    step = outcome.document.steps[-1]
    assert step.reply is not None
    assert step.reply.startswith("535 5.7.8")
    assert step.explanations


def test_oauth_sends_with_a_large_token(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "sending_token", lambda *_: TOKEN)
    outcome = sent(config, None)
    assert (outcome.exit_code, outcome.document.sent) == (0, True), failure(outcome)


def test_a_token_of_somebody_else_is_refused(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "sending_token", lambda *_: "unknown")
    outcome = sent(config, None)
    assert (outcome.exit_code, outcome.document.sent) == (1, False)
    assert str(outcome.document.steps[-1].reply).startswith("535 5.7.8")
