"""Roles from claims, and pages and readings that refuse."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from dashboards.provider import LOGIN
from dashboards.session import access, readings
from dashboards.session.access import (
    LOCAL,
    ClosedError,
    RefusedError,
    User,
    is_old,
    name_of,
    roles_of,
    tenants_of,
)
from dashboards.session.view import View, open_view
from hve_monitor.config import Auth, Config, load_config
from hve_monitor.errors import StoreError
from tests.unit.dashboards.conftest import NOW, Open, tiles, words
from tests.unit.dashboards.secrets_file import secrets_in, secrets_text

AUTH = Auth(roles={"finops": ("FinOps",), "security": ("SOC", "CERT"), "admin": ("Admins",)})
PEOPLE = {
    "finops": {"overview", "spend", "plan"},
    "security": {"overview", "senders", "delivery", "plan"},
    "mail": {"overview", "delivery", "readiness", "plan"},
    "admin": {"overview", "spend", "senders", "delivery", "readiness", "plan", "health"},
}


def somebody(*roles: str) -> User:
    return User("grace@contoso.com", frozenset(roles))


@pytest.mark.parametrize(
    ("claim", "roles"),
    [
        (["FinOps"], {"finops"}),
        (["CERT", "Admins", "Other"], {"security", "admin"}),
        ("SOC", {"security"}),
        (["finops"], set()),
        ([], set()),
        ("", set()),
    ],
)
def test_roles_come_from_the_values_of_the_claim(claim: object, roles: set[str]) -> None:
    assert roles_of({"roles": claim}, AUTH) == roles


@pytest.mark.parametrize(
    "claim",
    [5, 0, 2.5, True, False, None, float("nan"), {"Admins": False}, {"FinOps": {}},
     [["Admins"]], ["Admins", 5], ["Admins", None], [{"Admins": 1}], [True], b"Admins"],
)  # fmt: skip
def test_a_claim_of_another_type_grants_nothing(claim: object) -> None:
    tenants = AUTH.model_copy(update={"tenants": {"*": ("Admins", "FinOps", "5", "True")}})
    assert roles_of({"roles": claim}, AUTH) == set()
    assert tenants_of({"roles": claim}, tenants) == set()
    nested = AUTH.model_copy(update={"roles_claim": "groups.all"})
    assert roles_of({"groups": {"all": claim}}, nested) == set()
    assert roles_of({"groups": claim}, nested) == set()
    assert name_of({"preferred_username": claim, "sub": "ada"}) == "ada"


def test_a_claim_may_lie_in_an_inner_object() -> None:
    auth = Auth(roles_claim="realm_access.roles", roles={"mail": ("postmaster",)})
    assert roles_of({"realm_access": {"roles": ["postmaster"]}}, auth) == {"mail"}
    assert roles_of({"realm_access": ["postmaster"]}, auth) == set()
    assert roles_of({}, auth) == set()


@pytest.mark.parametrize(
    ("claims", "tenants"),
    [
        ({"roles": ["SOC", "Contoso"]}, {"contoso"}),
        ({"roles": ["SOC", "Contoso", "Fabrikam"]}, {"contoso", "fabrikam"}),
        ({"roles": ["SOC", "Provider"]}, None),
        ({"roles": ["Admins"]}, None),
        ({"roles": ["SOC"]}, set()),
        ({}, set()),
    ],
)
def test_tenants_come_from_the_values_of_the_claim(
    claims: dict[str, list[str]], tenants: set[str] | None
) -> None:
    named = {"contoso": ("Contoso",), "fabrikam": ("Fabrikam",), "*": ("Provider",)}
    assert tenants_of(claims, AUTH.model_copy(update={"tenants": named})) == tenants
    apart = AUTH.model_copy(update={"tenants": named, "tenants_claim": "groups.all"})
    held = claims.get("roles", [])
    assert tenants_of({"roles": ["SOC"], "groups": {"all": held}}, apart) == (
        set() if held == ["Admins"] else tenants
    )
    assert tenants_of(claims, AUTH) is None


def test_a_reading_refuses_another_tenant_and_all_of_them() -> None:
    user = User("grace@contoso.com", frozenset({"security"}), tenants=frozenset({"contoso"}))
    view = View(Config(), "1", NOW, NOW, tenant="contoso", user=user)
    access.require_reading(view, "card", ["senders"])
    for tenant in ("fabrikam", None):
        with pytest.raises(RefusedError, match="not for grace"):
            access.require_reading(view.narrowed(tenant=tenant), "card", ["senders"])


@pytest.mark.parametrize("role", PEOPLE)
def test_each_role_has_its_pages(role: str) -> None:
    assert {page for page in access.PAGES if somebody(role).may_open(page)} == PEOPLE[role]


def test_a_page_that_nobody_named_is_an_administrators() -> None:
    assert not any(somebody(role).may_open("new") for role in ("finops", "security", "mail"))
    assert somebody("admin").may_open("new")


def test_a_login_ends_by_itself() -> None:
    assert not is_old({"iat": time.time() - 3600}, Auth(session_hours=2))
    assert is_old({"iat": time.time() - 3 * 3600}, Auth(session_hours=2))
    for issued in (None, "2026-11-29", True, float("nan"), float("inf"), time.time() + 86_400):
        assert is_old({"iat": issued}, Auth())
    assert is_old({}, Auth())


def test_acts_are_recorded_under_the_login_name() -> None:
    assert name_of({"preferred_username": "a@contoso.com", "name": "A"}) == "a@contoso.com"
    assert name_of({"sub": "1"}) == "1"


def test_without_a_login_there_is_an_administrator(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "claims", dict)
    assert access.current_user(Config(auth=AUTH)) == LOCAL
    monkeypatch.setattr(access, "claims", lambda: {"is_logged_in": False})
    assert access.current_user(Config(auth=AUTH)) is None


@pytest.mark.parametrize("state", [1, "true", "yes", None, [True], {}])
def test_only_true_is_a_login(monkeypatch: pytest.MonkeyPatch, state: object) -> None:
    said = {"is_logged_in": state, "iat": time.time(), "roles": ["Admins"]}
    monkeypatch.setattr(access, "claims", lambda: said)
    assert access.current_user(Config(auth=AUTH)) is None


@pytest.mark.parametrize("started", [None, "", "required", "no", "NONE"])
def test_a_server_that_does_not_say_that_it_has_no_login_is_closed(
    monkeypatch: pytest.MonkeyPatch, started: str | None
) -> None:
    monkeypatch.setattr(access, "claims", dict)
    monkeypatch.delenv(LOGIN)
    if started is not None:
        monkeypatch.setenv(LOGIN, started)
    with pytest.raises(ClosedError, match="sign-in is not available"):
        access.current_user(Config())


@pytest.mark.parametrize(
    ("reading", "role"),
    [("hours", "finops"), ("traces", "finops"), ("backtest", "mail"), ("card", "mail")],
)
def test_a_reading_refuses_a_role_without_a_page_for_it(reading: str, role: str) -> None:
    view = View(Config(), "1", NOW, NOW, user=somebody(role))
    with pytest.raises(RefusedError, match="is not read for"):
        vars(readings)[reading].__wrapped__(view)


def test_every_reading_refuses_whoever_has_no_page() -> None:
    view = View(Config(), "1", NOW, NOW, user=somebody("nothing"))
    kept = [
        function
        for function in vars(readings).values()
        if hasattr(function, "__wrapped__") and function.__module__ == readings.__name__
    ]
    assert len(kept) > 20
    not_kept = {readings.plans, readings.month_beside}
    for function in kept:
        checked = function if function in not_kept else function.__wrapped__
        with pytest.raises(RefusedError, match="is not read for"):
            checked(view)


def test_what_is_kept_for_one_role_is_not_anothers() -> None:
    view = View(Config(), "1", NOW, NOW, user=somebody("finops"))
    assert view.identity() != view.narrowed(user=somebody("security")).identity()
    assert view.identity() == view.narrowed(user=User("hopper", frozenset({"finops"}))).identity()


def log_in(monkeypatch: pytest.MonkeyPatch, file: Path, *roles: str) -> None:
    """Makes the identity provider say that somebody with these roles is there."""
    text = file.read_text(encoding="utf-8")
    if "[auth]" not in text:
        table = '\n[auth]\nroles = { finops = ["FinOps"], security = ["SOC"], mail = ["Mail"] }\n'
        file.write_text(text + table, encoding="utf-8")
    said = {"is_logged_in": True, "iat": time.time(), "preferred_username": "grace@contoso.com"}
    monkeypatch.setattr(access, "claims", lambda: said | {"roles": list(roles)})


@pytest.fixture
def behind_login(stored: Path, tmp_path: Path) -> Path:
    """A configuration of its own over the stored tenant."""
    file = tmp_path / "hve.toml"
    text = stored.read_text(encoding="utf-8")
    store = stored.with_name("store").as_posix()
    file.write_text(text.replace('path = "store"', f'path = "{store}"'), encoding="utf-8")
    return file


@pytest.mark.parametrize("page", ["senders", "delivery"])
def test_a_page_of_another_role_is_refused_with_a_sentence(
    behind_login: Path, opened: Open, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    log_in(monkeypatch, behind_login, "FinOps")
    app = opened(behind_login, page)
    assert not app.exception
    assert "This page is not for your role" in words(app)
    assert "As of business time" not in words(app)
    assert not app.dataframe


def test_finops_reads_pseudonyms_where_a_reading_names_people(
    behind_login: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_in(monkeypatch, behind_login, "FinOps")
    view = View(load_config(behind_login), "1", NOW, NOW, user=somebody("finops"))
    named = [{"tenant": "contoso", "account": "hr@contoso.com", "recipient": "ada@contoso.com"}]

    def changed(view: View) -> list[dict[str, str]]:
        return named

    (row,) = access.guarded("overview")(changed)(view)
    assert row["account"] == "hr@contoso.com"
    assert row["recipient"].startswith("p-")
    assert row["recipient"].endswith("@contoso.com")
    assert access.guarded("overview")(changed)(view.narrowed(user=somebody("security"))) == named


def test_logging_out_ends_the_login_wherever_its_cookie_is(
    behind_login: Path, opened: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    text = behind_login.read_text(encoding="utf-8")
    own = re.sub('path = ".*"', f'path = "{(tmp_path / "own").as_posix()}"', text)
    behind_login.write_text(own, encoding="utf-8")
    log_in(monkeypatch, behind_login, "FinOps")
    copied = access.claims()
    app = opened(behind_login)
    (button,) = (button for button in app.button if button.label == "Log out")
    button.click().run()
    assert [button.label for button in opened(behind_login).button] == ["Log in"]
    log_in(monkeypatch, behind_login, "FinOps")
    monkeypatch.setattr(access, "claims", lambda: copied | {"iat": copied["iat"] - 1})
    assert "grace@contoso.com (finops)" in words(opened(behind_login))
    monkeypatch.setattr(access, "claims", lambda: copied | {"tokens": {"id": "t"}})
    assert access.current_user(load_config(behind_login)) is None


def test_a_store_that_cannot_note_it_lets_people_log_out(
    behind_login: Path, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise StoreError("the disk is full")

    log_in(monkeypatch, behind_login, "FinOps")
    monkeypatch.setattr("dashboards.session.login.end_login", refuse)
    app = opened(behind_login)
    (button,) = (button for button in app.button if button.label == "Log out")
    assert not button.click().run().exception


def test_the_number_of_a_person_stands_beside_the_name() -> None:
    assert access.subject_of({"sub": "s-1", "oid": "o-1", "name": "A"}) == "o-1"
    assert access.subject_of({"sub": "s-1"}) == "s-1"
    assert access.subject_of({"oid": 5, "sub": None}) == ""


def test_nobody_enters_without_a_role(
    behind_login: Path, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_in(monkeypatch, behind_login, "Visitors")
    app = opened(behind_login)
    assert not app.exception
    assert "has no role here" in words(app)


BROKEN = {
    "emptied": "",
    "missing quote": secrets_text().replace('callback"', "callback"),
    "renamed": secrets_text().replace("[auth]", "[login]"),
    "deleted": None,
    "replaced by a sample": secrets_text(cookie_secret="x" * 40),
    "sound, and Streamlit has not read it": secrets_text(),
}


@pytest.mark.parametrize("shape", BROKEN)
@pytest.mark.parametrize("page", ["overview", "delivery"])
def test_a_login_that_cannot_be_used_lets_nobody_in(
    behind_login: Path,
    opened: Open,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    shape: str,
    page: str,
) -> None:
    secrets = secrets_in(behind_login.parent)
    with behind_login.open("a", encoding="utf-8") as text:
        text.write(f'\n[auth]\nsecrets_file = "{secrets.name}"\n')
    content = BROKEN[shape]
    if content is None:
        secrets.unlink()
    else:
        secrets.write_text(content, encoding="utf-8")
    monkeypatch.setattr(access, "claims", dict)
    app = opened(behind_login, page)
    assert words(app).strip() == "Ask the administrator.\n**Sign-in is not available**"
    assert not app.exception
    assert not app.button
    assert f"the dashboard is closed: auth.secrets_file: {secrets}" in caplog.text
    with pytest.raises(ClosedError):
        open_view()


@pytest.mark.parametrize("shape", [name for name in BROKEN if not name.startswith("sound")])
def test_who_is_logged_in_waits_until_the_login_is_mended(
    behind_login: Path, opened: Open, monkeypatch: pytest.MonkeyPatch, shape: str
) -> None:
    log_in(monkeypatch, behind_login, "FinOps")
    secrets = secrets_in(behind_login.parent)
    text = behind_login.read_text(encoding="utf-8")
    behind_login.write_text(
        text.replace("[auth]\n", f'[auth]\nsecrets_file = "{secrets.name}"\n'), encoding="utf-8"
    )
    content = BROKEN[shape]
    if content is None:
        secrets.unlink()
    else:
        secrets.write_text(content, encoding="utf-8")
    app = opened(behind_login)
    assert "Sign-in is not available" in words(app)
    secrets_in(behind_login.parent)
    assert "grace@contoso.com (finops)" in words(opened(behind_login))
    assert [button.label for button in app.run().button] == ["Log in"], "the cookie is shown again"


def test_a_page_that_was_opened_under_other_secrets_asks_anew(
    behind_login: Path, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_in(monkeypatch, behind_login, "FinOps")
    secrets = secrets_in(behind_login.parent)
    text = behind_login.read_text(encoding="utf-8")
    behind_login.write_text(
        text.replace("[auth]\n", f'[auth]\nsecrets_file = "{secrets.name}"\n'), encoding="utf-8"
    )
    app = opened(behind_login)
    assert "grace@contoso.com (finops)" in words(app.run())
    secrets_in(behind_login.parent, cookie_secret="another secret of the same kind, 12345")  # noqa: S106
    assert [button.label for button in app.run().button] == ["Log in"]


@pytest.mark.parametrize("text", ["[warehouse", "[auth]\nsecrets_file = 5\n", "[warehouse]\n"])
def test_a_configuration_that_lost_its_login_opens_nothing(
    tmp_path: Path, opened: Open, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv(LOGIN, "required")
    monkeypatch.setattr(access, "claims", dict)
    file = tmp_path / "hve.toml"
    file.write_text(text, encoding="utf-8")
    shown = words(opened(file))
    assert "Sign-in is not available" in shown
    assert str(tmp_path) not in shown


def test_a_server_that_others_reach_needs_a_login(
    stored: Path, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboards.session.login.is_reachable_from_outside", lambda: True)
    app = opened(stored)
    assert "There is no login" in words(app)
    assert not tiles(app)


def test_it_says_that_this_machine_alone_is_served(stored: Path, opened: Open) -> None:
    assert "this machine only (127.0.0.1), as administrator" in words(opened(stored))
