"""Who looks at the dashboard, which pages their roles open, and what may be read for them.

Navigation shows each role its pages; every page and every reading asks here again. Roles protect
pages, file permissions protect the store. Who may see some tenants alone looks at one at a time:
a view of all tenants is refused.

Absence of a login is no permission: without one there is an administrator only where `hve
dashboard` says that it serves this machine alone, and the configuration names no login.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec, Protocol, TypeVar

import streamlit as st

from actions.author import author_of
from dashboards.provider import LOGIN, LOOPBACK, NO_LOGIN, provider_of
from dashboards.session.pseudonyms import pseudonymised
from hve_monitor.config import Auth, Config
from hve_monitor.errors import ConfigError, HveError
from warehouse.configured import store_of
from warehouse.logins import has_ended, record_end

log = logging.getLogger(__name__)
CLOCK_SKEW_SECONDS = 300
OPENED_UNDER = "opened_under"  # by which secrets the page was opened
ADMIN, EVERY_TENANT = "admin", "*"
EVERYBODY = ("finops", "security", "mail", ADMIN)
PAGES: dict[str, tuple[str, ...]] = {
    "overview": EVERYBODY,
    "spend": ("finops", ADMIN),
    "senders": ("security", ADMIN),
    "delivery": ("mail", "security", ADMIN),
    "readiness": ("mail", ADMIN),
    "plan": EVERYBODY,
    "health": (ADMIN,),
}
P = ParamSpec("P")
R = TypeVar("R")


class RefusedError(HveError):
    """A role asked for what it may not see."""


class ClosedError(RefusedError):
    """There should be a login, and nobody can sign in; the cause is in the log alone."""


class Looking(Protocol):
    """What a reading is asked with."""

    @property
    def user(self) -> User:
        """Who asks."""

    @property
    def tenant(self) -> str | None:
        """About which tenant; None is all of them."""


@dataclass(frozen=True)
class User:
    """Somebody at the dashboard; `name` is what acts are recorded under.

    tenants: the ones that the user may see; None is every one. subject: by what the provider knows
    the user for ever (`oid`, else `sub`), while a name may be given to somebody else.
    """

    name: str
    roles: frozenset[str]
    logged_in: bool = True
    tenants: frozenset[str] | None = None
    subject: str = ""

    def may_open(self, page: str) -> bool:
        """Whether one of the roles has the page; a page that nobody named is an admin's."""
        return bool(self.roles & set(PAGES.get(page, (ADMIN,))))

    def may_see(self, tenant: str | None) -> bool:
        """Whether a view of this tenant (None: of all) is for the user."""
        return self.tenants is None or tenant in self.tenants

    def sees_names(self, auth: Auth) -> bool:
        """Whether addresses and subjects are shown as they are stored."""
        return bool(self.roles & set(auth.names))


LOCAL = User(author_of(None), frozenset({ADMIN}), logged_in=False)


def claims() -> dict[str, Any]:
    """What the identity provider said; `is_logged_in` is missing where there is no login."""
    return dict(st.user.to_dict())


def current_user(config: Config) -> User | None:
    """Who looks; None where a login is needed. Without one: this machine's user, an admin.

    Raises: ClosedError when there should be a login and it cannot be trusted.
    """
    claimed, auth = claims(), config.auth
    if needs_login(auth):
        if not _is_of_this_login(auth, claimed):
            return None
    elif "is_logged_in" not in claimed:
        return LOCAL
    if claimed["is_logged_in"] is not True or is_old(claimed, auth):
        return None
    if has_ended(config.warehouse.path, login_mark(claimed)):
        return None
    return User(
        name_of(claimed),
        roles_of(claimed, auth),
        tenants=tenants_of(claimed, auth),
        subject=subject_of(claimed),
    )


def end_login(config: Config, now: float) -> None:
    """Makes the login of whoever looks end everywhere, also in copies of its cookie."""
    kept_since = now - config.auth.session_hours * 3600 - CLOCK_SKEW_SECONDS
    with store_of(config.of_shard(""), is_checked=False) as store:  # where all shards look
        record_end(store.state, login_mark(claims()), now, kept_since)


def login_mark(claimed: Mapping[str, Any]) -> str:
    """A hash by which a login is known again: of all that its cookie says."""
    content = {name: value for name, value in claimed.items() if name != "tokens"}
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()


def needs_login(auth: Auth) -> bool:
    """Whether only who logs in may look: unless the server and the configuration know no login."""
    return auth.secrets_file is not None or os.environ.get(LOGIN) != NO_LOGIN


def _is_of_this_login(auth: Auth, claimed: Mapping[str, Any]) -> bool:
    """Whether the page was opened under the secrets that hold now.

    Streamlit believes what a cookie said when the page was opened: one that was signed with other
    secrets, or while they could not be used, has to be shown again.
    Raises: ClosedError, after the log was told why.
    """
    try:
        if auth.secrets_file is None:
            raise ConfigError("auth.secrets_file: is not named; start with `hve dashboard`")
        mark = provider_of(auth.secrets_file).mark
        if "is_logged_in" not in claimed:
            raise ConfigError(f"auth.secrets_file: {auth.secrets_file}: Streamlit has no login")
    except ConfigError as error:
        st.session_state[OPENED_UNDER] = ""
        log.error("the dashboard is closed: %s", error)
        raise ClosedError("sign-in is not available; ask the administrator") from None
    return bool(st.session_state.setdefault(OPENED_UNDER, mark) == mark)


def is_old(claimed: Mapping[str, Any], auth: Auth) -> bool:
    """Whether the login must be made again: its cookie would live on after a role was taken."""
    issued = claimed.get("iat")
    if not isinstance(issued, (int, float)):
        return True
    age = time.time() - issued
    return not -CLOCK_SKEW_SECONDS <= age <= auth.session_hours * 3600


def name_of(claimed: Mapping[str, Any]) -> str:
    """The name that acts are recorded under."""
    names = (claimed.get(key) for key in ("preferred_username", "email", "name", "sub"))
    return next((name for name in names if name and isinstance(name, str)), "unknown")


def subject_of(claimed: Mapping[str, Any]) -> str:
    """By what the provider knows the person: the directory's number, else that of the login."""
    numbers = (claimed.get(key) for key in ("oid", "sub"))
    return next((number for number in numbers if number and isinstance(number, str)), "")


def roles_of(claimed: Mapping[str, Any], auth: Auth) -> frozenset[str]:
    """The product's roles of the claim's values."""
    own = _values(claimed, auth.roles_claim)
    return frozenset(role for role, names in auth.roles.items() if own & set(names))


def tenants_of(claimed: Mapping[str, Any], auth: Auth) -> frozenset[str] | None:
    """The tenants of the claim's values; None, every one, where nothing limits them."""
    if not auth.tenants or ADMIN in roles_of(claimed, auth):
        return None
    own = _values(claimed, auth.tenants_claim or auth.roles_claim)
    named = frozenset(name for name, values in auth.tenants.items() if own & set(values))
    return None if EVERY_TENANT in named else named


def _values(claimed: Mapping[str, Any], claim: str) -> set[str]:
    """What a claim holds: a text, or a list of texts; a dot in its name goes into an inner object.

    Anything else grants nothing: no number, no truth value, no names of an object's keys.
    """
    value: Any = claimed
    for part in claim.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    if isinstance(value, str):
        return {value}
    is_list = isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value)
    return set(value) if is_list else set()


def is_reachable_from_outside() -> bool:
    """Whether the server listens to other machines."""
    return st.get_option("server.address") not in LOOPBACK


def require(user: User, page: str) -> None:
    """Raises: RefusedError when none of the roles has the page."""
    if not user.may_open(page):
        raise RefusedError(f"{page}: is not for {words_of(user)}; ask an administrator for a role")


def require_tenant(user: User, tenant: str | None) -> None:
    """Raises: RefusedError when the tenant (None: all of them) is not for the user."""
    if not user.may_see(tenant):
        raise RefusedError(f"{tenant or 'all tenants'}: not for {user.name}; ask an administrator")


def words_of(user: User) -> str:
    """finops, security; no role."""
    return ", ".join(sorted(user.roles)) or "no role"


def guarded(*pages: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Makes a function refuse users who may open none of the pages that draw it.

    Names are hidden in its result from who does not need them.
    """

    def guard(function: Callable[P, R]) -> Callable[P, R]:
        name = getattr(function, "__name__", "")

        @wraps(function)
        def checked(*arguments: P.args, **options: P.kwargs) -> R:
            view: Any = arguments[0] if arguments else options["view"]
            require_reading(view, name, pages)
            result = function(*arguments, **options)
            if view.user.sees_names(view.config.auth):
                return result
            hidden: R = pseudonymised(view.config, view.version, result)
            return hidden

        return checked

    return guard


def require_reading(view: Looking, name: str, pages: Sequence[str]) -> None:
    """Raises: RefusedError when none of the user's pages draws the reading, or not this tenant."""
    require_tenant(view.user, view.tenant)
    if not any(view.user.may_open(page) for page in pages):
        raise RefusedError(f"{name}: is not read for {words_of(view.user)}")
