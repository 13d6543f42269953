"""The door of a served dashboard, by its own websocket: what a browser would be shown."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from http.client import HTTPConnection
from pathlib import Path

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.web.server.starlette.starlette_app_utils import (
    create_signed_value,
    decode_signed_value,
    generate_xsrf_token_string,
)
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from dashboards.session.access import login_mark
from tests.unit.dashboards.secrets_file import SECRETS, secrets_in, secrets_text
from warehouse.logins import record_end
from warehouse.store import open_store

HVE = [sys.executable, "-c", "from cli.main import main; main()"]
BROKEN = {
    "emptied": "",
    "missing quote": secrets_text().replace('callback"', "callback"),
    "renamed": secrets_text().replace("[auth]", "[login]"),
    "sample": secrets_text(cookie_secret="y" * 40),
    "deleted": None,
}


class Door:
    """A served dashboard with a login."""

    def __init__(self, port: int, secrets: Path) -> None:
        self.port, self.secrets = port, secrets
        self.store = secrets.with_name("store")
        self.origin = f"http://127.0.0.1:{port}"

    def shown(self, cookie: str = "", origin: str | None = None, host: str | None = None) -> str:
        """All texts that one look at the page brings."""
        token = generate_xsrf_token_string()
        headers = {"Cookie": f"_streamlit_xsrf={token}; {cookie}"}
        address = f"ws://{host or f'127.0.0.1:{self.port}'}/_stcore/stream"
        with socket.create_connection(("127.0.0.1", self.port)) as wire, connect(
            address, sock=wire, origin=origin or self.origin, additional_headers=headers,
            subprotocols=["streamlit", token], max_size=None,
        ) as stream:  # fmt: skip
            stream.send(BackMsg(rerun_script={}).SerializeToString())
            return _until_drawn(lambda: stream.recv(timeout=20))

    def cookie(self, secret: str = SECRETS["cookie_secret"]) -> str:
        """What the browser of a logged-in administrator holds."""
        claims = administrator() | {"origin": self.origin}
        signed = create_signed_value(secret, "_streamlit_user", json.dumps(claims))
        return f"_streamlit_user={signed.decode()}"


def administrator(**others: object) -> dict[str, object]:
    """What the identity provider says of an administrator."""
    claims = {"is_logged_in": True, "iat": int(time.time()), "sub": "1", "roles": ["Admins"]}
    return claims | {"preferred_username": "grace@contoso.com"} | others


def _until_drawn(receive: Callable[[], str | bytes]) -> str:
    drawn = ""
    while True:
        raw = receive()
        assert isinstance(raw, bytes)
        drawn += raw.decode("utf-8", "replace")
        if ForwardMsg.FromString(raw).WhichOneof("type") == "script_finished":
            return drawn


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """Served over a store without anything in it."""
    folder = tmp_path_factory.mktemp("door")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    secrets = secrets_in(folder, redirect_uri=f"http://127.0.0.1:{port}/oauth2callback")
    (folder / "hve.toml").write_text(
        f'[warehouse]\npath = "store"\n[auth]\nsecrets_file = "{secrets.name}"\n'
        'roles = { admin = ["Admins"] }\n',
        encoding="utf-8",
    )
    options = ["--config", str(folder / "hve.toml"), "--port", str(port)]
    log = (folder / "log").open("wb")
    process = subprocess.Popen([*HVE, "dashboard", *options], stdout=log, stderr=log)
    try:
        _wait(port, process)
        yield Door(port, secrets)
    finally:
        process.terminate()
        process.wait(timeout=20)
        log.close()


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=2):
            return
        assert process.poll() is None, "the dashboard ended before it answered"
        time.sleep(0.1)
    raise AssertionError("the dashboard did not answer within 30 s")


def test_a_cookie_lets_in_and_without_one_there_is_the_login(door: Door) -> None:
    assert "Log in" in door.shown()
    assert "grace@contoso.com (admin)" in door.shown(door.cookie())
    assert "Log in" in door.shown(door.cookie("another secret of the same kind, 1234567"))


@pytest.mark.parametrize("shape", BROKEN)
def test_secrets_that_break_while_it_runs_make_nobody_administrator(door: Door, shape: str) -> None:
    sound, content = door.secrets.read_text(encoding="utf-8"), BROKEN[shape]
    try:
        if content is None:
            door.secrets.unlink()
        else:
            door.secrets.write_text(content, encoding="utf-8")
        for _ in range(2):  # Streamlit looks at the file each 0.2 s
            for cookie in ("", door.cookie()):
                shown = door.shown(cookie)
                assert "Sign-in is not available" in shown
                assert "administrator, " not in shown
                assert "this machine only" not in shown
                assert str(door.secrets) not in shown
            time.sleep(0.25)
    finally:
        door.secrets.write_text(sound, encoding="utf-8")
    assert "Sign-in is not available" not in _settled(door)


def _settled(door: Door) -> str:
    """What is shown once Streamlit has read the mended file."""
    for _ in range(40):
        if "Log in" in (shown := door.shown()):
            return shown
        time.sleep(0.1)
    return door.shown()


def test_a_copied_cookie_is_dead_after_the_log_out(door: Door) -> None:
    cookie = door.cookie()
    claims = administrator(iat=_issued(cookie))
    assert "grace@contoso.com (admin)" in door.shown(cookie)
    with open_store(door.store) as store:
        record_end(store.state, login_mark(claims), time.time(), 0.0)
    assert "Log in" in door.shown(cookie)
    time.sleep(1.0)  # the next login is of another second
    assert "grace@contoso.com (admin)" in door.shown(door.cookie())


def _issued(cookie: str) -> int:
    signed = cookie.partition("=")[2].encode()
    read = decode_signed_value(SECRETS["cookie_secret"], "_streamlit_user", signed)
    assert read is not None
    return int(json.loads(read)["iat"])


def test_a_foreign_name_or_page_gets_no_websocket_and_no_page(door: Door) -> None:
    evil = f"evil.example:{door.port}"
    for origin, host in (
        (f"http://{evil}", evil),
        ("http://localhost:9999", None),
        ("http://evil.example", None),
        ("null", None),
    ):
        with pytest.raises(InvalidStatus, match="403"):
            door.shown(door.cookie(), origin, host)
    assert _status(door, evil) == 403
    assert _status(door, door.origin.removeprefix("http://")) == 200


def test_no_program_may_drive_the_pages(door: Door) -> None:
    own = door.origin.removeprefix("http://")
    for name in ("interact", "mcp"):
        assert _status(door, own, f"/_stcore/agent/{name}", "POST") >= 400


def _status(door: Door, host: str, path: str = "/", method: str = "GET") -> int:
    with closing(HTTPConnection("127.0.0.1", door.port, timeout=5)) as wire:
        wire.request(method, path, headers={"Host": host})
        answer = wire.getresponse()
        answer.read()
        return answer.status
