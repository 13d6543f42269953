"""`hve explain`: texts, files, stdin; and every error of our own has its place in the catalogue."""

from __future__ import annotations

import ast
import base64
import io
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from actions.explain import explained, pointer
from cli.text.delivery import explanation
from hve_monitor.document import encoded
from models.explain.diagnosis import diagnose
from tests.places import ROOT, SHARED
from tests.unit.conftest import Hve

ROOMS = ("hve_monitor", "warehouse", "ingest", "models", "actions", "dashboards", "cli")
ERRORS = {
    "ConfigError", "AuthError", "SourceContractError", "SourceUnavailable", "ThrottledError",
    "LockedError", "StoreError", "UnreadableError",
}  # fmt: skip
SAY_IT_THEMSELVES = ("ConfigError", "UnreadableError")
NDR = (
    "Remote server returned '550 5.7.139 Authentication unsuccessful, the organization\n"
    "configuration doesn't allow this authentication request.'\n"
)


def shown(node: ast.expr) -> str:
    """The message as it prints, with x in place of what is filled in."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(shown(part) for part in node.values)
    if isinstance(node, ast.BinOp):
        return shown(node.left) + shown(node.right)
    return "x"


def messages() -> Iterator[tuple[str, str]]:
    """(place, message) of every error that is raised with words of its own."""
    for file in [file for room in ROOMS for file in sorted((ROOT / room).rglob("*.py"))]:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and node.exc.args:
                name = getattr(node.exc.func, "id", "")
                text = shown(node.exc.args[0])
                if name in ERRORS and len(text.replace("x", "").strip(" :;()'")) > 3:
                    yield f"{file.relative_to(ROOT)}:{node.lineno} {name}", text


def is_explained(place: str, message: str) -> bool:
    codes = [match.code for match in diagnose(f"hve: {message}") if match.matched == "own"]
    # What was typed wrongly is mended by the message itself; everything else has a row of its own.
    return bool(codes) and (place.endswith(SAY_IT_THEMSELVES) or codes != ["hve.other"])


def test_every_error_of_our_own_is_explained() -> None:
    errors = list(messages())
    assert len(errors) > 60, "the errors are really there"
    unexplained = [f"{place}: {text}" for place, text in errors if not is_explained(place, text)]
    assert unexplained == [], "add them to data/reference/error_catalogue.csv"


def test_a_text_has_the_fields_of_the_contract(hve: Hve) -> None:
    (match,) = hve("explain", "AADSTS53003", "--json").json["matches"]
    assert match["verified"] is True
    assert {"code", "meaning", "cause", "fix", "source"} <= set(match)
    assert all(isinstance(match[name], str) for name in ("meaning", "cause", "fix", "source"))


def test_words_need_no_quotation_marks(hve: Hve) -> None:
    assert hve("explain", "535", "5.7.3", "--json").json["matches"][0]["code"] == "535 5.7.3"


def test_people_read_cause_and_steps(hve: Hve) -> None:
    lines = hve("explain", "550 5.7.240").out.splitlines()
    assert lines[0] == "550 5.7.240: The application may not send for this HVE account"
    assert "  fix: Add-HVEAppAccess -Identity <account> -AppIds <application id>" in lines
    assert any(line.startswith("  source: OAuth for High Volume Email") for line in lines)


def test_nothing_recognised_is_one_line_and_exit_code_0(hve: Hve) -> None:
    ended = hve("explain", "all is well")
    assert (ended.code, ended.out) == (0, "nothing in it is recognised\n")
    assert hve("explain", "all is well", "--json").json["matches"] == []


def test_an_unknown_code_is_no_failure(hve: Hve) -> None:
    ended = hve("explain", "450 4.9.99", "--json")
    assert ended.code == 0
    assert ended.json["matches"][0]["matched"] == "class"


@pytest.mark.parametrize("text", ["535 5.7.3\x07\x1b[2J", "535 5.7.3 \udcff", "\u202e535 5.7.3"])
def test_what_is_pasted_does_not_steer_the_terminal(hve: Hve, text: str) -> None:
    ended = hve("explain", text)
    assert ended.out.startswith("535 5.7.3: ")
    assert not {"\x07", "\x1b", "\u202e"} & set(ended.out)


def test_a_log_file_is_counted(hve: Hve, tmp_path: Path) -> None:
    (tmp_path / "mail.log").write_text("ok\n550 5.1.10 a\n550 5.1.10 b\n535 5.7.3 c\n")
    document = hve("explain", "mail.log", "--json").json
    found = [(match["code"], match["count"], match["first_line"]) for match in document["matches"]]
    assert found == [("550 5.1.10", 2, 2), ("535 5.7.3", 1, 4)]
    assert (document["file"], document["lines"]) == ("mail.log", 4)
    assert (
        "550 5.1.10: The recipient does not exist (2×, first in line 2)"
        in hve("explain", "mail.log").out
    )


def test_a_long_log_is_ranked_by_how_often(tmp_path: Path) -> None:
    file = tmp_path / "mail.log"
    file.write_text("535 5.7.3 c\n" + "550 5.1.10 a\n" * 30_000)
    document = explained(str(file), io.BytesIO())
    assert [(match.code, match.count) for match in document.matches] == [
        ("550 5.1.10", 30_000),
        ("535 5.7.3", 1),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le"])
def test_a_bounce_on_stdin_is_read_across_its_lines(
    hve: Hve, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    stdin = SimpleNamespace(buffer=io.BytesIO(NDR.encode(encoding)))
    monkeypatch.setattr(sys, "stdin", stdin)
    first = hve("explain", "-", "--json").json["matches"][0]
    assert (first["code"], first["matched"], first["count"]) == ("535 5.7.139", "text", 1)


@pytest.mark.skipif(sys.platform == "win32", reason="named pipes are made by mkfifo")
def test_a_pipe_of_the_shell_is_read_like_a_file(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=("ok\n550 5.1.10 a\n",))
    writer.start()
    document = explained(str(pipe), io.BytesIO())
    writer.join()
    assert [(match.code, match.count) for match in document.matches] == [("550 5.1.10", 1)]


def test_a_saved_body_of_nul_bytes_is_exchange_refusing(tmp_path: Path) -> None:
    (tmp_path / "body.bin").write_bytes(b"\0" * 4096)
    (match,) = explained(str(tmp_path / "body.bin"), io.BytesIO()).matches
    assert match.code == "exchange.403-nul-bytes"


def test_a_file_that_is_not_there_is_a_text_like_any_other() -> None:
    assert explained("/var/log/" + "x" * 3000, io.BytesIO()).matches == []
    assert encoded(explained("gone.log", io.BytesIO())) == {"matches": [], "file": None}


def test_an_error_of_the_command_line_points_to_its_entry(hve: Hve) -> None:
    ended = hve("usage")
    assert ended.code == 1
    assert ended.err.endswith("first (hve explain hve.store.empty)\n")
    assert len(ended.err.splitlines()) == 1
    assert hve("explain", "hve.store.empty", "--json").json["matches"][0]["kind"] == "hve"


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("tenant 'contoso': no token for x: AADSTS7000215: wrong", " (hve explain AADSTS7000215)"),
        ("data/local: another process is at work (pid 7); try again", " (hve explain "),
        ("nobody knows this", ""),
        ("two lines\nAADSTS53003", ""),
        ("450 4.9.99 unknown", ""),
    ],
)
def test_the_pointer_is_short_and_only_where_something_is_known(message: str, code: str) -> None:
    assert pointer(message).startswith(code)
    assert bool(pointer(message)) == bool(code)
    assert "\n" not in pointer(message)


CASES = {
    "01-send-as.txt": ["550 5.7.60"],
    "02-not-authenticated.txt": ["530 5.7.57"],
    "03-throttled-mailbox-full.txt": ["550 5.2.251"],
    "04-send-as-denied.txt": ["554 5.2.252"],
    "05-concurrency.txt": ["432 4.3.2"],
    "06-group-restriction.txt": ["550 5.7.124"],
    "07-tls-version.txt": ["421 4.7.66"],
    "08-dotnet-name.txt": ["client.name-not-found"],
    "09-node.txt": ["client.connection-refused"],
    "10-java.txt": ["client.certificate-authority"],
    "11-go.txt": ["client.certificate-authority"],
    "12-clock.txt": ["AADSTS700024"],
    "13-hresult.txt": [],
    "14-iis_smtp.log": ["550 5.7.60", "535 5.7.139"],
    "15-base64.eml": ["550 5.2.121"],
    "16-two-variants.txt": ["554 5.2.2"],
}


@pytest.mark.parametrize(("name", "codes"), CASES.items())
def test_what_people_reported_is_explained(name: str, codes: list[str]) -> None:
    file = SHARED / "cases" / "explain" / name
    if not file.exists():
        pytest.skip(f"the reported cases are not beside the repository: {file}")
    matches = explained(str(file), io.BytesIO()).matches
    assert [match.code for match in matches][: len(codes)] == codes
    assert bool(matches) == bool(codes)


def test_a_line_by_itself_adds_no_other_meaning_of_a_code_to_a_bounce(tmp_path: Path) -> None:
    file = tmp_path / "bounce.txt"
    file.write_text("Status: 5.2.2\nDiagnostic-Code: smtp;554 5.2.2 mailbox full; x\n")
    (match,) = explained(str(file), io.BytesIO()).matches
    assert (match.code, match.meaning) == ("554 5.2.2", "The recipient's mailbox is full")
    assert (match.matched, match.count, match.first_line) == ("text", 2, 1)


def test_a_saved_mail_is_read_across_its_coding(tmp_path: Path) -> None:
    words = "554 5.2.252 SendAsDenied; a@contoso.com not allowed to send as b@contoso.com\n"
    body = base64.encodebytes(words.encode()).decode()
    head = "Subject: Undeliverable\nContent-Transfer-Encoding: base64\n\n"
    (tmp_path / "bounce.eml").write_text(head + body)
    (match,) = explained(str(tmp_path / "bounce.eml"), io.BytesIO()).matches
    assert (match.code, match.first_line) == ("554 5.2.252", None)


def test_the_text_leaves_nothing_out() -> None:
    report = explained(NDR, io.BytesIO())
    text = explanation(report)
    assert report.matches
    for match in report.matches:
        assert all(step in text for step in match.fix.split("\n"))
