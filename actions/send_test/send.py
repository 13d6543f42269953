"""`hve send-test`: the endpoint step by step, and one message through it."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Literal

from msgspec import UNSET, UnsetType

from actions.outcome import Outcome
from actions.send_test.smtp.endpoint import parse_endpoint
from actions.send_test.smtp.message import checked_address, checked_recipients, compose, domain_of
from actions.send_test.smtp.session import Session
from actions.send_test.smtp.sign_in import sign_in_basic, sign_in_oauth
from actions.send_test.smtp.step import SmtpStep, Status, StepFailed, Unanswered
from actions.send_test.smtp.submission import submit
from hve_monitor.config import Config, Tenant
from hve_monitor.document import Document
from hve_monitor.errors import (
    DONE,
    FAILED,
    INCOMPLETE,
    TEMPORARY,
    ConfigError,
    StoreError,
)
from hve_monitor.files import secret_text
from hve_monitor.tls import trust
from ingest.entra.tokens import EntraTokens
from ingest.http import https_client
from models.explain.diagnosis import Explanation, diagnose
from models.reference.limits import recipients_per_message
from models.usage.accounts import accounts
from warehouse.reading import published_connection


class ExplainedStep(Document):
    """A step of the dialogue; a failed one with what the catalogue says of it."""

    step: str
    status: Status
    detail: str
    reply: str | None
    temporary: bool
    explanations: list[Explanation]


class TracedRecipient(Document):
    """A recipient of the message in the message trace."""

    id: str | None
    recipient: str | None
    status: str | None
    received_at: str | None  # as Microsoft writes it


class SentTrace(Document):
    """Whether the message is in the trace yet: visible, not_yet, or unavailable with its error."""

    status: Literal["visible", "not_yet", "unavailable"]
    rows: list[TracedRecipient]
    error: str | None


class SendTestReport(Document, kw_only=True):
    """What `hve send-test` prints; a preflight has neither message nor trace.

    sent: None where the connection ended behind the message, before the server's answer.
    """

    tenant: str | UnsetType = UNSET
    account: str | UnsetType = UNSET
    recipients: list[str] | UnsetType = UNSET
    endpoint: str
    authentication: Literal["basic", "oauth"] | UnsetType = UNSET
    steps: list[ExplainedStep]
    sent: bool | None
    message_id: str | UnsetType = UNSET
    trace: SentTrace | UnsetType | None = UNSET


@dataclass(frozen=True)
class SendOrder:
    """What is sent by whom to whom. `password` is None for OAuth, and never shown."""

    account: str
    recipients: tuple[str, ...]
    message: EmailMessage
    password: str | None

    def __repr__(self) -> str:
        return f"SendOrder({self.account!r}, {self.recipients!r})"


def preflight(config: Config, timeout: float) -> Outcome[SendTestReport]:
    """Every step up to signing in, without signing in; exit 3 when one fails, 75 for network."""
    session = _session(config, timeout)
    try:
        session.open()
    except StepFailed:
        pass
    finally:
        session.close()
    steps = _explained(session.steps)
    report = SendTestReport(endpoint=config.endpoints.smtp, steps=steps, sent=False)
    return Outcome(report, _code(session.steps, INCOMPLETE))


def password_of(account: str | None, file: Path | None) -> str:
    """From the file, HVE_SMTP_PASSWORD or a prompt, never from the command line.

    Raises: ConfigError when there is none and nobody to ask.
    """
    if file is not None:
        try:
            return secret_text(file).rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "not a text file"
            raise ConfigError(f"--password-file {file}: cannot be read ({reason})") from None
    given = os.environ.get("HVE_SMTP_PASSWORD")
    if given:
        return given
    if not sys.stdin.isatty():
        raise ConfigError(f"no password for {account}: set HVE_SMTP_PASSWORD or --password-file")
    return getpass.getpass(f"Password of {account}: ")


def prepare(
    config: Config,
    tenant: Tenant,
    account: str | None,
    recipients: Sequence[str] | None,
    password: Callable[[], str] | None,
) -> SendOrder:
    """The message, checked; without a password it goes by OAuth.

    Raises: ConfigError for too many recipients and for external ones: nothing was sent.
    """
    if not account or not recipients:
        raise ConfigError("send-test: give --account and --to, or --preflight to send nothing")
    address = checked_address(account, "--account")
    domains = account_domains(config, tenant) or {domain_of(address)}
    domains |= {domain.lower() for domain in tenant.accepted_domains}
    now = datetime.now(UTC)
    to = checked_recipients(recipients, domains, recipients_per_message(now.date()))
    message = compose(address, to, now)
    return SendOrder(address, to, message, password() if password else None)


def send(
    config: Config, tenant: Tenant, order: SendOrder, timeout: float
) -> Outcome[SendTestReport]:
    """Sends it; exit 1 when it was refused, 75 when it may pass later."""
    token = None if order.password is not None else sending_token(config, tenant)
    session = _session(config, timeout)
    is_sent: bool | None = False
    try:
        session.open()
        if order.password is not None:
            sign_in_basic(session, order.account, order.password)
        else:
            sign_in_oauth(session, order.account, token or "")
        submit(session, order.account, order.recipients, order.message)
        is_sent = True
    except Unanswered:
        is_sent = None
    except StepFailed:
        pass
    finally:
        session.close()
    report = SendTestReport(
        tenant=tenant.name,
        account=order.account,
        recipients=list(order.recipients),
        endpoint=config.endpoints.smtp,
        authentication="basic" if order.password is not None else "oauth",
        steps=_explained(session.steps),
        sent=is_sent,
        message_id=str(order.message["Message-ID"]),
        trace=None,
    )
    return Outcome(report, _code(session.steps, FAILED))


def account_domains(config: Config, tenant: Tenant) -> set[str]:
    """Domains of the tenant's accounts, as they are configured and as the store knows them."""
    addresses = list(tenant.accounts) if isinstance(tenant.accounts, tuple) else []
    try:
        with published_connection(config.warehouse.path) as connection:
            addresses += [sender.account for sender in accounts(connection, tenant.name)]
    except StoreError:
        pass  # nothing is stored yet: the configuration alone tells
    return {domain_of(address) for address in addresses}


def sending_token(config: Config, tenant: Tenant) -> str:
    """A token for submission, of the sending application where one is configured.

    Raises: AuthError, SourceUnavailable, ConfigError.
    """
    if not tenant.tenant_id:
        raise ConfigError(f"tenant '{tenant.name}': --oauth needs tenant_id and a credential")
    with https_client(config.endpoints.ca_bundle) as client:
        tokens = EntraTokens(tenant.sender, config.endpoints, client)
        return tokens.bearer(config.endpoints.smtp_scope)


def _session(config: Config, timeout: float) -> Session:
    context = trust(config.endpoints.ca_bundle)
    return Session(parse_endpoint(config.endpoints.smtp), context, timeout)


def _explained(steps: list[SmtpStep]) -> list[ExplainedStep]:
    return [
        ExplainedStep(
            **asdict(step),
            explanations=[match.explanation() for match in diagnose(step.reply or step.detail)]
            if step.status == "failed"
            else [],
        )
        for step in steps
    ]


def _code(steps: list[SmtpStep], failed: int) -> int:
    bad = [step for step in steps if step.status == "failed"]
    if not bad:
        return DONE
    return TEMPORARY if bad[-1].temporary else failed
