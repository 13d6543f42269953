"""The door: login, the line that says who is there, and names behind pseudonyms."""

from __future__ import annotations

import logging
import os
import time
from typing import NoReturn

import streamlit as st

from dashboards.parts.markup import Markup, literal, tag
from dashboards.parts.palette import STYLE
from dashboards.session.access import (
    LOCAL,
    ClosedError,
    User,
    claims,
    current_user,
    end_login,
    is_reachable_from_outside,
    words_of,
)
from dashboards.session.settings import configuration
from hve_monitor.clock import business_now
from hve_monitor.config import Config
from hve_monitor.errors import ConfigError, HveError

log = logging.getLogger(__name__)
NOW = "HVE_DASHBOARD_NOW"


def entered() -> User:
    """The user; stops with a login, or with what is wrong, where there is none."""
    config = _config()
    auth = config.auth
    try:
        user = current_user(config)
    except ClosedError:
        _unavailable()
    if user is None:
        _login()
    elif user == LOCAL and is_reachable_from_outside():
        _closed(
            "There is no login",
            "Without a login the dashboard answers on this machine alone: start it with `hve"
            " dashboard`, or give `auth.secrets_file` in hve.toml.",
        )
    elif not user.roles:
        _closed(
            f"{literal(user.name)} has no role here",
            f"The claim `{auth.roles_claim}` holds none of the values that `auth.roles` in hve.toml"
            " names. Ask an administrator for a role, then log in again.",
        )
    elif user.tenants is not None and not user.tenants:
        _closed(
            f"{literal(user.name)} has no tenant here",
            f"The claim `{auth.tenants_claim or auth.roles_claim}` holds none of the values that"
            " `auth.tenants` in hve.toml names. Ask an administrator, then log in again.",
        )
    else:
        return user
    raise AssertionError("unreachable: the page was stopped")


def _config() -> Config:
    """The configuration; where it cannot be used the page says so, and nobody has a role."""
    try:
        return configuration()
    except ConfigError:
        return Config.model_construct()


def _unavailable() -> NoReturn:
    """Says nothing of the cause to whoever stands before the door."""
    st.title("hve-monitor")
    st.error("**Sign-in is not available**", icon=":material/lock:")
    st.caption("Ask the administrator.")
    st.stop()


def _login() -> None:
    st.title("hve-monitor")
    st.write("Log in to see how High Volume Email is used.")
    if st.button("Log in", type="primary", icon=":material/login:"):
        st.login()
    st.stop()


def _closed(what: str, detail: str) -> None:
    st.title("hve-monitor")
    st.error(f"**{what}**", icon=":material/lock:")
    st.caption(detail)
    if claims().get("is_logged_in") and st.button("Log out"):
        _log_out()
    st.stop()


def _log_out() -> None:
    """Ends the login for every holder of its cookie, then takes the cookie from this browser."""
    try:
        end_login(_config(), time.time())
    except HveError as error:
        log.error("a login was not ended before its time: %s", error)
    st.logout()


def greeting(user: User) -> None:
    """Who is there, and whether names are pseudonyms; drawn above every page."""
    config = _config()
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="entrance"):
        st.html(STYLE + tag("div", *_marks(user, config), style="hve"))
        if hides_names(user, config):
            _reveal(user, config)
        if user.logged_in and st.button("Log out", type="tertiary"):
            _log_out()


def hides_names(user: User, config: Config) -> bool:
    """Whether what this user sees are pseudonyms: by role, or in the store itself."""
    return not user.sees_names(config.auth) or config.privacy.mode == "pseudonymous"


def _marks(user: User, config: Config) -> list[Markup]:
    who = (
        tag("span", f"{user.name} ({words_of(user)})", style="quiet")
        if user.logged_in
        else tag("span", "No login: this machine only (127.0.0.1), as administrator", style="quiet")
    )
    if not hides_names(user, config):
        return [who]
    where = "in the store itself" if config.privacy.mode == "pseudonymous" else "for your role"
    return [who, tag("span", f"◐ names are pseudonyms {where}", style="mark warn")]


def _reveal(user: User, config: Config) -> None:
    with st.popover("Reveal a name", icon=":material/visibility:"), st.form("reveal", border=False):
        st.caption("Who asked, for whom and why is kept in the audit log.")
        pseudonym = st.text_input("Pseudonym", placeholder="p-…@contoso.com", max_chars=400)
        reason = st.text_input("Reason", max_chars=500)
        if st.form_submit_button("Reveal"):
            _revealed(user, config, pseudonym, reason)


def _revealed(user: User, config: Config, pseudonym: str, reason: str) -> None:
    from actions.author import reason_of
    from actions.reveal import reveal_shown

    try:
        why = reason_of(reason, "reveal")
        revealed = reveal_shown(
            config.only(user.tenants),
            pseudonym,
            why,
            user.name,
            business_now(os.environ.get(NOW)),
            user.subject,
        )
    except HveError as error:
        st.error(literal(str(error)))
    else:
        st.code(revealed.address, language=None)
