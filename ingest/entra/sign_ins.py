"""Sign-ins of the HVE accounts and of the applications that may send for them.

Source: Microsoft Graph, auditLogs/signIns: v1.0 for users, beta for service principals, which v1.0
does not list. Entra ID keeps 30 days and needs P1 or P2; events arrive late, so the end of what was
read is read again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec

from hve_monitor.clock import iso
from hve_monitor.errors import AuthError, HveError, SourceContractError, SourceUnavailable
from ingest.http import Api
from ingest.linked_pages import LinkRefused, address, linked_pages
from ingest.outcome import finish, is_refusal, note
from ingest.received import MANY, moment_of
from ingest.source import SourceResult
from ingest.unread import unread_windows
from warehouse.records.accounts import Account
from warehouse.records.coverage import covered_windows, record_coverage
from warehouse.records.sign_ins import SignIn, record_sign_ins
from warehouse.store import Store
from warehouse.windows import Window, whole_second

SOURCE = "sign_ins"
PERMISSION = (
    "Microsoft Graph application permission AuditLog.Read.All with admin consent,"
    " and Entra ID P1 or P2"
)
USERS, APPLICATIONS = "/v1.0/auditLogs/signIns", "/beta/auditLogs/signIns"
OLDEST = timedelta(days=30)
LOOK_BACK = timedelta(hours=4)
PAGE_ROWS, ROWS_PER_COMMIT, RESTARTS = 1000, 20_000, 20


class Status(msgspec.Struct, rename="camel"):
    """How it ended."""

    error_code: int | None = None
    failure_reason: str | None = None


class Location(msgspec.Struct, rename="camel"):
    """Where the address is, as Entra ID sees it."""

    country_or_region: str | None = None


class SignInItem(msgspec.Struct, rename="camel"):
    """One sign-in of the log."""

    id: str | None = None
    created_date_time: str | None = None
    user_principal_name: str | None = None
    ip_address: str | None = None
    client_app_used: str | None = None
    app_display_name: str | None = None
    app_id: str | None = None
    conditional_access_status: str | None = None
    status: Status | None = None
    location: Location | None = None


class SignInPage(msgspec.Struct):
    """One page, newest first."""

    value: list[SignInItem]
    next_link: str | None = msgspec.field(default=None, name="@odata.nextLink")


@dataclass(frozen=True)
class Subject:
    """Whose sign-ins are read. `key` is its name in the coverage."""

    key: str
    path: str
    condition: str
    account: str | None = None


def ingest_sign_ins(
    store: Store,
    tenant: str,
    api: Api,
    accounts: Sequence[Account],
    app_ids: Sequence[str],
    now: datetime,
    requested: Window | None = None,
) -> SourceResult:
    """Reads what is missing of the last 30 days; without permission or licence: unavailable."""
    reader = SignInReader(store, tenant, api, now)
    if not accounts:
        reader.result.note(
            SourceUnavailable("no HVE account is known yet; see the source 'accounts'")
        )
    try:
        for subjects in (_of_accounts(accounts), _of_applications(app_ids)):
            reader.read(subjects, requested)
    finally:
        reader.commit()
    return finish(reader.result, api)


@dataclass
class SignInReader:
    """Reads subjects of one tenant and records what was covered."""

    store: Store
    tenant: str
    api: Api
    now: datetime
    result: SourceResult = field(init=False)
    _rows: list[SignIn] = field(default_factory=list)
    _read: list[tuple[str, Window]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.result = SourceResult(SOURCE, self.tenant)

    def read(self, subjects: Sequence[Subject], requested: Window | None) -> None:
        """Reads every missing window; a refusal holds for all subjects of a kind."""
        for subject in subjects:
            try:
                for window in self._missing(subject, requested):
                    self._read_window(subject, window)
            except HveError as error:
                note(self.result, error, self.api.permission)
                refused = is_refusal(error, self.api.permission)
                if refused or isinstance(error, (AuthError, SourceUnavailable)):
                    return

    def commit(self) -> None:
        """Stores the rows at hand, then records the windows that are complete with them."""
        rows, self._rows = self._rows, []
        new = record_sign_ins(self.store, self.tenant, rows, self.now)
        self.result.rows_new += new
        self.result.rows_unchanged += len(rows) - new
        read, self._read = self._read, []
        for key, window in read:
            record_coverage(self.store.state, self.tenant, SOURCE, key, window)

    def _missing(self, subject: Subject, requested: Window | None) -> list[Window]:
        newest = whole_second(self.now)
        kept = Window(newest - OLDEST, newest)
        if requested is not None:
            period = Window(max(requested.start, kept.start), min(requested.end, kept.end))
            return unread_windows([], period)
        covered = covered_windows(self.store.state, self.tenant, SOURCE, subject.key)
        return unread_windows(covered, kept, LOOK_BACK)

    def _read_window(self, subject: Subject, window: Window) -> None:
        """Reads a window; where a link expires it goes on from the last row that came."""
        rest = window
        for _ in range(RESTARTS):
            try:
                for page in self._pages(subject, rest):
                    self._take(page, subject)
                    rest = self._rest(rest, page)
            except LinkRefused:
                continue
            self._read.append((subject.key, window))
            return
        raise SourceContractError(f"{SOURCE} of {subject.key}: {RESTARTS} links expired")

    def _take(self, page: SignInPage, subject: Subject) -> None:
        # Without an id, one sign-in cannot be told from the next.
        rows = [
            _sign_in(item.id, created_at, item, subject)
            for item in page.value
            if item.id and (created_at := moment_of(item.created_date_time, self.now))
        ]
        if len(page.value) >= MANY and not rows:
            raise SourceContractError(
                f"{SOURCE} of {subject.key}: createdDateTime: none of {len(page.value)} rows has"
                " an id and a time"
            )
        self._rows += rows
        self.result.rows_read += len(page.value)
        self.result.rows_rejected += len(page.value) - len(rows)
        if len(self._rows) >= ROWS_PER_COMMIT:
            self.commit()

    def _rest(self, window: Window, page: SignInPage) -> Window:
        """What is left below the page's last row: pages come newest first."""
        moments = (moment_of(item.created_date_time, self.now) for item in reversed(page.value))
        last = next((moment for moment in moments if moment and moment >= window.start), None)
        if last is None:
            return window
        return Window(window.start, min(window.end, whole_second(last, up=True)))

    def _pages(self, subject: Subject, window: Window) -> Iterator[SignInPage]:
        params = {
            "$filter": f"{subject.condition} and createdDateTime ge {iso(window.start)}"
            f" and createdDateTime le {iso(window.end)}",
            "$top": str(PAGE_ROWS),
        }
        url = address(self.api.base + subject.path, params)
        where = f"{SOURCE} of {subject.key} from {iso(window.start)} to {iso(window.end)}"
        return linked_pages(self.api, SignInPage, url, where)


def _of_accounts(accounts: Sequence[Account]) -> list[Subject]:
    return [
        Subject(
            account.account,
            USERS,
            f"userId eq '{account.external_id}'"
            if account.external_id
            else f"userPrincipalName eq '{_quoted(account.account)}'",
            account.account,
        )
        for account in accounts
    ]


def _of_applications(app_ids: Sequence[str]) -> list[Subject]:
    kind = "signInEventTypes/any(t: t eq 'servicePrincipal')"
    return [
        Subject(app_id, APPLICATIONS, f"{kind} and appId eq '{_quoted(app_id)}'")
        for app_id in app_ids
    ]


def _quoted(text: str) -> str:
    return text.replace("'", "''")


def _sign_in(sign_in_id: str, created_at: datetime, item: SignInItem, subject: Subject) -> SignIn:
    status, place = item.status or Status(), item.location or Location()
    return SignIn(
        sign_in_id,
        created_at,
        subject.account,
        item.user_principal_name or None,
        item.ip_address or None,
        item.client_app_used or None,
        item.app_display_name or None,
        item.app_id or None,
        status.error_code,
        status.failure_reason or None,
        item.conditional_access_status or None,
        place.country_or_region or None,
        is_service_principal=subject.path == APPLICATIONS,
    )
